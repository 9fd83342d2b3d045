"""Top-k similarity of items against other libraries, on the same data in the same run.

Every measurement is a process of its own: it reads the matrix, calls once on a little data (imports, compiling), then
once on all. The contenders take turns; figures are medians. `ratio` is ours over the fastest other one, `cpu_ratio` the
same of processor time, which a busy machine changes less. `growth_mb` is the highest resident memory during the call
minus that before it, `of_data` that over the bytes of the matrix and the result. `agrees`: the scores of the k − 1 best
neighbours of 1,000 items are those of ours.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy import sparse

from bench.speed_contenders import CONTENDERS, FORMS, equivalent
from bench.speed_data import described, shop

#: So many visitors are enough to compile and to import all that is needed.
WARM_UP = 2000
#: The lists of so many items are compared, with so much tolerance: some sum in single precision.
COMPARED = 1000
TOLERANCE = 1e-4


def measure(folder: Path, contender: str, form: str, k: int, n_threads: int) -> dict[str, float]:
    """One call; leaves the scores to compare in the folder."""
    users = sparse.csr_matrix(
        tuple(np.load(folder / f"{name}.npy") for name in ("data", "indices", "indptr")),
        shape=json.loads((folder / "shape.json").read_text()),
    )
    if form == "cosine":
        users.data[:] = 1.0
    run = CONTENDERS[contender]
    run(users[:WARM_UP], k, form, n_threads)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = _memory("VmRSS")
    cpu, begin = _cpu(), time.perf_counter()
    found = run(users, k, form, n_threads)
    seconds, cpu = time.perf_counter() - begin, _cpu() - cpu
    growth = _memory("VmHWM") - before
    size = sum(
        part.nbytes for matrix in (users, found) for part in (matrix.data, matrix.indices, matrix.indptr)
    )
    np.save(folder / f"{contender}-{form}.npy", _best_scores(found, k))
    return {"seconds": seconds, "cpu_seconds": cpu, "growth_mb": growth / 1e6, "of_data": growth / size}


def _memory(name: str) -> int:
    """Bytes, of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _best_scores(found: sparse.csr_matrix, k: int) -> np.ndarray:
    """(COMPARED, k − 1), highest first, without the item itself."""
    rows = np.linspace(0, found.shape[0] - 1, min(COMPARED, found.shape[0])).astype(int)
    scores = np.zeros((len(rows), k - 1), np.float32)
    for place, row in enumerate(rows.tolist()):
        entries = slice(found.indptr[row], found.indptr[row + 1])
        others = np.sort(found.data[entries][found.indices[entries] != row])[::-1][: k - 1]
        scores[place, : len(others)] = others
    return scores


def in_turns(options: argparse.Namespace, folder: Path, contenders: list[str]) -> dict[tuple[str, str], Any]:
    """{(contender, form): medians}."""
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": str(options.threads),
        "RAYON_NUM_THREADS": str(options.threads),
    }
    found = defaultdict(list)
    for _ in range(options.repetitions):
        for form in options.forms.split(","):
            for contender in contenders:
                if form == "shrunk" and contender != "ours":
                    continue
                step = ["--step", str(folder), contender, form]
                rest = ["--k", str(options.k), "--threads", str(options.threads)]
                command = [sys.executable, "-m", "bench.speed_kernel", *step, *rest]
                printed = subprocess.run(
                    command, env=environment, check=True, stdout=subprocess.PIPE, text=True
                ).stdout
                found[contender, form].append(json.loads(printed.splitlines()[-1]))
                print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    return {
        key: {name: median(one[name] for one in measured) for name in measured[0]}
        for key, measured in found.items()
    }


def with_ratios(found: dict[tuple[str, str], Any], folder: Path) -> list[dict[str, Any]]:
    """One row a form and contender."""
    rows = []
    for (contender, form), medians in found.items():
        row = {"form": form, "contender": contender, **medians}
        other_form = "weighted" if form == "shrunk" else form
        others = [v for (name, f), v in found.items() if f == other_form and name != "ours"]
        if contender == "ours" and others:
            for name in ("seconds", "cpu_seconds"):
                row[name.replace("seconds", "ratio")] = medians[name] / min(other[name] for other in others)
        same = equivalent(contender, form)
        if contender != "ours" and same and ("ours", same) in found:
            one, other = (np.load(folder / f"{name}-{form}.npy") for name in (contender, "ours"))
            row["agrees"] = bool(np.allclose(one, other[:, : one.shape[1]], rtol=TOLERANCE, atol=1e-7))
        rows.append(row)
    return rows


def installed() -> list[str]:
    """Ours and the others that are there; says what is missing."""
    missing = [name for name in CONTENDERS if name != "ours" and find_spec(name) is None]
    if missing:
        needed = 'pip install "django-recommendations[bench]"'
        print(f"not installed, so not compared with: {', '.join(missing)} ({needed})", file=sys.stderr)
    return [name for name in CONTENDERS if name not in missing]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--interactions", type=int, default=10_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--k", type=int, default=50, help="neighbours of an item")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--forms", default=",".join(FORMS), help=f"some of {','.join(FORMS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        folder, contender, form = options.step
        print(json.dumps(measure(Path(folder), contender, form, options.k, options.threads)))
        return
    if unknown := set(options.forms.split(",")) - set(FORMS):
        parser.error(f"unknown forms {', '.join(sorted(unknown))}; known: {', '.join(FORMS)}")
    contenders = installed()
    with tempfile.TemporaryDirectory(prefix="speed-kernel-") as name:
        folder = Path(name)
        users = shop(options.interactions, options.items, seed=options.seed)
        for part in ("data", "indices", "indptr"):
            np.save(folder / f"{part}.npy", getattr(users, part))
        (folder / "shape.json").write_text(json.dumps(users.shape))
        about = {**described(users), "k": options.k, "threads": options.threads}
        del users
        rows = with_ratios(in_turns(options, folder, contenders), folder)
    report(about, rows, options.json)


def report(about: dict[str, Any], rows: list[dict[str, Any]], as_json: bool) -> None:
    about["load_average"] = round(os.getloadavg()[0], 1)
    rounded = [{n: round(v, 3) if isinstance(v, float) else v for n, v in row.items()} for row in rows]
    if as_json:
        for row in (about, *rounded):
            print(json.dumps(row))
        return
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    columns = (
        "form",
        "contender",
        "seconds",
        "cpu_seconds",
        "ratio",
        "cpu_ratio",
        "growth_mb",
        "of_data",
        "agrees",
    )
    print(*(f"{name:>15}" for name in columns))
    for row in rounded:
        print(*(f"{row.get(name, '')!s:>15}" for name in columns))


if __name__ == "__main__":
    main()
