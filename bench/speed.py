"""How fast it is: `python -m bench.speed WHAT [options]`; `python -m bench.speed WHAT --help` for those of one.

kernel       top-k similarity of items, against implicit, sparse_dot_topn and rusket
cap          what a cap on heavy visitors saves and changes
load         reading a large log whole
publish      writing ranked lists
incremental  training after one per cent of new events

Each WHAT is `bench/speed_WHAT.py` and its `main()`.
"""

from __future__ import annotations

import sys
from importlib import import_module

WHAT = ("kernel", "cap", "load", "publish", "incremental")


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in WHAT:
        asked_for_help = sys.argv[1:2] in (["-h"], ["--help"])
        print(__doc__, file=sys.stdout if asked_for_help else sys.stderr)
        sys.exit(0 if asked_for_help else 2)
    what = sys.argv.pop(1)
    sys.argv[0] += f" {what}"
    import_module(f"bench.speed_{what}").main()


if __name__ == "__main__":
    main()
