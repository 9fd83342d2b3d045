"""Do experiments find what is there, and nothing else, when one looks every day? By the functions that the task uses.

    python bench/experiments.py                  1,000 tests a row: about a minute on one core

A visitor comes on one of 28 days and buys at most once, up to a week later, so that figures of earlier visitors still
change. Revenue is log-normal (median 30, sigma 1) and goes with what the same visitor spent before.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.experiments.bandit import SETTLED, shares
from recommendations.experiments.statistics import Moments, difference, ratio_alarm

DAYS = 28
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """So many visitors an arm and day; B's visitors buy more often by `effect` (0.2: a fifth)."""

    visitors_a_day: int
    conversion: float
    effect: float


class Looks(NamedTuple):
    """Per test and day: the moments of both arms, by metric."""

    conversion: tuple[Moments, Moments]
    revenue: tuple[Moments, Moments]
    cuped: tuple[Moments, Moments]


def simulated(plan: Plan, n_tests: int, rng: np.random.Generator) -> Looks:
    """All looks at `n_tests` tests."""
    arms = [_arm(plan, n_tests, rng, plan.conversion * (1 + plan.effect * side)) for side in (0, 1)]
    a, b = arms
    slope = (a["xy"] + b["xy"]) / (a["xx"] + b["xx"])
    centre = (a["x"] + b["x"]) / (a["n"] + b["n"])
    return Looks(
        (_moments(a["n"], a["bought"], a["bought"]), _moments(b["n"], b["bought"], b["bought"])),
        (_moments(a["n"], a["y"], a["yy"]), _moments(b["n"], b["y"], b["yy"])),
        (_cuped(a, slope, centre), _cuped(b, slope, centre)),
    )


def _arm(plan: Plan, n_tests: int, rng: np.random.Generator, conversion: float) -> dict[str, Floats]:
    """Sums until the end of each day, per test: (n_tests, DAYS)."""
    shape = (n_tests, DAYS * plan.visitors_a_day)
    came = np.broadcast_to(np.repeat(np.arange(DAYS), plan.visitors_a_day), shape)
    taste = rng.standard_normal(shape)
    before = np.where(rng.random(shape) < 0.3, np.exp(3.0 + 0.8 * taste), 0.0)
    buys = rng.random(shape) < np.clip(conversion * np.exp(0.5 * taste - 0.125), 0, 1)
    value = np.where(buys, np.exp(3.4 + 0.8 * taste + 0.6 * rng.standard_normal(shape)), 0.0)
    bought_on = came + np.minimum(rng.geometric(0.5, shape) - 1, 7)
    day_sum = _Sums(n_tests)
    centred = before - before.mean()  # the slope needs no more of it, and sums stay small
    return {
        "n": np.broadcast_to(plan.visitors_a_day * np.arange(1.0, DAYS + 1), (n_tests, DAYS)),
        "bought": day_sum(bought_on, buys.astype(float)),
        "y": day_sum(bought_on, value),
        "yy": day_sum(bought_on, value**2),
        "xy": day_sum(bought_on, centred * value),
        "x": day_sum(came, centred),
        "xx": day_sum(came, centred**2),
    }


class _Sums:
    """Sums by test until the end of each day."""

    def __init__(self, n_tests: int) -> None:
        self.n_tests = n_tests

    def __call__(self, days: NDArray[np.int_], values: Floats) -> Floats:
        row = np.arange(self.n_tests)[:, None] * (DAYS + 8)
        found = np.bincount((row + days).ravel(), values.ravel(), self.n_tests * (DAYS + 8))
        return np.cumsum(found.reshape(self.n_tests, DAYS + 8), axis=1)[:, :DAYS]


def _moments(n: Floats, total: Floats, squares: Floats) -> Moments:
    mean = total / n
    return Moments(n, mean, (squares - n * mean**2) / (n - 1))


def _cuped(arm: dict[str, Floats], slope: Floats, centre: Floats) -> Moments:
    """Of y − slope · (x − centre), from sums."""
    n = arm["n"]
    mean = arm["y"] / n - slope * (arm["x"] / n - centre)
    raw = _moments(n, arm["y"], arm["yy"]).variance
    of_x = _moments(n, arm["x"], arm["xx"]).variance
    together = (arm["xy"] - arm["x"] * arm["y"] / n) / (n - 1)
    return Moments(n, mean, raw - 2 * slope * together + slope**2 * of_x)


def found(arms: tuple[Moments, Moments]) -> tuple[float, float, float]:
    """Shares of the tests with an interval above 0, or below, on any day; and those that a fixed interval of 95 %,
    looked at daily, would have called different."""
    low, high = difference(arms[1], arms[0])[1:]
    a, b = arms
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.abs(b.mean - a.mean) / np.sqrt(a.variance / a.n + b.variance / b.n)
    naive = np.nanmax(z, axis=1) > 1.96
    up, down = (low > 0).any(axis=1), (high < 0).any(axis=1)
    return float(up.mean()), float(down.mean()), float(naive.mean())


def false_alarms(n_tests: int, rng: np.random.Generator) -> float:
    """Share of tests of sound shares whose sample ratio alarms on any of the days."""
    counts = rng.binomial(400, 0.5, (n_tests, DAYS)).cumsum(axis=1)
    totals = 400 * np.arange(1, DAYS + 1)
    return float(
        np.mean(
            [
                any(
                    ratio_alarm([int(n), int(t - n)], [0.5, 0.5])[1] for n, t in zip(row, totals, strict=True)
                )
                for row in counts
            ]
        )
    )


def regret(
    n_tests: int, rng: np.random.Generator, rates: tuple[float, ...], a_day: int = 400
) -> tuple[float, float]:
    """Successes lost to always showing the best variant, over 56 days, by a bandit and by fixed shares. What a visitor
    does is known up to a week later; the bandit counts who came `SETTLED` before."""
    wait, lost = SETTLED.days, 0.0
    for number in range(n_tests):
        share = [1 / len(rates)] * len(rates)
        came, done = (
            np.zeros((56, len(rates)), int),
            np.zeros((56, 56 + 8, len(rates)), int),
        )  # by day, by day known
        for day in range(56):
            came[day] = rng.multinomial(a_day, share)
            lost += float(((max(rates) - np.array(rates)) * came[day]).sum())
            for arm, rate in enumerate(rates):
                late = np.minimum(rng.geometric(0.5, rng.binomial(came[day, arm], rate)) - 1, 7)
                done[day, day : day + 8, arm] = np.bincount(late, minlength=8)
            settled = slice(0, max(day + 1 - wait, 0))
            won = done[settled, : day + 1].sum(axis=(0, 1))
            share = shares([int(n) for n in won], [int(n) for n in came[settled].sum(axis=0)], seed=number)
    fixed = 56 * a_day * (max(rates) - sum(rates) / len(rates))
    return lost / n_tests, fixed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print("visitors an arm | conversion | effect | metric     | B wins | A wins | daily looks at fixed 95 %")
    for plan in (
        Plan(100, 0.05, 0.0), Plan(400, 0.05, 0.0), Plan(400, 0.05, 0.2), Plan(700, 0.05, 0.2), Plan(400, 0.05, 0.3),
    ):  # fmt: skip
        started = time.perf_counter()
        parts = [simulated(plan, min(50, options.tests), rng) for _ in range(max(options.tests // 50, 1))]
        for metric in Looks._fields:
            each = np.mean([found(getattr(part, metric)) for part in parts], axis=0)
            print(
                f"{DAYS * plan.visitors_a_day:15,} | {plan.conversion:10.0%} | {plan.effect:6.0%} | {metric:10} | "
                f"{each[0]:6.1%} | {each[1]:6.1%} | {each[2]:6.1%}",
                flush=True,
            )
        print(f"  ({time.perf_counter() - started:.1f} s)")
    for rates in ((0.05, 0.06), (0.05, 0.05, 0.05, 0.06), (0.05, 0.05)):
        by_bandit, fixed = regret(max(options.tests // 10, 1), rng, rates)
        print(
            f"buyers lost of {56 * 400:,} visitors, {rates}: bandit {by_bandit:.0f}, fixed shares {fixed:.0f}"
        )
    print(f"sample ratio, sound shares, looked at daily: {false_alarms(options.tests, rng):.1%} false alarms")


if __name__ == "__main__":
    main()
