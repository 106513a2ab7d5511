"""The engine of sites on PostgreSQL: the contract, and answers like the reference's."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import h3.api.basic_int as h3
import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from marketplace.config import Settings
from marketplace.places import cells
from marketplace.search import memory_index, scoring
from marketplace.search import postgres_builds as builds
from marketplace.search import postgres_lookup as lookup
from marketplace.search.memory_index import MemoryIndex
from marketplace.search.port import Document, Hit, Query, Reach, Results
from marketplace.search.postgres_builds import Build
from marketplace.search.postgres_index import PostgresIndex
from tests.search import corpus
from tests.search.contract.suite import SearchIndexContract
from tests.search.corpus import BOGOR, DEPOK, DEPOK_3_KM, KUPANG, NOW, document, query, reach

pytestmark = pytest.mark.postgresql


@pytest.fixture
def index(settings: Settings) -> Iterator[PostgresIndex]:
    index = PostgresIndex(settings.database)
    index.rebuild([])
    yield index
    index.close()


class TestPostgresIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, index: PostgresIndex) -> PostgresIndex:
        return index


@hypothesis.settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    commits=st.lists(
        st.tuples(
            st.lists(corpus.documents(), max_size=12),
            st.lists(st.integers(1, 30), max_size=3),
        ),
        min_size=1,
        max_size=4,
    ),
    queries=st.lists(corpus.queries, min_size=4, max_size=12),
    reaches=st.lists(corpus.reaches, max_size=3),
)
def test_postgresql_gives_the_ids_order_scores_and_totals_of_the_reference(
    index: PostgresIndex,
    commits: Sequence[tuple[list[Document], list[int]]],
    queries: list[Query],
    reaches: list[Reach],
) -> None:
    memory = MemoryIndex()
    index.apply([], index.revisions())
    for upserts, removals in commits:
        for one in (index, memory):
            one.apply(upserts, removals)
    assert index.revisions() == memory.revisions()
    words = ["mesin", "~jahit", "meja", "never"]
    assert index.stats(words) == memory.stats(words)
    for asked in queries:
        assert index.search(asked) == memory.search(asked)
        assert index.facets(asked, reaches) == memory.facets(asked, reaches)
    for start in ("", "m", "se", "z"):
        assert index.completions(start, 5) == memory.completions(start, 5)
    for word in ("mesim", "mja", "kursii", "spedeaa"):
        assert index.neighbours(word, 5) == memory.neighbours(word, 5)


BESIDE_DEPOK = next(  # in the same larger cell
    cell for cell in h3.cell_to_children(cells.ancestor(DEPOK, 7), 8) if cell != DEPOK
)
MOST = 12  # documents ranked in the tests of the cut


@pytest.fixture
def cutting(settings: Settings) -> Iterator[PostgresIndex]:
    """Many documents, of which few are ever ranked."""
    index = PostgresIndex(settings.database, most=MOST)
    yield index
    index.close()


def many_documents() -> list[Document]:
    chance = random.Random(6)
    return [
        document(
            n,
            words=dict.fromkeys(chance.sample(("mesin", "jahit", "meja", "buku"), 2), 1.0),
            kind=chance.choice(("goods", "skill")),
            cell=chance.choice((DEPOK, DEPOK_3_KM, BOGOR, KUPANG, None)),
            published_at=NOW - timedelta(hours=chance.randrange(900)),
            expires_at=chance.choice((None, NOW + timedelta(hours=chance.randrange(1, 900)))),
        )
        for n in range(1, 151)
    ]


def cut(documents: Sequence[Document], asked: Query) -> Results:
    """What is said to be answered when more than MOST documents do."""
    stats = memory_index.stats_of(documents, scoring.terms_of(asked.groups))
    hits = memory_index.rank(documents, asked, stats)
    every = memory_index.rank(documents, replace(asked, needed=1.0), stats)
    page = slice(asked.offset, asked.offset + asked.limit)
    if asked.sort != "best":
        return Results(tuple(hits[page]), min(MOST, len(hits)))
    strict = {hit.id for hit in every}

    def order(hit: Hit) -> tuple[float, ...]:
        far = math.inf if hit.distance_km is None else hit.distance_km
        near = far if asked.origin is not None else 0.0
        return hit.id not in strict, near, -hit.published, -hit.id

    kept = {hit.id for hit in sorted(hits, key=order)[:MOST]}
    ranked = [hit for hit in hits if hit.id in kept]
    return Results(tuple(ranked[page]), len(ranked))


@pytest.mark.parametrize("sort", ["best", "nearest", "newest", "ending"])
@pytest.mark.parametrize("text", ["", "mesin jahit", "mesin", "meja buku kursi"])
def test_of_far_more_than_anybody_reads_the_first_are_ranked(
    cutting: PostgresIndex, sort: str, text: str
) -> None:
    documents = many_documents()
    cutting.rebuild(documents)
    groups = tuple(((word, 1.0),) for word in text.split())
    filters: tuple[dict[str, Any], ...] = (
        {},
        {"kinds": frozenset({"skill"})},
        {"reach": reach(DEPOK, 50)},
    )
    for needed, origin, on in product((0.0, 1.0), (DEPOK, None), filters):
        asked = query(groups=groups, needed=needed, origin=origin, sort=sort, limit=8, **on)
        assert cutting.search(asked) == cut(documents, asked)
        second = replace(asked, offset=8)
        assert cutting.search(second) == cut(documents, second)


@pytest.mark.parametrize("sort", ["best", "newest"])
@pytest.mark.parametrize(("inside", "beside"), [(5, 3), (5, 30), (30, 30)])
def test_nothing_beside_a_small_reach_is_found_or_counted(
    cutting: PostgresIndex, sort: str, inside: int, beside: int
) -> None:
    """It is looked up by larger cells."""
    places = [DEPOK] * inside + [BESIDE_DEPOK] * beside
    documents = [
        document(n, "mesin", cell=cell, published_at=NOW - timedelta(hours=n % 7))
        for n, cell in enumerate(places, 1)
    ]
    cutting.rebuild(documents)
    asked = query("mesin", reach=reach(DEPOK, 0.3), sort=sort)
    assert cutting.search(asked) == cut(documents, asked)


def test_a_small_reach_is_looked_up_as_the_reference_would(index: PostgresIndex) -> None:
    """In one statement, which does not know yet what occurs."""
    documents = many_documents()
    memory = MemoryIndex()
    for one in (index, memory):
        one.apply(documents)
    texts = ("", "never", "mesin", "mesin never", "mesin jahit", "mesin jahit meja")
    kinds = (None, frozenset[str](), frozenset({"goods"}), frozenset({"mentoring"}))
    for text, some, needed in product(texts, kinds, (0.0, 0.6, 1.0)):
        groups = tuple(((word, 1.0), ("buku", 0.4)) for word in text.split())
        for unwanted in ((), ("buku",), ("never",)):
            asked = query(
                groups=groups,
                needed=needed,
                kinds=some,
                reach=reach(DEPOK, 2),
                excluded_terms=frozenset(unwanted),
            )
            assert index.search(asked) == memory.search(asked), asked


class Heard:
    """A connection, and how often it was asked."""

    def __init__(self, driver: Any) -> None:
        self.driver, self.times = driver, 0

    def execute(self, *asked: Any, **how: Any) -> Any:
        self.times += 1
        return self.driver.execute(*asked, **how)


@pytest.mark.parametrize(("most", "times"), [(2_000, 1), (5, 4)])
def test_a_small_reach_with_few_documents_is_asked_for_once(
    index: PostgresIndex, settings: Settings, most: int, times: int
) -> None:
    index.apply(many_documents())
    engine = create_engine(settings.database)
    with engine.connect() as connection:
        heard = Heard(connection.connection.driver_connection)
        asked = query("mesin", reach=reach(DEPOK, 2))
        assert lookup.search(Build(builds.newest(connection), heard), asked, most).hits
    engine.dispose()
    assert heard.times == times


def test_a_rare_word_is_not_lost_among_newer_documents_that_hold_a_common_one(
    cutting: PostgresIndex,
) -> None:
    old = [
        document(n, words={"piano": 1.0}, published_at=NOW - timedelta(days=50 + n))
        for n in range(1, 6)
    ]
    new = [document(n, words={"bekas": 1.0}) for n in range(6, 300)]
    cutting.rebuild([*old, *new])
    asked = query(groups=((("piano", 1.0),), (("bekas", 1.0),)), limit=6)
    found = cutting.search(asked)
    assert [hit.id for hit in found.hits] == [1, 2, 3, 4, 5, 299]
    assert found.total == MOST


def test_counts_beside_filters_end_at_the_cut(cutting: PostgresIndex) -> None:
    documents = many_documents()
    cutting.rebuild(documents)
    memory = MemoryIndex()
    memory.rebuild(documents)
    assert sum(cutting.facets(query()).kinds.values()) == MOST
    few = query(only_ids=frozenset(range(1, MOST)), kinds=frozenset({"goods"}))
    reaches = (reach(DEPOK, 1), reach(DEPOK, 50))
    assert cutting.facets(few, reaches) == memory.facets(few, reaches)


def test_misspelt_words_find_what_a_look_at_every_word_would_find(index: PostgresIndex) -> None:
    chance = random.Random(4)
    words = {"".join(chance.choices("aknm", k=chance.randrange(2, 13))) for _ in range(900)}
    documents = [document(1, words=dict.fromkeys(words, 1.0))]
    index.apply(documents)
    memory = MemoryIndex()
    memory.apply(documents)
    for _ in range(150):
        word = "".join(chance.choices("aknm", k=chance.randrange(3, 13)))
        assert index.neighbours(word, 50) == memory.neighbours(word, 50), word


def test_completions_are_in_order_across_numbers_of_any_length(index: PostgresIndex) -> None:
    times = {"meja": 9, "mesin": 10, "mekar": 11, "menara": 2, "me": 1}
    index.apply(
        document(n, words={word: 1.0 for word, most in times.items() if n < most})
        for n in range(11)
    )
    assert index.completions("me", 9) == ["mekar", "mesin", "meja", "menara", "me"]
    assert index.completions("me", 2) == ["mekar", "mesin"]
    assert index.completions(" direction", 9) == []
