"""Ranking and counting what PostgreSQL let through, with numpy. Pure.

PostgreSQL intersects and hands over packed rows, which costs it next to nothing; calculating is
left to the web processes, of which there may be as many as are needed. Every formula is that of
``scoring``: the bits are the reference's.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Facets, Hit, Query, Reach, Results
from marketplace.search.postgres_tables import FACTS, NO_CELL, WORDS
from marketplace.search.segments import (
    DIRECTIONS,
    KINDS,
    PLACES,
    TERMS,
    Bools,
    Floats,
    Ints,
    bits_of,
)

# An H3 cell holds its resolution in four bits from here on, and three bits below for each step.
RESOLUTION_BITS, STEP_BITS, STEPS = 52, 3, 15
FEW = 6  # terms for each of which all words are gone through sooner than they are sorted
NO_NUMBER = 2**32 - 1  # larger than that of any term
Rows = NDArray[np.intp]
Cell = TypeVar("Cell", int, Ints)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Packed documents: one record of FACTS each, and as many of WORDS as each says."""

    facts: NDArray[np.void]
    words: NDArray[np.void]

    @classmethod
    def of(cls, facts: bytes | None, words: bytes | None) -> "Candidates":
        return cls(np.frombuffer(facts or b"", FACTS), np.frombuffer(words or b"", WORDS))

    def __len__(self) -> int:
        return len(self.facts)

    def once(self) -> "Candidates":
        """Each document once."""
        _, first = np.unique(self.facts["id"], return_index=True)
        return self._only(np.sort(first))

    def and_of(self, others: "Candidates", most: int) -> "Candidates":
        """These, and of the others those that are not among them, as far as there is room."""
        fresh = np.flatnonzero(~np.isin(others.facts["id"], self.facts["id"]))
        more = others._only(fresh[: max(0, most - len(self))])
        return Candidates(
            np.concatenate([self.facts, more.facts]), np.concatenate([self.words, more.words])
        )

    def _only(self, rows: Rows) -> "Candidates":
        """Those of these rows, which are ascending."""
        words = self.words
        if len(words):
            chosen = np.zeros(len(self), np.bool_)
            chosen[rows] = True
            words = words[np.repeat(chosen, self.facts["words"])]
        return Candidates(self.facts[rows], words)

    def holding(self, numbers: Mapping[str, int]) -> dict[str, tuple[Rows, Floats]]:
        """For each of these terms the documents that say it, ascending, and how much they do."""
        said, ends = self.words["number"], self.facts["words"].cumsum()
        if len(numbers) <= FEW:
            return {
                term: self._said(ends, *(said == number).nonzero())
                for term, number in numbers.items()
            }
        terms = sorted(numbers, key=numbers.__getitem__)
        known = np.array([*(numbers[term] for term in terms), NO_NUMBER], np.uint32)
        near = known.searchsorted(said)
        (any_of,) = (known[near] == said).nonzero()
        any_of = any_of[near[any_of].argsort(kind="stable")]  # term by term
        starts = near[any_of].searchsorted(range(len(terms) + 1)).tolist()
        documents, weights = self._said(ends, any_of)
        return {
            term: (documents[start:end], weights[start:end])
            for term, (start, end) in zip(terms, pairwise(starts), strict=True)
        }

    def _said(self, ends: Ints, at: Rows) -> tuple[Rows, Floats]:
        """The documents of the words at these places, and how much they are said."""
        return ends.searchsorted(at, side="right"), self.words["sixteenths"][at] / 16


def results(
    candidates: Candidates,
    query: Query,
    plan: scoring.Plan,
    numbers: Mapping[str, int],
    *,
    total: int | None = None,
    reach: Reach | None = None,
) -> Results:
    """The page of hits among documents that pass every filter but the ``reach`` that is named;
    ``total`` when it is known."""
    rows, words = answering(candidates, query, plan, numbers)
    if reach is not None:
        near = _in_small(reach, candidates.facts["cell"][rows])
        rows, words = rows[near], words[near]
    wanted = query.offset + query.limit
    hits = _page(candidates.facts[rows], words, query, wanted) if wanted else []
    return Results(tuple(hits[query.offset :]), len(rows) if total is None else total)


def answering(
    candidates: Candidates, query: Query, plan: scoring.Plan, numbers: Mapping[str, int]
) -> tuple[Rows, Floats]:
    """The rows that answer the words, and the share of the plan's ceiling of each."""
    size = len(candidates)
    if not plan.groups or not size:
        return np.arange(size), np.zeros(size)
    terms = scoring.terms_of(query.groups)
    said = candidates.holding({term: numbers[term] for term in terms if term in numbers})
    lengths = candidates.facts["length"]
    total, held = np.zeros(size), np.zeros(size)
    for group in plan.groups:
        gained, holds = np.zeros(size), np.zeros(size, np.bool_)
        holding = group.holding
        for term, weight, stats in group.alternatives:
            if term in said:
                at, tf = said[term]
                words = scoring.score(tf, lengths[at], stats, query.weights)
                gained[at] = np.maximum(gained[at], weight * words)
                if term in holding:
                    holds[at] = True
        total += gained
        held += np.where(holds, group.ceiling, 0.0)
    rows = np.flatnonzero((total > 0) & (held >= scoring.needed_share(query) * plan.ceiling))
    return rows, total[rows] / plan.ceiling


def _page(facts: NDArray[np.void], words: Floats, query: Query, wanted: int) -> list[Hit]:
    """The first ones in the order of the query, as many as are wanted."""
    published, ids = facts["published"], facts["id"]
    age = np.maximum(0.0, query.now.timestamp() - published)
    chords = _chords(facts, query.origin)
    near = np.where(np.isnan(chords), scoring.NEUTRAL_NEARNESS, scoring.nearness(chords))
    score = scoring.best(words, near, scoring.freshness(age), query.weights)
    if query.sort == "best":
        keys: tuple[NDArray[np.generic], ...] = (-ids, -score)
    elif query.sort == "nearest":
        keys = (-ids, -published, np.where(np.isnan(chords), math.inf, chords))
    elif query.sort == "newest":
        keys = (-ids, -published)
    else:
        keys = (-ids, -published, facts["expires"])
    order = np.lexsort(keys)[:wanted]
    columns = (ids, score, chords, published, facts["expires"])
    hits = [
        Hit(one, points, None if math.isnan(km) else scoring.ground_km(km), begins, ends)
        for one, points, km, begins, ends in zip(
            *(column[order].tolist() for column in columns), strict=True
        )
    ]
    if query.sort == "nearest":  # what is as far over the ground need not be through the earth
        hits.sort(key=lambda hit: scoring.sort_key(query.sort, hit))
    return hits


def _chords(facts: NDArray[np.void], origin: int | None) -> Floats:
    """Kilometres through the earth from ``origin``; NaN for what has no cell."""
    if origin is None:
        return np.full(len(facts), math.nan)
    x, y, z = scoring.unit_vector(origin)
    squared = scoring.squared_chord(facts["x"] - x, facts["y"] - y, facts["z"] - z)
    return scoring.EARTH_KM * np.sqrt(squared)


def facets(
    found: NDArray[np.void],
    query: Query,
    categories: Mapping[int, str],
    reaches: Sequence[Reach],
) -> Facets:
    """The facets over documents that answer the words and pass all filters but one at most.

    ``categories``: the name of each by its number.
    """
    masks = _masks(found, query, categories)

    def passing(but: str) -> NDArray[np.void]:
        keep = np.ones(len(found), np.bool_)
        for name, mask in masks.items():
            if name != but:
                keep &= mask
        return found[keep]

    numbers, counts = np.unique(passing("categories")["category"], return_counts=True)
    terms = passing("terms")["terms"]
    anywhere = passing("reach")
    return Facets(
        directions=_count(DIRECTIONS, passing("direction")["direction"]),
        kinds=_count(KINDS, passing("kinds")["kind"]),
        categories={
            categories[number]: count
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
        },
        terms=+Counter(
            {term: int(np.count_nonzero(terms & (1 << bit))) for bit, term in enumerate(TERMS)}
        ),
        within=tuple(int(np.count_nonzero(_reached(anywhere, reach))) for reach in reaches),
    )


def _masks(
    found: NDArray[np.void], query: Query, categories: Mapping[int, str]
) -> dict[str, Bools]:
    """The filters that are on, with what each lets through."""
    masks: dict[str, Bools] = {}
    if query.direction is not None:
        masks["direction"] = found["direction"] == DIRECTIONS.index(query.direction)
    if query.kinds is not None:
        masks["kinds"] = np.isin(found["kind"], [KINDS.index(kind) for kind in query.kinds])
    if query.terms is not None:
        masks["terms"] = (found["terms"] & bits_of(query.terms)) != 0
    if query.categories is not None:
        wanted = [number for number, name in categories.items() if name in query.categories]
        masks["categories"] = np.isin(found["category"], wanted)
    if query.reach is not None:
        masks["reach"] = _reached(found, query.reach)
    return masks


def _count(names: Sequence[str], codes: NDArray[np.uint8]) -> Counter[str]:
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return +Counter(dict(zip(names, counts, strict=True)))


def _reached(found: NDArray[np.void], reach: Reach) -> Bools:
    place, own = found["place"], found["cell"]
    finer = resolution(own) > reach.resolution
    at = np.where(finer, ancestors(own, reach.resolution), own)
    reached: Bools = np.isin(at, _covered(reach)) & (own != NO_CELL)
    return np.where(place == PLACES.index("online"), reach.online, reached)


def resolution(cell: Cell) -> Cell:
    """As ``cells.resolution_of``, of many at once too."""
    return (cell >> RESOLUTION_BITS) & STEPS


def ancestors(own: Ints, resolution: int) -> Ints:
    """The cells of this resolution around finer ones: what is said of smaller steps is undone."""
    undone = (1 << STEP_BITS * (STEPS - resolution)) - 1
    cleared = own & ~(STEPS << RESOLUTION_BITS)
    found: Ints = cleared | (resolution << RESOLUTION_BITS) | undone
    return found


def _in_small(reach: Reach, own: Ints) -> Bools:
    """As ``_reached``, sooner, of the cells of documents around a reach than which no place is
    finer: what is nowhere was found because it is online."""
    inside = {NO_CELL, *reach.cells, *coarser(reach)}
    return np.array([cell in inside for cell in own.tolist()], np.bool_)


@lru_cache(maxsize=64)
def coarser(reach: Reach) -> frozenset[int]:
    """The cells that may reach into a reach, as ``cells.coarser`` says."""
    above = cells.coarser(cells.Cover(reach.resolution, reach.cells))
    return frozenset().union(*above.values())


@lru_cache(maxsize=64)
def _covered(reach: Reach) -> Ints:
    """The cells of a reach, and the coarser ones that hold one of them."""
    return np.array([*reach.cells, *coarser(reach)], np.int64)
