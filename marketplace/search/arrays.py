"""Searching one stored segment with numpy arrays instead of one document at a time. Pure.

An engine that stores documents in immutable segments hands each one over as packed facts and a
way to read postings; everything here gives the same bits as ``memory_index``.
"""

import math
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Document, Hit, Query, Reach, Results

DIRECTIONS = ("offer", "request")
KINDS = ("goods", "skill", "mentoring")
TERMS = ("gift", "loan", "swap")
PLACES = ("unknown", "cell", "online")
NO_CELL = 0
POSTINGS_KEPT = 4_000_000  # of 8 bytes each, over all segments of an index
PARTITION_FROM = 4  # times as many results as are wanted: then a partition beats a full sort

_PACKED = struct.Struct("<qqqqBBBB40sddd")
FACTS = np.dtype(
    [
        ("id", "<i8"),
        ("revision", "<i8"),
        ("owner", "<i8"),
        ("cell", "<i8"),
        ("direction", "u1"),
        ("kind", "u1"),
        ("terms", "u1"),
        ("place", "u1"),
        ("category", "S40"),
        ("published", "<f8"),
        ("expires", "<f8"),
        ("length", "<f8"),
    ]
)
FACTS_BYTES = _PACKED.size

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Postings = tuple[NDArray[np.int32], NDArray[np.float32]]


def pack(document: Document) -> bytes:
    """Everything about a document except its words, in FACTS_BYTES bytes."""
    expires = document.expires_at
    return _PACKED.pack(
        document.id,
        document.revision,
        document.owner_id,
        document.cell or NO_CELL,
        DIRECTIONS.index(document.direction),
        KINDS.index(document.kind),
        _bits(document.terms),
        PLACES.index(document.place_kind),
        document.category.encode(),
        document.published_at.timestamp(),
        math.inf if expires is None else expires.timestamp(),
        sum(document.words.values()),
    )


def _bits(terms: frozenset[str]) -> int:
    return sum(1 << TERMS.index(term) for term in terms)


class PostingCache:
    """The postings read last, of all segments of an index; safe between threads."""

    def __init__(self, most: int = POSTINGS_KEPT) -> None:
        self._kept: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._most, self._held = most, 0
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str], read: Callable[[], Postings]) -> Postings:
        """What ``read`` gives for this key (segment, term); read once while there is room."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            found = read()
            self._kept[key] = found
            self._held += len(found[0]) + 1
            while self._held > self._most and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._held -= len(oldest[0]) + 1
            return found


class Segment:
    """Documents that never change, as columns. ``read`` gives the postings of a term."""

    def __init__(
        self, name: str, facts: bytes, read: Callable[[str], Postings], cache: PostingCache
    ) -> None:
        table = np.frombuffer(facts, FACTS)
        self.name, self._read, self._cache = name, read, cache
        self.ids: Ints = np.ascontiguousarray(table["id"])
        self.revisions: Ints = np.ascontiguousarray(table["revision"])
        self.owners: Ints = np.ascontiguousarray(table["owner"])
        self.directions = np.ascontiguousarray(table["direction"])
        self.kinds = np.ascontiguousarray(table["kind"])
        self.terms = np.ascontiguousarray(table["terms"])
        self.online: Bools = table["place"] == PLACES.index("online")
        self.published: Floats = np.ascontiguousarray(table["published"])
        self.expires: Floats = np.ascontiguousarray(table["expires"])
        self.lengths: Floats = np.ascontiguousarray(table["length"])
        self.categories, self.category_of = np.unique(table["category"], return_inverse=True)
        self.cells, self.cell_of = np.unique(table["cell"], return_inverse=True)
        missing = (math.nan,) * 3
        vectors = [scoring.unit_vector(c) if c else missing for c in self.cells.tolist()]
        self.x, self.y, self.z = np.array(vectors, np.float64).reshape(-1, 3).T.copy()
        self._cells_at: dict[int, Ints] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def postings(self, term: str) -> Postings:
        """Document numbers (ascending) that hold the term, and its weight in each."""
        return self._cache.get((self.name, term), lambda: self._read(term))

    def cells_at(self, resolution: int) -> Ints:
        """For each distinct cell the one of this resolution that holds it; coarser ones stay."""
        if resolution not in self._cells_at:
            self._cells_at[resolution] = np.array(
                [
                    cells.ancestor(c, resolution)
                    if c and cells.resolution_of(c) > resolution
                    else c
                    for c in self.cells.tolist()
                ],
                np.int64,
            )
        return self._cells_at[resolution]

    def chords(self, origin: int) -> Floats:
        """Kilometres through the earth from ``origin`` to each distinct cell; NaN for none."""
        x, y, z = scoring.unit_vector(origin)
        squared = scoring.squared_chord(self.x - x, self.y - y, self.z - z)
        return scoring.EARTH_KM * np.sqrt(squared)


@dataclass(frozen=True, slots=True)
class View:
    """A segment and which of its documents are alive at one commit."""

    segment: Segment
    live: Bools

    def frequency(self, term: str) -> int:
        documents, _ = self.segment.postings(term)
        return int(np.count_nonzero(self.live[documents]))


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


def _passing(view: View, query: Query) -> Bools:
    segment = view.segment
    passing: Bools = view.live & (segment.expires > query.now.timestamp())
    if query.direction is not None:
        passing &= segment.directions == DIRECTIONS.index(query.direction)
    if query.kinds is not None:
        passing &= np.isin(segment.kinds, [KINDS.index(kind) for kind in query.kinds])
    if query.terms is not None:
        passing &= (segment.terms & _bits(query.terms)) != 0
    if query.categories is not None:
        wanted = [category.encode() for category in query.categories]
        passing &= np.array([c in wanted for c in segment.categories.tolist()])[segment.category_of]
    if query.exclude_owners:
        passing &= ~np.isin(segment.owners, list(query.exclude_owners))
    if query.exclude_ids:
        passing &= ~np.isin(segment.ids, list(query.exclude_ids))
    if query.reach is not None:
        passing &= _reached(segment, query.reach)
    return passing


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
    for group in plan.groups:
        gained = np.zeros(size)
        for term, weight, stats in group.alternatives:
            found, tf = segment.postings(term)
            keep = passing[found]
            found, weights = found[keep], tf[keep].astype(np.float64)
            words = scoring.score(weights, segment.lengths[found], stats, query.weights)
            gained[found] = np.maximum(gained[found], weight * words)
        total += gained
        if scoring.needs_share(query):
            held += np.where(gained > 0, group.ceiling, 0.0)
    answering = total > 0
    if scoring.needs_share(query):
        answering &= held >= scoring.NEEDED_SHARE * plan.ceiling
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
    first = {"best": -score, "newest": -published}.get(query.sort)
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
        )
        for i in order.tolist()
    ]
