# ruff: noqa: E501  (one line of words for each drawing)
"""Which drawing stands for which words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from shop.motifs import drinks, food, gifts, home
from shop.motifs.pencil import Motif

# Looked up from the most telling text to the least, and in this order: what is narrow comes before what is broad
# ("chocolate milk" is milk, "ice cream" is no cream). A word stands for its plural too; "~" matches inside of words.
_WORDS: tuple[tuple[Motif, str], ...] = (
    (food.ice_cream, "ice cream, gelato, sundae, sherbet"),
    (food.popsicle, "popsicle, novelty ice, ice pop, frozen novelty, water ice, ice lolly, novelties-water ice"),
    (food.snowflake, "ice, snowflake, snow"),
    (gifts.tree, "christmas tree, christmas, xmas, reindeer, santa"),
    (gifts.bauble, "ornament, bauble, decoration, hanging, wreath, garland"),
    (home.candle, "candle, t-light, tealight, incense, wax, holder, air care, freshener"),
    (gifts.lantern, "lantern"),
    (home.lamp, "lamp, lampshade, nightlight, light shade"),
    (home.bulb, "bulb, light, lights, lighting, electrical"),
    (gifts.clock, "clock, alarm, watch"),
    (gifts.hook, "hook, hanger, coat rack, doormat, key, knob, drawer"),
    (gifts.sign, "sign, plaque, slate, chalkboard, blackboard"),
    (gifts.frame, "frame, mirror, picture, photo, print, wall art"),
    (gifts.umbrella, "umbrella, parasol, rain"),
    (gifts.cushion, "cushion, pillow, quilt, blanket, throw, bedding, hot water bottle, hottie"),
    (gifts.bunting, "bunting, party, flag, banner, ribbon, balloon, celebration"),
    (gifts.bird, "bird, dove, owl, hen, chicken decoration, cockerel, feather, butterfly"),
    (gifts.tin, "cake tin, storage tin, tin, tins, biscuit tin, canister, lunch box, bread bin, sewing"),
    (food.cupcake, "cupcake, muffin, cake case, fairy cake, dessert, sweet good"),
    (gifts.bag, "bag, shopper, jumbo bag, lunch bag, tote, handbag, luggage, backpack, purse"),
    (gifts.heart, "heart, love, valentine, wedding, jewellery, jewelry, necklace, bracelet, earring, ring"),
    (gifts.pencils, "pencil, pen, crayon, school, office, stationery, chalk, craft, colouring"),
    (gifts.card, "card, envelope, greeting, postage, letter, stamp"),
    (gifts.book, "book, magazine, notebook, journal, diary, paperback, recipe, newspaper"),
    (gifts.gift, "gift, wrap, present, tissue paper"),
    (gifts.ball, "ball, game, sport, skipping, jigsaw, puzzle, playing, leisure"),
    (gifts.blocks, "toy, block, doll, doiley, dolly, spaceboy, child, children, kid, kids, infant"),
    (home.baby_bottle, "baby, formula, diaper, nappy, infant care"),
    (home.paw, "cat, kitten, dog, puppy, pet, paw, litter"),
    (home.bone, "bone, chew, pet treat"),
    (home.basket, "basket, hamper, picnic, salad bar, produce, prepared, tray"),
    (food.pizza, "pizza"),
    (food.sandwich, "sandwich, burger, hamburger, sub, wrap sandwich, deli, lunchmeat, lunch meat, breakfast sandwich"),
    (food.baguette, "baguette, french bread, italian bread, breadstick"),
    (food.croissant, "croissant, pastry, danish, breakfast sweet, puff"),
    (food.donut, "donut, doughnut, bagel"),
    (food.cookie, "cookie, biscuit, cracker, wafer, brownie"),
    (food.cake, "cake, pie, cheesecake, pudding, birthday, baking, frosting, bakery"),
    (food.loaf, "bread, loaf, bun, roll, toast, tortilla, flour, bakery"),
    (food.cheese, "cheese, cheddar, mozzarella, brie, parmesan, swiss"),
    (drinks.honey, "honey, syrup, molasses"),
    (food.chocolate, "chocolate, cocoa, truffle, fudge"),
    (food.candy, "candy, gum, sweet, sweets, mint, caramel, toffee, lolly, lollipop, confection, seasonal"),
    (home.cereal, "cereal, granola, oatmeal, oats, breakfast, cornflake, hot cereal"),
    (home.pouch, "chip, chips, crisps, snack, popcorn, pretzel, nut, nuts, seed, dry mix, jerky, trail mix, bag snacks, salty"),
    (drinks.beer, "beer, ale, lager, stout, malt"),
    (drinks.wine, "wine, spirits, liquor, champagne, vodka, whiskey, cordial, rum"),
    (drinks.teapot, "tea, teapot, teabag, tea bag, teacup, teatime"),
    (drinks.cup, "coffee, espresso, cappuccino, latte, cup, saucer, hot drink"),
    (drinks.water, "water, flask"),
    (drinks.juice, "juice, lemonade, smoothie, nectar, drink mix, isotonic, punch, cocktail"),
    (drinks.soda, "drink, beverage, soda, cola, soft drink, energy drink, sparkling, pop, root beer, ginger ale"),
    (drinks.carton, "milk, cream, creamer, yogurt, yoghurt, buttermilk, dairy, refrigerated, eggnog, butter, margarine"),
    (food.egg, "egg, eggs"),
    (food.fish, "fish, seafood, tuna, salmon, cod, tilapia, sardine, catfish"),
    (food.prawn, "shrimp, prawn, crab, lobster, shellfish, clam, oyster, scallop"),
    (food.drumstick, "chicken, poultry, turkey, wing, drumstick, duck"),
    (food.sausage, "sausage, hot dog, frankfurter, bratwurst, salami, pepperoni, kielbasa"),
    (food.steak, "beef, pork, steak, meat, ham, bacon, lamb, veal, roast, rib, heat/serve"),
    (food.apple, "apple, applesauce, fruit"),
    (food.pear, "pear, avocado"),
    (food.banana, "banana, plantain, tropical"),
    (food.citrus, "orange, lemon, lime, citrus, grapefruit, clementine, tangerine"),
    (food.berries, "grape, grapes, berry, berries, blueberry, raspberry, blackberry"),
    (food.cherries, "cherry, cherries, strawberry, strawberries, cranberry, plum, peach, nectarine, melon, stone fruit"),
    (food.carrot, "carrot, parsnip, root vegetable"),
    (food.tomato, "tomato, tomatoes, ketchup, pasta sauce, salsa"),
    (food.mushroom, "mushroom"),
    (food.potato, "potato, potatoes, fries, onion, yam"),
    (food.peppers, "pepper, peppers, vegetable, vegetables, corn, green bean, kidney bean, black bean, cucumber, squash, pea, peas"),
    (food.greens, "salad, lettuce, greens, spinach, cabbage, broccoli, herb, herbs, organic, celery, kale, leaf"),
    (food.bowl, "soup, noodle, noodles, pasta, rice, ramen, chili, dinner, dinners, meal, bowl, macaroni, entree, frozen"),
    (drinks.jar, "jam, jelly, jelly, peanut butter, spread, pickle, olive, relish, jar, preserve, condiment, spice, sauce, mayonnaise"),
    (drinks.bottle, "oil, vinegar, dressing, bottle, salad dressing, marinade, mustard"),
    (drinks.can, "can, canned, shelf stable"),
    (home.toothbrush, "tooth, toothbrush, toothpaste, dental, oral, mouthwash"),
    (home.lipstick, "makeup, make-up, cosmetic, lipstick, nail, fragrance, perfume, beauty"),
    (home.pills, "vitamin, medicine, cold remedy, analgesic, antacid, laxative, first aid, diet, pharmaceutical, drug, health, remedy, nutrition"),
    (home.laundry, "laundry, detergent, fabric softener, bleach, washing"),
    (home.spray, "clean, cleaner, cleaning, household, insecticide, polish, disinfectant, sponge"),
    (home.roll, "paper towel, bath tissue, toilet, tissue, napkin, paper, foil, plastic wrap, wipe, towel"),
    (home.soap, "soap, shampoo, conditioner, hair, lotion, hand, body, skin, deodorant, shave, shaving, bath, sun, personal"),
    (home.battery, "battery, batteries, film, camera, audio, video, electronic, dvd, cd"),
    (home.tools, "tool, hardware, automotive, motor, garage, garden tool, repair"),
    (home.tulips, "tulip, bouquet, cut flower, rose, carnation, mixed flower"),
    (home.plant, "plant, garden, foliage, pot plant, planter, herb marker, bulb planting"),
    (home.flower, "flower, floral, daisy, blossom, bloom"),
    (home.shirt, "shirt, sock, socks, hosiery, apparel, clothing, apron, glove, scarf, hat, slipper"),
    (home.pot, "pot, pan, cookware, casserole, kettle, bake ware, bakeware, kitchen"),
    (home.plate, "plate, dish, bowl set, cutlery, fork, spoon, knife, tableware, dinnerware, napkins, restaurant"),
    (home.mug, "mug, tumbler, glassware, glass"),
    (gifts.parcel, "box, parcel, crate, case, storage, carton, set, misc, miscellaneous, service"),
    (drinks.can, "grocery, food, vegetables can"),
)  # fmt: skip

# For names that say nothing: still one drawing a category, never a different one each time.
ANYTHING: tuple[Motif, ...] = (
    gifts.gift, gifts.parcel, gifts.bag, home.basket, gifts.tin, home.mug, home.flower, home.plant, gifts.heart,
    gifts.bunting, gifts.blocks, gifts.cushion, home.lamp, gifts.frame, drinks.jar, gifts.bauble,
)  # fmt: skip


@cache
def _patterns() -> tuple[tuple[Motif, re.Pattern[str]], ...]:
    rows = []
    for motif, words in _WORDS:
        alternatives = "|".join(re.escape(word.strip()) for word in words.split(","))
        rows.append((motif, re.compile(rf"(?<![a-z])(?:{alternatives})(?:e?s)?(?![a-z])")))
    return tuple(rows)


def motifs_for(text: str) -> Iterator[Motif]:
    """All drawings whose words occur in `text`; the one that is named last, the noun of an English name, first."""
    found = []
    for rank, (motif, pattern) in enumerate(_patterns()):
        ends = [match.end() for match in pattern.finditer(text.lower())]
        if ends:
            found.append((-max(ends), rank, motif))
    for _end, _rank, motif in sorted(found, key=lambda row: row[:2]):
        yield motif
