"""Product names that a shopper can read and that are never the same twice."""

from __future__ import annotations

from collections import Counter


def compose(noun: str, size: str = "", brand: str = "", number: int = 1) -> str:
    """ "Brambleford Yogurt No. 2, 6 oz": brand, what it is, a number for namesakes, size.

    A brand or number stands before the first comma of the noun: "Brambleford Soda No. 2, Can Multipack, 12 oz".
    """
    what, comma, detail = noun.partition(", ")
    if brand and not what.startswith(brand):
        what = f"{brand} {what}"
    if number > 1:
        what = f"{what} No. {number}"
    return ", ".join(part for part in (what, detail if comma else "", size) if part)


class NameBook:
    """Gives out names. Ask for the most popular product first: it gets the name without a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._asked: Counter[str] = Counter()

    def name(self, noun: str, size: str = "", brand: str = "") -> str:
        """A name nobody has yet (compared without case)."""
        plain = compose(noun, size, brand).casefold()
        while True:
            self._asked[plain] += 1
            name = compose(noun, size, brand, self._asked[plain])
            if name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name

    def reserve(self, name: str) -> None:
        """Take `name` out of the game, because something else will be shown under it."""
        self._taken.add(name.casefold())
