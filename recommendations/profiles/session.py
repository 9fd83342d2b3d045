"""What a visitor just did, as weights that fade. Plain Python: it runs in the web process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """One behaviour of interest in one item."""

    item_key: str
    kind: str
    occurred_at: datetime


def decayed_weights(
    touches: Iterable[Touch], weights: Mapping[str, float], half_life_hours: float
) -> dict[str, float]:
    """Item key → Σ over its touches of `weights[kind] · 2^(−age / half_life)`, heaviest first.

    Ages are counted from the newest touch: a visitor who comes back after a year is known as well as one who was
    here an hour ago. Kinds without a positive weight are left out. Raises ValueError when the half-life is not
    positive.
    """
    if not half_life_hours > 0:
        raise ValueError(f"half_life_hours must be positive, not {half_life_hours!r}.")
    counted = [touch for touch in touches if weights.get(touch.kind, 0.0) > 0.0]
    if not counted:
        return {}
    newest = max(touch.occurred_at for touch in counted)
    total: dict[str, float] = {}
    for touch in counted:
        age_hours = (newest - touch.occurred_at).total_seconds() / 3600.0
        weight = weights[touch.kind] * 2.0 ** (-age_hours / half_life_hours)
        total[touch.item_key] = total.get(touch.item_key, 0.0) + weight
    return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))
