"""The app speaks Simplified Chinese: nothing untranslated, nothing doubtful, and compiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

CATALOGUE = Path(__file__).parent.parent / "recommendations/locale/zh_Hans/LC_MESSAGES/django.po"


def entries() -> list[str]:
    return CATALOGUE.read_text(encoding="utf-8").split("\n\n")[1:]


def test_nothing_is_untranslated_or_doubtful() -> None:
    assert len(entries()) > 200
    assert [entry for entry in entries() if "#, fuzzy" in entry] == []
    assert [entry for entry in entries() if entry.rstrip().endswith(('msgstr ""', 'msgstr[0] ""'))] == []


@pytest.mark.parametrize("text", ["You may also like", "Placements report", "Old price:"])
def test_it_is_compiled(text: str) -> None:
    with translation.override("zh-hans"):
        assert gettext(text) != text
