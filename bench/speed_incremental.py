"""Training after one per cent of new events: `python -m bench.speed_incremental [--events N] [--url …] [--check]`.

Each measurement is a process of its own: reading everything, reading what changed, the whole rebuild of one ItemKNN
either way. `--check` compares both ways of reading value by value.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.shop_log import RECOMMENDER, Stages, add_events, arguments, measured, shop_log

KINDS = sorted(RECOMMENDER["options"]["events"])


def read(what: str) -> None:
    """Read as training does."""
    from recommendations.training.loading import load

    stages = Stages()
    with measured(what) as found:
        data = load(KINDS, progress=stages)
        stages.finish()
        found |= {"events": len(data.interactions), "reading": data.reading, "stages": stages.seconds}


def rebuild(what: str) -> None:
    """Read, learn, evaluate and publish."""
    from recommendations.training.runner import train

    stages = Stages()
    with measured(what) as found:
        (result,) = train(["similar"], progress=stages, force=True)
        stages.finish()
        lists = result.snapshot.n_lists if result.snapshot else 0
        found |= {"status": result.status, "reason": result.reason, "lists": lists, "stages": stages.seconds}


def grow(n_events: int) -> int:
    """One per cent of new events, a tenth of which happened long ago; and a thousandth of the old ones voided."""
    from django.utils import timezone

    from recommendations.models import Event

    last = Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
    add_events(last, n_events // 100, n_events, now=True)
    old = Event.objects.filter(pk__in=range(1, n_events, 1000))
    return old.update(voided_at=timezone.now(), changed_at=timezone.now())


def check() -> None:
    """Both ways of reading give the same."""
    import numpy as np
    from django.conf import settings

    from recommendations.algorithms.interactions import Interactions
    from recommendations.conf import settings as own
    from recommendations.training.loading import load

    data = load(KINDS)
    settings.RECOMMENDATIONS["TRAINING_FOLDER"] = ""
    own.reset()
    whole = load(KINDS)
    for part in fields(Interactions):
        ours: Any = getattr(data.interactions, part.name)
        theirs: Any = getattr(whole.interactions, part.name)
        same = (
            np.array_equal(ours, theirs, equal_nan=part.name == "rating")
            if isinstance(ours, np.ndarray)
            else ours == theirs
        )
        assert same, f"{part.name} differs"
    print(f"the same: {data.reading}; {whole.reading}", file=sys.stderr)


STEPS = {"read": read, "rebuild": rebuild}


def main() -> None:
    parser = arguments("Training after one per cent of new events.")
    parser.add_argument("--check", action="store_true", help="compare both ways of reading")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--what", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recommendations-kept-") as folder:
        options.folder = options.folder or folder
        with shop_log(options):
            if options.step:
                STEPS[options.step](options.what)
                return
            nowhere = f"{options.folder}/none"
            for step, what, kept in (
                ("rebuild", "rebuild, all read", nowhere),
                ("read", "read, all", options.folder),
                ("", "", ""),
                ("read", "read, 1 % changed", options.folder),
                ("", "", ""),
                ("rebuild", "rebuild, 1 % changed", options.folder),
            ):
                if not step:
                    print(f"{grow(options.events)} voided, 1 % new", file=sys.stderr)
                    continue
                own = ["--step", step, "--what", what, "--folder", kept, "--url", options.url]
                subprocess.run([sys.executable, "-m", "bench.speed_incremental", *own], check=True)
            file = next(Path(options.folder).glob("events-*"))
            print(f"kept: {file.stat().st_size / 2**20:.0f} MB", file=sys.stderr)
            if options.check:
                check()


if __name__ == "__main__":
    main()
