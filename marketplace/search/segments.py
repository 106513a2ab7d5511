"""Documents of one stored segment as numpy columns, and how they are packed on disk. Pure."""

import math
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Document

DIRECTIONS = ("offer", "request")
KINDS = ("goods", "skill", "mentoring")
TERMS = ("gift", "loan", "swap")
PLACES = ("unknown", "cell", "online")
NO_CELL = 0
POSTINGS_KEPT = 4_000_000  # of 8 bytes each, over all segments of an index

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
        bits_of(document.terms),
        PLACES.index(document.place_kind),
        document.category.encode(),
        document.published_at.timestamp(),
        math.inf if expires is None else expires.timestamp(),
        sum(document.words.values()),
    )


def bits_of(terms: frozenset[str]) -> int:
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
    """Documents that never change, as columns, and their ``words`` in order of the alphabet.

    ``postings``: what reads those of a term, and where they are kept.
    """

    def __init__(
        self,
        name: str,
        facts: bytes,
        postings: tuple[Callable[[str], Postings], PostingCache],
        words: list[str],
    ) -> None:
        table = np.frombuffer(facts, FACTS)
        self.name, self.words = name, words
        self._read, self._cache = postings
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
