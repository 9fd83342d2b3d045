from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.training.factories import NO_DEFAULTS


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Set `RECOMMENDERS` to just these entries, and other settings of RECOMMENDATIONS by name."""

    def set_up(recommenders: dict[str, Any] | None = None, **others: Any) -> None:
        own = dict(settings.RECOMMENDATIONS)
        if recommenders is not None:
            own["RECOMMENDERS"] = {**NO_DEFAULTS, **recommenders}
        settings.RECOMMENDATIONS = {**own, **others}

    return set_up
