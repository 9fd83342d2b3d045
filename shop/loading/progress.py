"""Progress of a long step: a bar with counts and times where tqdm is installed, else a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, TextIO, TypeVar

Row = TypeVar("Row")


class Progress:
    """Writes to `stream`; nothing at all when `quiet`."""

    def __init__(self, stream: TextIO, *, quiet: bool = False, every: float = 5.0) -> None:
        self.stream = stream
        self.quiet = quiet
        self.every = every

    def say(self, text: str) -> None:
        if not self.quiet:
            self.stream.write(text + "\n")
            self.stream.flush()

    def track(self, rows: Iterable[Row], label: str, total: int | None = None) -> Iterator[Row]:
        """Yield `rows`, telling how many are done of `total`."""
        if self.quiet:
            yield from rows
            return
        bar = self._bar(label, total)
        if bar is None:
            yield from self._lines(rows, label, total)
            return
        with bar:
            for row in rows:
                yield row
                bar.update()

    def _bar(self, label: str, total: int | None) -> Any | None:
        if not getattr(self.stream, "isatty", lambda: False)():
            return None
        try:
            from tqdm import tqdm
        except ImportError:
            return None
        return tqdm(
            desc=f"{label:<12}", total=total, file=self.stream, unit="", unit_scale=True, mininterval=0.2
        )

    def _lines(self, rows: Iterable[Row], label: str, total: int | None) -> Iterator[Row]:
        start = last = time.monotonic()
        done = 0
        of = f" of {total:,}" if total else ""
        for row in rows:
            yield row
            done += 1
            now = time.monotonic()
            if now - last >= self.every:
                last = now
                self.say(f"  {label}: {done:,}{of}, {now - start:.0f} s")
        if done:
            self.say(f"  {label}: {done:,} in {time.monotonic() - start:.1f} s")
