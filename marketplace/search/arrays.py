"""Searching stored segments with numpy arrays instead of one document at a time. Pure.

An engine that stores documents in immutable segments hands each one over as packed facts and a
way to read postings; everything here gives the same bits as ``memory_index``.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Facets, Hit, Query, Reach, Results
from marketplace.search.segments import (
    DIRECTIONS,
    KINDS,
    TERMS,
    Bools,
    Floats,
    Ints,
    Segment,
    View,
    bits_of,
)

PARTITION_FROM = 4  # times as many results as are wanted: then a partition beats a full sort


def search(views: tuple[View, ...], query: Query, plan: scoring.Plan) -> Results:
    """The page of hits over all segments."""
    wanted = query.offset + query.limit
    total, hits = 0, []
    for view in views:
        passing = _passing(view, query)
        documents, words = _answering(view, query, plan, passing)
        total += len(documents)
        if wanted and len(documents):
            hits += _top(view.segment, query, documents, words)
    hits.sort(key=lambda hit: scoring.sort_key(query.sort, hit))
    return Results(tuple(hits[query.offset : wanted]), total)


def facets(
    views: tuple[View, ...], query: Query, plan: scoring.Plan, reaches: Sequence[Reach]
) -> Facets:
    """How many results each choice would give, over all segments."""
    directions: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    terms: Counter[str] = Counter()
    within = [0] * len(reaches)
    for view in views:
        segment, masks = view.segment, dict(_filters(view.segment, query))
        documents, _ = _answering(view, query, plan, _kept(view, query))

        def passing(but: str, masks: dict[str, Bools] = masks, found: Ints = documents) -> Ints:
            """The documents that every filter but one lets through."""
            keep = np.ones(len(found), np.bool_)
            for name, mask in masks.items():
                if name != but:
                    keep &= mask[found]
            return found[keep]

        _count(directions, DIRECTIONS, segment.directions[passing("direction")])
        _count(kinds, KINDS, segment.kinds[passing("kinds")])
        names = [name.decode() for name in segment.categories.tolist()]
        _count(categories, names, segment.category_of[passing("categories")])
        on_terms = segment.terms[passing("terms")]
        for bit, term in enumerate(TERMS):
            terms[term] += int(np.count_nonzero(on_terms & (1 << bit)))
        anywhere = passing("reach")
        for n, reach in enumerate(reaches):
            within[n] += int(np.count_nonzero(_reached(segment, reach)[anywhere]))
    return Facets(
        directions=+directions,
        kinds=+kinds,
        categories=+categories,
        terms=+terms,
        within=tuple(within),
    )


def _count(counter: Counter[str], names: Sequence[str], codes: NDArray[np.integer]) -> None:
    for code, number in enumerate(np.bincount(codes, minlength=len(names)).tolist()):
        counter[names[code]] += number


def _passing(view: View, query: Query) -> Bools:
    passing = _kept(view, query)
    for _, mask in _filters(view.segment, query):
        passing &= mask
    return passing


def _kept(view: View, query: Query) -> Bools:
    """What no facet can bring back: alive, not expired, not excluded."""
    segment = view.segment
    kept: Bools = view.live & (segment.expires > query.now.timestamp())
    if query.only_ids is not None:
        kept &= np.isin(segment.ids, list(query.only_ids))
    if query.exclude_owners:
        kept &= ~np.isin(segment.owners, list(query.exclude_owners))
    if query.exclude_ids:
        kept &= ~np.isin(segment.ids, list(query.exclude_ids))
    for term in query.excluded_terms:
        kept[segment.postings(term)[0]] = False
    return kept


def _filters(segment: Segment, query: Query) -> Iterator[tuple[str, Bools]]:
    """The filters that are on, by name, with what each lets through."""
    if query.direction is not None:
        yield "direction", segment.directions == DIRECTIONS.index(query.direction)
    if query.kinds is not None:
        yield "kinds", np.isin(segment.kinds, [KINDS.index(kind) for kind in query.kinds])
    if query.terms is not None:
        yield "terms", (segment.terms & bits_of(query.terms)) != 0
    if query.categories is not None:
        wanted = [category.encode() for category in query.categories]
        known = np.array([c in wanted for c in segment.categories.tolist()], np.bool_)
        yield "categories", known[segment.category_of]
    if query.reach is not None:
        yield "reach", _reached(segment, query.reach)


def _reached(segment: Segment, reach: Reach) -> Bools:
    covered = _covered(reach.resolution, reach.cells)
    own = segment.cells_at(reach.resolution)
    if len(covered):
        at = np.minimum(np.searchsorted(covered, own), len(covered) - 1)
        reached: Bools = (covered[at] == own)[segment.cell_of]
    else:
        reached = np.zeros(len(segment), np.bool_)
    return np.where(segment.online, reach.online, reached)


@lru_cache(maxsize=64)
def _covered(resolution: int, covering: frozenset[int]) -> Ints:
    """Ascending: the cells of a reach, and the coarser ones that hold one of them."""
    if not covering:
        return np.array([], np.int64)
    coarser = cells.coarser(cells.Cover(resolution, covering)).values()
    return np.array(sorted(covering.union(*coarser)), np.int64)


def _answering(
    view: View, query: Query, plan: scoring.Plan, passing: Bools
) -> tuple[NDArray[np.intp], Floats]:
    """Documents that pass and answer the words, and the share of the ceiling of each."""
    if not plan.groups:
        documents = np.flatnonzero(passing)
        return documents, np.zeros(len(documents))
    segment, size = view.segment, len(view.segment)
    total, held = np.zeros(size), np.zeros(size)
    needed = scoring.needed_share(query)
    for group in plan.groups:
        gained, holds = np.zeros(size), np.zeros(size, np.bool_)
        for term, weight, stats in group.alternatives:
            found, tf = segment.postings(term)
            keep = passing[found]
            found, weights = found[keep], tf[keep].astype(np.float64)
            words = scoring.score(weights, segment.lengths[found], stats, query.weights)
            gained[found] = np.maximum(gained[found], weight * words)
            if term in group.holding:
                holds[found] = True
        total += gained
        held += np.where(holds, group.ceiling, 0.0)
    answering = (total > 0) & (held >= needed * plan.ceiling)
    documents = np.flatnonzero(answering)
    return documents, total[documents] / plan.ceiling


def _top(segment: Segment, query: Query, documents: NDArray[np.intp], words: Floats) -> list[Hit]:
    """The best of one segment, as many as the page and those before it need."""
    published = segment.published[documents]
    age = np.maximum(0.0, query.now.timestamp() - published)
    if query.origin is None:
        chords = np.full(len(documents), math.nan)
    else:
        chords = segment.chords(query.origin)[segment.cell_of[documents]]
    near = np.where(np.isnan(chords), scoring.NEUTRAL_NEARNESS, scoring.nearness(chords))
    score = scoring.best(words, near, scoring.freshness(age), query.weights)
    expires = segment.expires[documents]
    first = {"best": -score, "newest": -published, "ending": expires}.get(query.sort)
    if first is None:
        first = np.where(np.isnan(chords), math.inf, chords)
    wanted = query.offset + query.limit
    kept = np.arange(len(documents))
    if len(kept) > PARTITION_FROM * wanted:
        last = np.partition(first, wanted - 1)[wanted - 1]
        kept = np.flatnonzero(first <= last)
    ids = segment.ids[documents]
    second = -ids[kept] if query.sort == "best" else -published[kept]
    order = kept[np.lexsort((-ids[kept], second, first[kept]))][:wanted]
    return [
        Hit(
            int(ids[i]),
            float(score[i]),
            None if math.isnan(chords[i]) else scoring.ground_km(float(chords[i])),
            float(published[i]),
            float(expires[i]),
        )
        for i in order.tolist()
    ]
