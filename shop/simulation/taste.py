"""What simulated visitors like, and the part of the shop they can find."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from django.db.models import Count

from shop.models import OrderLine, Product

N_BEST_SELLERS = 4000
#: How much a visitor likes a thing from a category liked, from its department, and from elsewhere.
SAME_CATEGORY, SAME_DEPARTMENT, ELSEWHERE = 1.0, 0.45, 0.05


@dataclass(frozen=True)
class Assortment:
    """The products that can be found: pk → category path, each category's products, cumulated popularity."""

    category_of: dict[int, str]
    names: dict[int, str]
    by_category: dict[str, list[int]]
    by_department: dict[str, list[int]]
    pks: list[int]
    cumulated: list[int]

    def popular(self, random: Random) -> int:
        """A product, as often as it is sold."""
        return random.choices(self.pks, cum_weights=self.cumulated)[0]


def read_assortment() -> Assortment:
    """The best sellers that are sold now. Raises ValueError for an empty shop."""
    sold = dict(
        OrderLine.objects.values_list("product").annotate(n=Count("pk")).order_by("-n")[:N_BEST_SELLERS]
    )
    all_rows = list(Product.objects.main().sellable().values_list("pk", "category__path", "name"))
    rows = [row for row in all_rows if row[0] in sold] or all_rows[:N_BEST_SELLERS]
    if not rows:
        raise ValueError("The shop has no products to sell. Load some first: python manage.py load_demo")
    by_category: dict[str, list[int]] = defaultdict(list)
    by_department: dict[str, list[int]] = defaultdict(list)
    for pk, path, _ in rows:
        by_category[path].append(pk)
        by_department[path.partition("/")[0]].append(pk)
    pks = [pk for pk, _, _ in rows]
    return Assortment(
        category_of={pk: path for pk, path, _ in rows},
        names={pk: name for pk, _, name in rows},
        by_category=dict(by_category),
        by_department=dict(by_department),
        pks=pks,
        cumulated=list(accumulate(sold.get(pk, 1) for pk in pks)),
    )


@dataclass(frozen=True)
class Taste:
    """A few categories, found through what is sold."""

    assortment: Assortment
    categories: tuple[str, ...]

    @classmethod
    def drawn(cls, assortment: Assortment, random: Random, n_categories: int = 3) -> Taste:
        """The taste of somebody who buys what others buy."""
        liked = {assortment.category_of[assortment.popular(random)] for _ in range(n_categories)}
        return cls(assortment, tuple(sorted(liked)))

    def liking(self, pk: int) -> float:
        """How much the visitor likes a product, 0..1."""
        path = self.assortment.category_of.get(pk, "")
        if path in self.categories:
            return SAME_CATEGORY
        department = path.partition("/")[0]
        same = any(liked.partition("/")[0] == department for liked in self.categories)
        return SAME_DEPARTMENT if path and same else ELSEWHERE

    def something(self, random: Random) -> int:
        """A product that the visitor would look for."""
        return random.choice(self.assortment.by_category[random.choice(self.categories)])
