"""The reference engine: everything in a dictionary, one document after the other. Pure.

Slow and obvious. It says what the other engines must answer, ranks the unindexed tail, and stands
in for the index when there is none.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from marketplace.places import cells
from marketplace.search import scoring, spelling
from marketplace.search.port import (
    CorpusStats,
    Document,
    Facets,
    Hit,
    IndexFacts,
    Query,
    Reach,
    Results,
    newest_of,
)
from marketplace.search.terms import is_word


def passes(document: Document, query: Query) -> bool:
    """Whether a document passes every filter of the query (its words aside)."""
    return (
        (query.direction is None or document.direction == query.direction)
        and (query.kinds is None or document.kind in query.kinds)
        and (query.categories is None or document.category in query.categories)
        and (query.terms is None or bool(document.terms & query.terms))
        and (document.expires_at is None or document.expires_at > query.now)
        and document.owner_id not in query.exclude_owners
        and document.id not in query.exclude_ids
        and (query.only_ids is None or document.id in query.only_ids)
        and not query.excluded_terms & document.words.keys()
        and _in_reach(document, query)
    )


def _in_reach(document: Document, query: Query) -> bool:
    if query.reach is None:
        return True
    if document.place_kind == "online":
        return query.reach.online
    if document.cell is None or not query.reach.cells:
        return False
    return cells.within(cells.Cover(query.reach.resolution, query.reach.cells), document.cell)


def rank(documents: Iterable[Document], query: Query, stats: CorpusStats) -> list[Hit]:
    """Every document that answers the query, in its order; offset and limit are left to you."""
    plan = scoring.plan(query.groups, stats, query.weights)
    asked = scoring.terms_of(query.groups)
    hits = []
    for document in documents:
        if asked and asked.isdisjoint(document.words):  # most documents: said soonest
            continue
        if passes(document, query):
            words = _words(document, plan, query)
            if words is not None:
                hits.append(_hit(document, words, query))
    return sorted(hits, key=lambda hit: scoring.sort_key(query.sort, hit))


def _words(document: Document, plan: scoring.Plan, query: Query) -> float | None:
    """The share of the plan's ceiling, or None when the document does not answer the words."""
    if not plan.groups:
        return 0.0
    length = sum(document.words.values())
    total, held = 0.0, 0.0
    for group in plan.groups:
        gained = max(
            (
                weight * scoring.score(document.words[term], length, stats, query.weights)
                for term, weight, stats in group.alternatives
                if term in document.words
            ),
            default=0.0,
        )
        total += gained
        held += group.ceiling if group.holding & document.words.keys() else 0.0
    if total <= 0 or held < scoring.needed_share(query) * plan.ceiling:
        return None
    return total / plan.ceiling


def _hit(document: Document, words: float, query: Query) -> Hit:
    published = document.published_at.timestamp()
    fresh = scoring.freshness(max(0.0, query.now.timestamp() - published))
    if query.origin is None or document.cell is None:
        near, distance = scoring.NEUTRAL_NEARNESS, None
    else:
        chord = scoring.chord_km(document.cell, query.origin)
        near, distance = scoring.nearness(chord), scoring.ground_km(chord)
    best = scoring.best(words, near, fresh, query.weights)
    expires = math.inf if document.expires_at is None else document.expires_at.timestamp()
    return Hit(document.id, best, distance, published, expires)


def facets_of(
    documents: Collection[Document], query: Query, stats: CorpusStats, reaches: Sequence[Reach]
) -> Facets:
    """The facets of a query over these documents."""
    by_id = {document.id: document for document in documents}

    def without(**filters: Any) -> list[Document]:
        hits = rank(documents, replace(query, sort="best", needed=needed, **filters), stats)
        return [by_id[hit.id] for hit in hits]

    needed = scoring.needed_share(query)
    unplaced = without(reach=None)
    return Facets(
        directions=Counter(one.direction for one in without(direction=None)),
        kinds=Counter(one.kind for one in without(kinds=None)),
        categories=Counter(one.category for one in without(categories=None)),
        terms=Counter(term for one in without(terms=None) for term in one.terms),
        within=tuple(
            sum(_in_reach(one, replace(query, reach=reach)) for one in unplaced)
            for reach in reaches
        ),
    )


def words_in(documents: Iterable[Document]) -> Counter[str]:
    """How many of these documents hold each word as it is written."""
    return Counter(term for one in documents for term in one.words if is_word(term))


def stats_of(documents: Collection[Document], terms: Collection[str]) -> CorpusStats:
    """The statistics of these documents."""
    lengths = sum(sum(document.words.values()) for document in documents)
    frequencies = {term: sum(term in one.words for one in documents) for term in terms}
    return CorpusStats(len(documents), lengths / len(documents) if documents else 0.0, frequencies)


class MemoryIndex:
    """A ``SearchIndex`` that forgets everything when the process ends."""

    counts_to: int | None = None

    def __init__(self) -> None:
        self._documents: Mapping[int, Document] = {}

    def apply(self, upserts: Iterable[Document], removals: Collection[int] = ()) -> None:
        kept = {i: one for i, one in self._documents.items() if i not in set(removals)}
        self._documents = newest_of([*kept.values(), *upserts])

    def search(self, query: Query) -> Results:
        documents = self._documents.values()
        stats = stats_of(documents, scoring.terms_of(query.groups))
        hits = rank(documents, query, stats)
        return Results(tuple(hits[query.offset : query.offset + query.limit]), len(hits))

    def facets(self, query: Query, reaches: Sequence[Reach] = ()) -> Facets:
        documents = self._documents.values()
        stats = stats_of(documents, scoring.terms_of(query.groups))
        return facets_of(documents, query, stats, reaches)

    def completions(self, start: str, most: int) -> list[str]:
        words = words_in(self._documents.values())
        found = sorted((-number, word) for word, number in words.items() if word.startswith(start))
        return [word for _, word in found[:most]]

    def neighbours(self, word: str, most: int) -> list[str]:
        return spelling.nearest(word, words_in(self._documents.values()), most)

    def stats(self, terms: Collection[str]) -> CorpusStats:
        return stats_of(self._documents.values(), terms)

    def revisions(self) -> dict[int, int]:
        return {document.id: document.revision for document in self._documents.values()}

    def rebuild(
        self, documents: Iterable[Document], progress: Callable[[int], None] | None = None
    ) -> int:
        fresh: dict[int, Document] = {}
        for document in documents:
            fresh[document.id] = document
            if progress:
                progress(len(fresh))
        self._documents = fresh
        return len(fresh)

    def facts(self) -> IndexFacts:
        return IndexFacts("memory", len(self._documents), None, 0)

    def usable(self) -> bool:
        return True

    def close(self) -> None:
        self._documents = {}
