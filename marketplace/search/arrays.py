"""Searching stored segments with numpy arrays instead of one document at a time. Pure.

An engine that stores documents in immutable segments hands each one over as packed facts and a
way to read postings; everything here gives the same bits as ``memory_index``. Work begins at the
fewest documents that a result can be among: those in reach, those that hold a word which every
result must hold, or those that hold any of the words.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from marketplace.search import scoring
from marketplace.search.port import Hit, Query, Results
from marketplace.search.postings import Postings
from marketplace.search.segments import Bools, Floats, Numbers, Segment, View
from marketplace.search.sieve import Sieve

PARTITION_FROM = 4  # times as many results as are wanted: then a partition beats a full sort
LOOK_UP_FROM = 15  # times as many postings as documents: then each document is looked up in them


def search(views: tuple[View, ...], query: Query, plan: scoring.Plan) -> Results:
    """The page of hits over all segments."""
    wanted = query.offset + query.limit
    total, hits = 0, []
    for view in views:
        sieve = Sieve(view, query)
        documents, words = Answers(sieve, plan, narrowed=True).ranked()
        total += len(documents)
        if wanted and len(documents):
            hits += _top(view.segment, query, documents, words)
    hits.sort(key=lambda hit: scoring.sort_key(query.sort, hit))
    return Results(tuple(hits[query.offset : wanted]), total)


class Answers:
    """The documents of one view that pass and answer the words. ``narrowed``: also by the choices
    that facets count without."""

    def __init__(self, sieve: Sieve, plan: scoring.Plan, narrowed: bool) -> None:
        self.sieve, self.plan, self.narrowed = sieve, plan, narrowed
        self.query, self.segment = sieve.query, sieve.view.segment
        self.least = scoring.needed_share(self.query) * plan.ceiling
        self.postings = {
            term: self.segment.postings(term)
            for group in plan.groups
            for term, weight, stats in group.alternatives
            if stats.frequency and weight > 0
        }

    def ranked(self) -> tuple[Numbers, Floats]:
        """Ascending, with the share of the ceiling that each has."""
        among = self._passing()
        if not self.plan.groups:
            return among.documents, np.zeros(len(among.documents))
        total, held = np.zeros(len(among.documents)), np.zeros(len(among.documents))
        lengths = self.segment.lengths[among.documents]
        for group in self.plan.groups:
            gained, holds = np.zeros(len(total)), np.zeros(len(total), np.bool_)
            holding = group.holding
            for term, weight, stats in group.alternatives:
                if term in self.postings:
                    at, tf = among.holding(self.postings[term])
                    words = scoring.score(tf, lengths[at], stats, self.query.weights)
                    gained[at] = np.maximum(gained[at], weight * words)
                    if term in holding:
                        holds[at] = True
            total += gained
            held += np.where(holds, group.ceiling, 0.0)
        answering = (total > 0) & (held >= self.least)
        return among.documents[answering], total[answering] / self.plan.ceiling

    def unranked(self) -> Numbers:
        """Ascending; as many as ``ranked`` would give."""
        among = self._passing()
        if not self.plan.groups or self.least <= 0:
            return among.documents
        held = np.zeros(len(among.documents))
        for group in self.plan.groups:
            holds = np.zeros(len(held), np.bool_)
            for term in group.holding & self.postings.keys():
                holds[among.holding(self.postings[term])[0]] = True
            held += np.where(holds, group.ceiling, 0.0)
        return among.documents[held >= self.least]

    def _passing(self) -> "_Among":
        sieve, narrowest = self.sieve, self.sieve.narrowest() if self.narrowed else None
        if narrowest or self.plan.groups:
            documents = sieve.living(self._fewest(narrowest))
            if self.narrowed:
                documents = sieve.of_traits(documents)
        else:
            documents = sieve.all_living(self.narrowed)
        if self.narrowed:
            documents = sieve.placed(documents)
        return _Among(sieve.included(documents), len(self.segment))

    def _fewest(self, narrowest: tuple[int, str] | None) -> Numbers:
        """Documents among which all answers are, ascending. Unless narrowed, each holds a word."""
        lists = min(self._word_lists(), key=_total)
        if narrowest and (not self.plan.groups or narrowest[0] < _total(lists)):
            return self.sieve.documents(narrowest)
        if len(lists) == 1:
            return lists[0]
        marks = np.zeros(len(self.segment), np.bool_)
        for one in lists:
            marks[one] = True
        return np.flatnonzero(marks)

    def _word_lists(self) -> Iterator[list[Numbers]]:
        """The documents of all words, and of each group without which the rest gives too little."""
        yield [documents for documents, _ in self.postings.values()]
        ceilings = [group.ceiling for group in self.plan.groups]
        for at, group in enumerate(self.plan.groups):
            if sum((*ceilings[:at], *ceilings[at + 1 :]), 0.0) < self.least:
                yield [self.postings[term][0] for term in group.holding & self.postings.keys()]


def _total(lists: Sequence[Numbers]) -> int:
    return sum(map(len, lists))


class _Among:
    """Some documents of a segment, ascending, and how to find them in a list of postings."""

    def __init__(self, documents: Numbers, size: int) -> None:
        self.documents, self._size = documents, size

    def holding(self, postings: Postings) -> tuple[Numbers, Floats]:
        """Which of the documents, by their place among them, hold a term; and its weights."""
        documents, tf = postings
        if len(documents) > LOOK_UP_FROM * len(self.documents):
            at = np.minimum(np.searchsorted(documents, self.documents), len(documents) - 1)
            among = np.flatnonzero(documents[at] == self.documents)
            return among, tf[at[among]].astype(np.float64)
        marks, places = self._places
        chosen = marks[documents]
        return places[documents[chosen]], tf[chosen].astype(np.float64)

    @cached_property
    def _places(self) -> tuple[Bools, NDArray[np.int32]]:
        """For every document of the segment whether it is one, and if so at which place."""
        marks = np.zeros(self._size, np.bool_)
        marks[self.documents] = True
        places = np.empty(self._size, np.int32)  # the others are never looked at
        places[self.documents] = np.arange(len(self.documents), dtype=np.int32)
        return marks, places


def _top(segment: Segment, query: Query, documents: Numbers, words: Floats) -> list[Hit]:
    """The best of one segment, as many as the page and those before it need."""
    wanted = query.offset + query.limit
    if query.origin is None:
        chords = np.full(1, math.nan)
        own = np.zeros(len(documents), np.intp)
    else:
        chords = segment.chords(query.origin)
        own = segment.cell_of[documents]

    def best(kept: Numbers | slice) -> Floats:
        far = chords[own[kept]]
        near = np.where(np.isnan(far), scoring.NEUTRAL_NEARNESS, scoring.nearness(far))
        age = np.maximum(0.0, query.now.timestamp() - segment.published[documents[kept]])
        fresh = scoring.freshness(age)
        return scoring.best(words[kept], near, fresh, query.weights)

    if query.sort == "best":
        first = -best(slice(None))
    elif query.sort == "newest":
        first = -segment.published[documents]
    elif query.sort == "ending":
        first = segment.expires[documents]
    else:
        first = np.where(np.isnan(chords), math.inf, chords)[own]
    kept = np.arange(len(documents))
    if len(kept) > PARTITION_FROM * wanted:
        last = np.partition(first, wanted - 1)[wanted - 1]
        kept = np.flatnonzero(first <= last)
    ids = segment.ids[documents[kept]]
    second = -ids if query.sort == "best" else -segment.published[documents[kept]]
    page = kept[np.lexsort((-ids, second, first[kept]))][:wanted]
    scores, far = best(page), chords[own[page]]
    numbers = documents[page]
    return [
        Hit(one, score, None if math.isnan(km) else scoring.ground_km(km), published, expires)
        for one, score, km, published, expires in zip(
            segment.ids[numbers].tolist(),
            scores.tolist(),
            far.tolist(),
            segment.published[numbers].tolist(),
            segment.expires[numbers].tolist(),
            strict=True,
        )
    ]
