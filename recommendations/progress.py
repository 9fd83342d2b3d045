"""How long work tells how far it is: to a terminal, a Job row, or nobody. Standard library only."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of each stage of a long run; `total` is None when it is not known beforehand."""

    def start(self, stage: str, total: int | None = None) -> None:
        """A stage begins; the one before it has ended."""

    def advance(self, n: int = 1) -> None:
        """`n` more units of the stage are done."""

    def finish(self) -> None:
        """The last stage has ended."""


class NoProgress:
    """Tells nobody."""

    def start(self, stage: str, total: int | None = None) -> None:
        return None

    def advance(self, n: int = 1) -> None:
        return None

    def finish(self) -> None:
        return None
