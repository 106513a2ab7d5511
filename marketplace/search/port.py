"""What a search engine is asked, and what it answers. Pure.

Every engine promises the same ids in the same order with the same scores; the reference is
``memory_index`` and the promise is kept by one contract suite. Engines get analysed terms, never
text. They hold nothing that the database does not know: any index may be lost and rebuilt.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Group = tuple[tuple[str, float], ...]  # alternatives (term, weight): the best one counts
Sort = Literal["best", "nearest", "newest", "ending"]


class IndexUnusable(Exception):
    """The index is missing or damaged: ask the database instead, and rebuild."""


class IndexBusy(Exception):
    """Another process is writing; nothing was changed, the next try may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An open listing as the engine sees it.

    ``words``: term -> weight > 0, multiples of 1/16 below 65,536, so that every engine holds them
    and their sums exactly. ``terms``: any of gift, loan, swap. ``cell``: H3, when
    ``place_kind`` is "cell". Instants are aware.
    """

    id: int
    revision: int
    owner_id: int
    direction: str
    kind: str
    category: str = ""
    terms: frozenset[str] = frozenset()
    words: Mapping[str, float] = field(default_factory=dict)
    place_kind: str = "unknown"
    cell: int | None = None
    published_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a result may be: in one of these cells (of one resolution), or online.

    Places known less precisely than ``resolution`` pass as ``places.cells.within`` says;
    unknown places never do.
    """

    resolution: int
    cells: frozenset[int] = field(repr=False)  # there may be thousands
    online: bool = True


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the order *best* counts; see ``scoring``."""

    k1: float
    b: float
    nearness: float
    freshness: float


# Posts are short: saying a word twice hardly means more, and a few words more are no fault.
# At equal words a post next door beats one far away, and today's beats last month's.
SHORT_POSTS = Weights(k1=1.2, b=0.3, nearness=0.3, freshness=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question. ``None`` is no filter; an empty set lets nothing through.

    ``groups``: a result holds a term of at least one group (any result when there are none).
    ``needed``: the share of the groups, by what they can give, that a result must hold as
    ``scoring`` defines it; None: any when the best come first, else the weightier half.
    ``excluded_terms``: a result holds none of them. ``kinds``, ``categories``, ``terms``: one of
    these. ``origin``: the cell from which distances are measured. ``now``: what has expired by
    then is out. ``only_ids``: nothing but these. ``exclude_owners`` and ``exclude_ids`` are out
    before anything is counted. ``offset`` and ``limit`` cut the page.
    """

    now: datetime
    groups: tuple[Group, ...] = ()
    needed: float | None = None
    excluded_terms: frozenset[str] = frozenset()
    direction: str | None = None
    kinds: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    terms: frozenset[str] | None = None
    reach: Reach | None = None
    origin: int | None = None
    only_ids: frozenset[int] | None = None
    exclude_owners: frozenset[int] = frozenset()
    exclude_ids: frozenset[int] = frozenset()
    sort: Sort = "best"
    offset: int = 0
    limit: int = 20
    weights: Weights = SHORT_POSTS


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. ``score`` is that of the order *best*; ``distance_km`` lies between the centres
    of the cells (None without an origin or a cell); ``published`` and ``expires`` (infinity for
    never) are in seconds since 1970."""

    id: int
    score: float
    distance_km: float | None
    published: float
    expires: float = math.inf


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits, best first, and how many there are on all pages, as far as an engine counts
    (``SearchIndex.counts_to``; beyond it not everything is ranked either)."""

    hits: tuple[Hit, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """How many results each choice of a filter would give: those of the query without its filter
    of that name. Choices that give none are left out. ``within``: for each reach that was named."""

    directions: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)
    terms: Mapping[str, int] = field(default_factory=dict)
    within: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CorpusStats:
    """What scoring must know of all documents. ``average_length`` is the mean sum of weights."""

    documents: int
    average_length: float
    frequencies: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What an operator wants to know. ``documents`` of the last commit; ``committed_at``: when that
    was, None when the engine does not say; ``size_bytes`` of what it keeps on disk."""

    engine: str
    documents: int
    committed_at: datetime | None
    size_bytes: int


def newest_of(documents: Iterable[Document]) -> dict[int, Document]:
    """By id, of equal ids the highest revision (the last of equal ones)."""
    newest: dict[int, Document] = {}
    for document in documents:
        if document.id not in newest or newest[document.id].revision <= document.revision:
            newest[document.id] = document
    return newest


class SearchIndex(Protocol):
    """An engine. Every method may raise IndexUnusable; those that write, IndexBusy."""

    counts_to: int | None  # how far results are counted; None: to the end

    def apply(self, upserts: Iterable[Document], removals: Collection[int] = ()) -> None:
        """Take those out, then put these in (replacing equal ids), all in one commit.

        An older revision never replaces a newer one, so that a slow process does no harm.
        """

    def search(self, query: Query) -> Results:
        """Answer from the last commit."""

    def facets(self, query: Query, reaches: Sequence[Reach] = ()) -> Facets:
        """Counts beside the choices of each filter; order, offset and limit do not matter."""

    def completions(self, start: str, most: int) -> list[str]:
        """Words (no marked terms) of the last commit that begin so, the most frequent first."""

    def neighbours(self, word: str, most: int) -> list[str]:
        """Other words of the last commit that ``word`` may be a misspelling of, as
        ``spelling.nearest`` says, the likeliest first."""

    def stats(self, terms: Collection[str]) -> CorpusStats:
        """Of all documents of the last commit, with the frequencies of these terms."""

    def revisions(self) -> dict[int, int]:
        """The revision of every document held, by id."""

    def rebuild(
        self, documents: Iterable[Document], progress: Callable[[int], None] | None = None
    ) -> int:
        """Build anew beside the old index, then swap; searches are answered throughout.

        ``documents`` is read while writing is locked. Returns how many there are; ``progress`` is
        called with the number so far.
        """

    def facts(self) -> IndexFacts:
        """How the index stands."""

    def usable(self) -> bool:
        """Whether ``search`` can answer at present; cheap, never raises."""

    def close(self) -> None:
        """Let go of files and memory."""
