"""Progress in a terminal: bars where tqdm is installed and somebody looks, else lines with counts and times."""

from __future__ import annotations

import time
from typing import Any, TextIO

#: Without a bar, a line tells of a long stage every so many seconds.
LINE_SECONDS = 5.0


class TerminalProgress:
    """Writes to `stream`: `load events: 310,000 of 310,000 (2.1 s)`."""

    def __init__(self, stream: TextIO, *, bars: bool | None = None) -> None:
        self.stream = stream
        self._bar_class = _tqdm() if (_is_terminal(stream) if bars is None else bars) else None
        self._bar: Any = None
        self._stage = ""
        self._total: int | None = None
        self._done = 0
        self._begun = self._told = 0.0

    def start(self, stage: str, total: int | None = None) -> None:
        """A stage begins; the one before it has ended."""
        self.finish()
        self._stage, self._total, self._done = stage, total, 0
        self._begun = self._told = time.monotonic()
        if self._bar_class is not None:
            self._bar = self._bar_class(total=total, desc=stage, file=self.stream, unit="", unit_scale=True)

    def advance(self, n: int = 1) -> None:
        """`n` more units of the stage are done."""
        self._done += n
        if self._bar is not None:
            self._bar.update(n)
        elif time.monotonic() - self._told >= LINE_SECONDS:
            self._told = time.monotonic()
            self._line()

    def finish(self) -> None:
        """The last stage has ended."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif self._stage:
            self._line()
        self._stage = ""

    def _line(self) -> None:
        of = f" of {self._total:,}" if self._total is not None else ""
        count = f": {self._done:,}{of}" if self._done or self._total is not None else ""
        self.stream.write(f"{self._stage}{count} ({time.monotonic() - self._begun:.1f} s)\n")
        self.stream.flush()


def _is_terminal(stream: TextIO) -> bool:
    return bool(getattr(stream, "isatty", lambda: False)())


def _tqdm() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm
