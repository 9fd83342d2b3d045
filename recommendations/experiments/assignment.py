"""Which variant of an experiment a visitor sees: plain Python, no query, the same in every process.

A visitor's bucket (0..999) is a hash of the cookie's id. An experiment shuffles the buckets by its salt and gives the
first ones to its first variant, and so on: shares are exact to 0.1 %, and two experiments know nothing of each other.
The cookie that follows a login has the user's bucket, so that nobody changes sides by logging in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from recommendations.datatypes import BUCKETS
from recommendations.models import Experiment, Variant


@dataclass(frozen=True, eq=False)
class Arm:
    """A variant as pages know it: what it changes of the placement's entry, or that nothing is shown."""

    experiment: int
    placement: str
    name: str
    share: float
    changes: Mapping[str, Any]
    holdout: bool


@dataclass(frozen=True, eq=False)
class Running:
    """An experiment that is on, as pages know it. `segment` is what a rule calls `visitors`."""

    experiment: int
    placement: str
    salt: str
    traffic: float
    segment: Mapping[str, Any]
    starts_at: datetime | None
    ends_at: datetime | None
    arms: Sequence[Arm]

    def is_on(self, now: datetime) -> bool:
        """Between its start and its end?"""
        return (self.starts_at is None or self.starts_at <= now) and (
            self.ends_at is None or now < self.ends_at
        )

    def arm_of(self, bucket: int) -> Arm | None:
        """What the visitors of a bucket see; None for those who take no part."""
        place = self._places[bucket]
        for arm, end in zip(self.arms, self._ends, strict=True):
            if place < end:
                return arm
        return None

    @cached_property
    def _places(self) -> Sequence[int]:
        """Bucket → its place among the shuffled ones."""
        order = sorted(range(BUCKETS), key=lambda bucket: _digest(self.salt, bucket))
        places = [0] * BUCKETS
        for place, bucket in enumerate(order):
            places[bucket] = place
        return places

    @cached_property
    def _ends(self) -> Sequence[int]:
        """Before which place each arm ends."""
        ends, so_far = [], 0.0
        for arm in self.arms:
            so_far += arm.share
            ends.append(round(self.traffic * so_far * BUCKETS))
        return ends


def running(variants: Iterable[Variant]) -> tuple[Running, ...]:
    """The experiments of these variants, which come with theirs, in the order of their numbers."""
    by_experiment: dict[int, list[Variant]] = {}
    for variant in variants:
        by_experiment.setdefault(variant.experiment_id, []).append(variant)
    return tuple(_running(rows[0].experiment, rows) for _, rows in sorted(by_experiment.items()))


def _running(experiment: Experiment, variants: Sequence[Variant]) -> Running:
    in_order = sorted(variants, key=lambda each: (each.position, each.pk))
    return Running(
        experiment=experiment.pk,
        placement=experiment.placement,
        salt=experiment.salt,
        traffic=experiment.traffic,
        segment=experiment.segment,
        starts_at=experiment.starts_at,
        ends_at=experiment.ends_at,
        arms=tuple(
            Arm(experiment.pk, experiment.placement, each.name, each.share, each.changes, each.holdout)
            for each in in_order
        ),
    )


def _digest(salt: str, bucket: int) -> bytes:
    return hashlib.blake2b(f"{salt}:{bucket}".encode(), digest_size=8).digest()
