"""How long publishing ranked lists takes: `python -m bench.speed_publish [--lists N] [--database sqlite]`.

Lists of fifty items, as a whole training run writes them, then once more, so that the first ones are deleted. Beside it
somebody records an event every few milliseconds; how long that took at most is printed too.
"""

from __future__ import annotations

import threading
import time

import numpy as np

from bench.shop_log import arguments, measured, shop_log

LENGTH = 50


def lists(n: int, seed: int) -> object:
    """An algorithm's lists: TopK of random neighbours."""
    from recommendations.algorithms.similarity import TopK

    drawn = np.random.default_rng(seed)
    scores = -np.sort(-drawn.random((n, LENGTH), np.float32), axis=1)
    indices = drawn.integers(0, n, n * LENGTH).astype(np.int32)
    return TopK(np.arange(n + 1, dtype=np.int64) * LENGTH, indices, scores.ravel(), n)


class Recorder(threading.Thread):
    """Records events until told to stop, on a connection of its own; notes how long each took."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.stop = threading.Event()

    def run(self) -> None:
        from django.db import connections

        from recommendations.models import Event

        try:
            while not self.stop.wait(0.02):
                begun = time.monotonic()
                Event.objects.create(kind="view", visitor_key="u:1", item_key="1")
                self.seconds.append(time.monotonic() - begun)
        finally:
            connections.close_all()


def main() -> None:
    parser = arguments("Publish ranked lists.")
    parser.add_argument("--lists", type=int, default=100_000, help="how many lists (default: 100,000)")
    parser.set_defaults(events=1000)
    options = parser.parse_args()
    with shop_log(options):
        from recommendations.models import Snapshot
        from recommendations.store import batches
        from recommendations.training import publishing

        longest = 0.0
        run = batches.ShortTransactions.run

        def watched(self: batches.ShortTransactions, *args: object) -> None:
            nonlocal longest
            run(self, *args)  # type: ignore[arg-type]
            longest = max(longest, self.longest)

        batches.ShortTransactions.run = watched  # type: ignore[method-assign]
        keys = tuple(str(n) for n in range(options.lists))
        for what in ("publish", "publish and delete the old one"):
            top = lists(options.lists, 1)
            recorder = Recorder()
            recorder.start()
            with measured(what) as found:
                snapshot = Snapshot.objects.create(recommender="bench", algorithm="bench", sources=["bench"])
                written = publishing.write(
                    snapshot,
                    (
                        ("item", key, "item", [(target, score, 0) for target, score in targets])
                        for key, targets in top.lists(keys, keys, LENGTH, 5)  # type: ignore[attr-defined]
                    ),
                )
                publishing.go_live(snapshot)
                found |= {"lists": written.n_lists, "wrote_seconds": None}
                Snapshot.objects.filter(status="ready").update(status="refused")
                publishing.clean_up("bench", current=snapshot)
            recorder.stop.set()
            recorder.join()
            print(
                f"longest transaction {longest:.3f} s, "
                f"longest wait of {len(recorder.seconds)} {max(recorder.seconds):.3f} s"
            )


if __name__ == "__main__":
    main()
