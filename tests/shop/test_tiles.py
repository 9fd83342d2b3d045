from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.test import Client

from shop.motifs import drinks, food, gifts, home
from shop.motifs.index import motifs_for
from shop.tiles import category_tile, product_tile
from tests.factories import make_product


def test_the_same_words_make_the_same_drawing() -> None:
    assert product_tile("Rye bread", "Food/Bread") == product_tile("Rye bread", "Food/Bread")
    assert product_tile("Rye bread", "Food/Bread") != product_tile("Oat bread", "Food/Bread")
    assert product_tile("Rye bread", "Food/Bread") != product_tile("Rye bread", "Food/Bakery")


def test_every_drawing_is_well_formed_and_safe_to_embed() -> None:
    names = ["", "Rye bread", "<script>", "100 % wool & more", "面包", "WHITE HANGING HEART T-LIGHT HOLDER"]
    for name in names + [f"Thing {number}" for number in range(60)]:
        svg = product_tile(name, f"Top/{name}")
        root = ElementTree.fromstring(svg)
        assert root.attrib["viewBox"] == "0 0 400 400"
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            "svg", "g", "rect", "circle", "ellipse", "path", "polygon",
        }  # fmt: skip
        assert "style=" not in svg
    assert category_tile("Food").startswith("<svg")


@pytest.mark.parametrize(
    ("text", "motif"),
    [
        ("Sourdough Loaf", food.loaf),
        ("Chocolate Milk", drinks.carton),
        ("Vanilla Ice Cream", food.ice_cream),
        ("PAPER TOWELS", home.roll),
        ("Espresso Beans", drinks.cup),
        ("ALARM CLOCK BAKELIKE GREEN", gifts.clock),
        ("JUMBO BAG RED RETROSPOT", gifts.bag),
    ],
)
def test_the_noun_of_a_name_chooses_the_drawing(text: str, motif: object) -> None:
    assert next(motifs_for(text)) is motif


def test_words_inside_of_words_do_not_count() -> None:
    assert food.ice_cream not in motifs_for("Price cream")
    assert list(motifs_for("Xyzzy")) == []


@pytest.mark.django_db
def test_browsers_may_keep_a_tile_for_a_year(client: Client) -> None:
    product = make_product("Rye bread")
    response = client.get(product.tile_url)
    assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(product.tile_url, headers={"if-none-match": response["ETag"]}).status_code == 304
    assert client.get(product.category.tile_url).status_code == 200
    before = product.tile_url
    product.name = "Oat bread"
    assert product.tile_url != before
    assert client.get("/tiles/999999.svg").status_code == 404
