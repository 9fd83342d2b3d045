from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.skip_gram import enough_epochs, skip_gram, stable_hash
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.algorithms.vectors import without_common
from recommendations.algorithms.word2vec import Word2Vec, Word2VecConfig, mean_of_words
from recommendations.exceptions import ConfigurationError, MissingExtra, NotEnoughData

NOTHING = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])
TOPICS = {
    "tea": ("tea", "cup", "leaf", "green", "pot", "china"),
    "tool": ("saw", "nail", "steel", "grip", "drill", "wood"),
    "toy": ("bear", "doll", "plush", "kids", "soft", "game"),
}


def topics(n_items: int = 240, seed: int = 0) -> Catalogue:
    """Items of three topics, each described by three of its topic's six words."""
    drawn = np.random.default_rng(seed)
    names = list(TOPICS)
    titles = [" ".join(drawn.choice(TOPICS[names[n % 3]], 3, replace=False)) for n in range(n_items)]
    return Catalogue.from_columns(
        item_keys=[f"{names[n % 3]}-{n:03d}" for n in range(n_items)], titles=titles
    )


def topic_of(key: str) -> str:
    return key.partition("-")[0]


def test_items_of_one_topic_are_alike_without_a_word_in_common() -> None:
    """A title of three of six words has nothing in common with one of the other three; the topic joins them."""
    catalogue = topics()
    fitted = Word2Vec(dimensions=16).fit(NOTHING, catalogue)
    of_topic = np.array([topic_of(key) for key in catalogue.item_keys])
    words = [set(title.split()) for title in catalogue.titles]
    alike = fitted.vectors_ @ fitted.vectors_.T
    same = of_topic[:, None] == of_topic
    nothing_shared = np.array([[not a & b for b in words] for a in words])
    assert alike[same & nothing_shared].min() > alike[~same].max()
    for key, pairs in fitted.item_lists(10):
        assert {topic_of(target) for target, _ in pairs} == {topic_of(key)}


def test_somebody_is_shown_more_of_the_topic() -> None:
    fitted = Word2Vec(dimensions=16).fit(NOTHING, topics())
    scores = fitted.score([[("tea-000", 1.0), ("tea-003", 1.0)], [("tool-001", 2.0), ("toy-002", 0.1)]])
    best = np.argsort(-scores, axis=1)[:, :20]
    found = [{topic_of(fitted.item_keys_[item]) for item in row} for row in best]
    assert found == [{"tea"}, {"tool"}]


def test_the_mean_of_words_by_hand() -> None:
    """tea is in both of two documents, idf 1; cup in one, idf 1 + ln(3/2); hat has no vector."""
    means = mean_of_words(
        [["tea", "cup", "tea"], ["tea", "hat"], ["hat"]], ["tea", "cup"], np.eye(2, dtype=np.float32)
    )
    tea, cup = np.log(4 / 3) + 1, np.log(4 / 2) + 1
    assert means[0] == pytest.approx([tea / (tea + cup), cup / (tea + cup)])
    assert means[1].tolist() == [1, 0]
    assert means[2].tolist() == [0, 0]


def test_what_all_have_in_common_by_hand() -> None:
    """(3, 1) and (3, −1) have the first principal direction (1, 0)."""
    vectors = np.array([[3, 1], [3, -1]], np.float32)
    assert without_common(vectors, 1) == pytest.approx(np.array([[0, 1], [0, -1]]), abs=1e-6)
    assert without_common(vectors, 0) is vectors


def test_small_catalogues_keep_what_they_have_in_common() -> None:
    """Below 100 items nothing is taken out, from 100 on what the option says."""
    for n_items, changed in ((99, False), (100, True)):
        kept = Word2Vec(dimensions=8, common_components=0).fit(NOTHING, topics(n_items)).vectors_
        taken = Word2Vec(dimensions=8).fit(NOTHING, topics(n_items)).vectors_
        assert (not np.allclose(kept, taken)) is changed


def test_sentences_in_any_order_give_the_same_vectors() -> None:
    sentences = [title.split() for title in topics(60).titles]
    config = Word2VecConfig(dimensions=8, epochs=5)
    words, vectors = skip_gram(sentences, config, "a test")
    again, others = skip_gram(sentences[::-1], config, "a test")
    assert words == again
    assert vectors.tobytes() == others.tobytes()
    _, reseeded = skip_gram(sentences, Word2VecConfig(dimensions=8, epochs=5, seed=1), "a test")
    assert vectors.tobytes() != reseeded.tobytes()


PRINT_VECTORS = """
from tests.algorithms.test_word2vec import NOTHING, Word2Vec, topics
print(Word2Vec(dimensions=8, epochs=3).fit(NOTHING, topics(60)).vectors_.tobytes().hex())
"""


def test_every_process_learns_the_same() -> None:
    """However it hashes strings."""
    made = {
        subprocess.run(
            [sys.executable, "-c", PRINT_VECTORS],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def test_a_stable_hash() -> None:
    assert stable_hash("tea") == 0x8E86D7B2


def test_epochs_follow_the_number_of_pairs() -> None:
    assert enough_epochs([2] * 10, None) == 100  # next to nothing: many passes
    assert enough_epochs([11] * 100_000, None) == 9  # 11 · 10 pairs a sentence
    assert enough_epochs([11] * 100_000, 3) == 22  # a window of 1 to 3 reaches 2 to each side on average
    assert enough_epochs([100] * 1_000_000, None) == 5


def test_chinese() -> None:
    titles = ["绿茶 茶杯", "红茶 茶杯", "绿茶 红茶", "电钻 钉子", "锯子 钉子", "电钻 锯子"] * 20
    catalogue = Catalogue.from_columns(item_keys=[f"{n:03d}" for n in range(120)], titles=titles)
    lists = dict(Word2Vec(dimensions=100).fit(NOTHING, catalogue).item_lists(40))
    for key, pairs in lists.items():
        assert {int(target) % 6 // 3 for target, _ in pairs} == {int(key) % 6 // 3}


def test_brands_and_categories_are_read_too() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"],
        titles=["", "", "wool sock"],
        brands=["Birch Co", "Birch Co", ""],
        categories=[["Home/Oak"], ["Home/Oak"], []],
    )
    fitted = Word2Vec(dimensions=4).fit(NOTHING, catalogue)
    assert dict(fitted.item_lists()) == {"a": [("b", 1.0)], "b": [("a", 1.0)]}


def test_nothing_to_read() -> None:
    with pytest.raises(NotEnoughData) as caught:
        Word2Vec().fit(NOTHING)
    assert str(caught.value) == "Word2Vec needs a catalogue with items: there are none."
    with pytest.raises(NotEnoughData) as caught:
        Word2Vec().fit(NOTHING, Catalogue.from_columns(item_keys=["a", "b"], titles=["cup", "red hat"]))
    assert str(caught.value) == (
        "Word2Vec needs items with two words that are there 2 times: none of 2 items has."
    )


def test_without_gensim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(MissingExtra) as caught:
        Word2Vec().fit(NOTHING, topics(9))
    assert str(caught.value) == (
        "Word2Vec needs the extra 'text'. Run: pip install \"django-recommendations[text]\""
    )


BAD: list[tuple[dict[str, Any], str]] = [
    ({"fields": ("smell",)}, "fields may name some of title, text, category, brand, got ('smell',)."),
    ({"fields": ()}, "fields may name some of title, text, category, brand, got ()."),
    ({"fields": "title"}, "fields may name some of title, text, category, brand, got 'title'."),
    ({"dimensions": 0}, "dimensions must be within 1..2000, got 0."),
    ({"window": 0}, "window must be within 1..10000, got 0."),
    ({"learning_rate": float("nan")}, "learning_rate must be within 1e-06..10, got nan."),
    ({"common_components": -1}, "common_components must be within 0..1000, got -1."),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Word2Vec(**options)
    assert str(caught.value) == message


class TestWord2Vec(AlgorithmContract):
    algorithm_class = Word2Vec
    options = {"dimensions": 8, "epochs": 3}
    without_events = "lists"
