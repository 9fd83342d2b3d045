"""From words to items in plain Python: the lists of a few terms, added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recommendations.datatypes import ListKind
from recommendations.store import ListRequest, StoredList
from recommendations.text import tokenise

#: So much of a text is looked at, and so many different words of it: whoever pastes a page searches no longer.
MOST_CHARACTERS = 1000
MOST_TERMS = 16


def terms_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The first different words of some texts, as training cuts them."""
    terms: dict[str, None] = {}
    for text in texts:
        terms.update(dict.fromkeys(tokenise(text[:MOST_CHARACTERS])))
        if len(terms) >= MOST_TERMS:
            break
    return tuple(terms)[:MOST_TERMS]


def term_requests(recommenders: Iterable[str], terms: Sequence[str]) -> list[ListRequest]:
    """The lists of terms that `added` wants."""
    return [ListRequest(name, ListKind.TERM, term) for name in recommenders for term in terms]


def added(
    recommender: str, terms: Sequence[str], lists: Mapping[ListRequest, StoredList]
) -> StoredList | None:
    """The lists of the terms as one, None where none of them has a list.

    score(j) = Σ_t s_tj / √|terms|, the terms without a list counted too. The lists hold TF-IDF weights, so that the sum
    ranks by the cosine with the words' own vector, and stays in 0..1; see `docs/algorithms/content.md`.
    """
    found = [lists[request] for request in term_requests([recommender], terms) if request in lists]
    if not found:
        return None
    scores: dict[str, float] = {}
    origin: dict[str, str] = {}
    for each in found:
        for item_key, score, source in each.entries:
            scores[item_key] = scores.get(item_key, 0.0) + score
            origin.setdefault(item_key, source)
    length = len(terms) ** 0.5
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    entries = tuple((key, min(score / length, 1.0), origin[key]) for key, score in ranked)
    return StoredList(recommender, found[0].snapshot_id, entries)
