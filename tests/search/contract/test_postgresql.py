"""The engine of sites on PostgreSQL: the contract, and answers like the reference's."""

from collections.abc import Iterator, Sequence

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from marketplace.config import Settings
from marketplace.search.memory_index import MemoryIndex
from marketplace.search.port import Document, Query, Reach
from marketplace.search.postgres_index import PostgresIndex
from tests.search import corpus
from tests.search.contract.suite import SearchIndexContract

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
    for query in queries:
        assert index.search(query) == memory.search(query)
        assert index.facets(query, reaches) == memory.facets(query, reaches)
    for start in ("", "m", "se", "z"):
        assert index.completions(start, 5) == memory.completions(start, 5)
    for word in ("mesim", "mja", "kursii", "spedeaa"):
        assert index.neighbours(word, 5) == memory.neighbours(word, 5)
