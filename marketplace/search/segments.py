"""Documents of one stored segment as numpy columns, and how they are packed on disk. Pure."""

import math
import struct
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Document, Reach
from marketplace.search.postings import PostingCache, Postings
from marketplace.search.vocabulary import Vocabulary

DIRECTIONS = ("offer", "request")
KINDS = ("goods", "skill", "mentoring")
TERMS = ("gift", "loan", "swap")
PLACES = ("unknown", "cell", "online")
NO_CELL = 0
FREQUENCIES_KEPT = 100_000  # of each segment
SMALL = 500  # documents, whose terms are some ten thousand
CHOSEN_KEPT = 8  # lists of documents by trait, of each segment: those of the commonest filters
SPOTS_ONE_BY_ONE = 300  # from more spots than this it is quicker to look at each document

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
Numbers = NDArray[np.signedinteger[Any]]  # of documents in a segment

# A trait is what a document has of direction, kind and terms together: one byte to look up.
_TERM_SETS = 1 << len(TERMS)
TRAIT_DIRECTIONS, TRAIT_KINDS, TRAIT_TERMS = (
    part.ravel() for part in np.indices((len(DIRECTIONS), len(KINDS), _TERM_SETS))
)


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
        bits_of(document.terms),
        PLACES.index(document.place_kind),
        document.category.encode(),
        document.published_at.timestamp(),
        math.inf if expires is None else expires.timestamp(),
        sum(document.words.values()),
    )


def traits_of(
    directions: NDArray[np.uint8], kinds: NDArray[np.uint8], terms: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The trait of each document; IndexError when it has what is not known."""
    return np.ravel_multi_index(
        (directions, kinds, terms), (len(DIRECTIONS), len(KINDS), _TERM_SETS)
    ).astype(np.uint8)


def bits_of(terms: frozenset[str]) -> int:
    return sum(1 << TERMS.index(term) for term in terms)


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads a segment's files: who holds a term; how many do, without reading who, of one
    term or of all; and the vocabulary, when somebody asks."""

    postings: Callable[[str], Postings]
    count: Callable[[str], int]
    counts: Callable[[], dict[str, int]]
    vocabulary: Callable[[], Vocabulary]


class Segment:
    """Documents that never change, as columns. ``cache``: where postings that were read are
    kept."""

    def __init__(self, name: str, facts: bytes, readers: Readers, cache: PostingCache) -> None:
        table = np.frombuffer(facts, FACTS)
        self.name = name
        self._read, self._cache = readers, cache
        self.ids: Ints = np.ascontiguousarray(table["id"])
        self.revisions: Ints = np.ascontiguousarray(table["revision"])
        self.traits = traits_of(table["direction"], table["kind"], table["terms"])
        self.published: Floats = np.ascontiguousarray(table["published"])
        self.expires: Floats = np.ascontiguousarray(table["expires"])
        self.lengths: Floats = np.ascontiguousarray(table["length"])
        self.owners, self.owner_of = np.unique(table["owner"], return_inverse=True)
        self.categories, self.category_of = np.unique(table["category"], return_inverse=True)
        self.cells, self.cell_of = np.unique(table["cell"], return_inverse=True)
        missing = (math.nan,) * 3
        vectors = [scoring.unit_vector(c) if c else missing for c in self.cells.tolist()]
        self.x, self.y, self.z = np.array(vectors, np.float64).reshape(-1, 3).T.copy()
        online = table["place"] == PLACES.index("online")
        self.spot_of = np.where(online, len(self.cells), self.cell_of)  # where a reach looks

    def __len__(self) -> int:
        return len(self.ids)

    def postings(self, term: str) -> Postings:
        """Document numbers (ascending) that hold the term, and its weight in each."""
        return self._cache.get((self.name, term), lambda: self._read.postings(term))

    def frequency(self, term: str) -> int:
        """How many documents hold the term, dead or alive."""
        if len(self) <= SMALL:
            return self._frequencies.get(term, 0)
        with self._cache.lock:
            return self._read.count(term)

    @cached_property
    def _frequencies(self) -> dict[str, int]:
        """Of all terms: of few documents that is read sooner than a thousand are looked up."""
        with self._cache.lock:
            return self._read.counts()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        with self._cache.lock:  # files are read by one thread at a time
            return self._read.vocabulary()

    @cached_property
    def _ends(self) -> Floats:
        return np.sort(self.expires)

    def expired(self, now: float) -> int:
        """How many have expired by then."""
        return int(np.searchsorted(self._ends, now, side="right"))

    @cached_property
    def _by_id(self) -> tuple[Ints, Numbers]:
        order = np.argsort(self.ids, kind="stable")
        return self.ids[order], order

    def numbers_of(self, ids: Collection[int]) -> Numbers:
        """The documents with these ids, ascending."""
        known, order = self._by_id
        return np.sort(order[places_in(known, ascending(ids))])

    @cached_property
    def _by_spot(self) -> tuple[Numbers, Numbers]:
        """The documents by spot, and where each spot begins among them."""
        counts = np.bincount(self.spot_of, minlength=len(self.cells) + 1)
        order = np.argsort(self.spot_of, kind="stable")
        return order, np.concatenate(([0], np.cumsum(counts)))

    def reached(self, reach: Reach) -> Bools:
        """For each spot, the last being *online*, whether it lies in reach."""
        above, own = self._areas(reach.resolution)
        inside = np.zeros(len(above), np.bool_)
        inside[places_in(above, _covered(reach.resolution, reach.cells))] = True
        return np.append(inside[own], reach.online)

    def count_at(self, spots: Bools) -> int:
        """How many documents are at these spots."""
        _, starts = self._by_spot
        return int(np.diff(starts)[spots].sum())

    def documents_at(self, spots: Bools) -> Numbers:
        """The documents at these spots, ascending."""
        chosen = np.flatnonzero(spots)
        if len(chosen) > SPOTS_ONE_BY_ONE:
            return np.flatnonzero(spots[self.spot_of])
        order, starts = self._by_spot
        bounds = zip(starts[chosen].tolist(), starts[chosen + 1].tolist(), strict=True)
        return np.sort(np.concatenate([order[:0], *(order[a:b] for a, b in bounds)]))

    def _areas(self, resolution: int) -> tuple[Ints, Numbers]:
        """The distinct cells of this resolution that hold a cell, or are coarser; and for each
        cell which of them."""
        if resolution not in self._areas_at:
            own = [
                cells.ancestor(c, resolution) if c and cells.resolution_of(c) > resolution else c
                for c in self.cells.tolist()
            ]
            self._areas_at[resolution] = np.unique(np.array(own, np.int64), return_inverse=True)
        return self._areas_at[resolution]

    @cached_property
    def _areas_at(self) -> dict[int, tuple[Ints, Numbers]]:
        return {}

    def chords(self, origin: int) -> Floats:
        """Kilometres through the earth from ``origin`` to each distinct cell; NaN for none."""
        x, y, z = scoring.unit_vector(origin)
        squared = scoring.squared_chord(self.x - x, self.y - y, self.z - z)
        return scoring.EARTH_KM * np.sqrt(squared)


def ascending(ids: Collection[int]) -> Ints:
    return np.array(sorted(ids), np.int64)


def places_in(known: Ints, wanted: Ints) -> Numbers:
    """Where those of ``wanted`` that are known stand; both ascend and hold nothing twice."""
    if not len(known):
        return np.zeros(0, np.intp)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at[known[at] == wanted]


@lru_cache(maxsize=64)
def _covered(resolution: int, covering: frozenset[int]) -> Ints:
    """Ascending: the cells of a reach, and the coarser ones that hold one of them."""
    coarser = cells.coarser(cells.Cover(resolution, covering)).values()
    return np.array(sorted(covering.union(*coarser)), np.int64)


class View:
    """A segment and which of its documents are alive at one commit; caches belong to both."""

    def __init__(self, segment: Segment, deleted: frozenset[int]) -> None:
        self.segment, self.deleted = segment, deleted
        self.live = np.ones(len(segment), np.bool_)
        self.live[list(deleted)] = False
        self._chosen: OrderedDict[tuple[bytes, int], Numbers] = OrderedDict()
        self._frequencies: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.segment) - len(self.deleted)

    @cached_property
    def length(self) -> float:
        """Sum of the lengths of what is alive."""
        return float(self.segment.lengths[self.live].sum())

    def count(self, frequencies: dict[str, int]) -> None:
        """Add how many living documents hold each of the terms, counted once: a commit leaves most
        segments as they were, and matching asks for all words of a hundred posts after each."""
        known = self._frequencies
        for term in frequencies:
            found = known.get(term)
            if found is None:
                found = self.segment.frequency(term)
                if found and self.deleted:
                    found = int(np.count_nonzero(self.live[self.segment.postings(term)[0]]))
                if len(known) >= FREQUENCIES_KEPT:  # somebody asks for more words than there are
                    known = self._frequencies = {}
                known[term] = found
            frequencies[term] += found

    def living(self, traits: Bools, now: float) -> Numbers:
        """What has one of these traits and is neither dead nor expired, ascending; kept until the
        next one expires."""
        segment = self.segment
        key = traits.tobytes(), segment.expired(now)
        chosen = self._chosen.get(key)
        if chosen is None:
            chosen = np.flatnonzero(traits[segment.traits] & self.live & (segment.expires > now))
            self._chosen[key] = chosen
            while len(self._chosen) > CHOSEN_KEPT:
                self._chosen.popitem(last=False)
        return chosen
