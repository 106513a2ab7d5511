"""The embedded engine answers like the reference, whatever the corpus and the query."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.search import arrays, whoosh_files
from marketplace.search.memory_index import MemoryIndex
from marketplace.search.port import Document, Query, Reach
from marketplace.search.whoosh_index import WhooshIndex
from tests.search import corpus


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
    walked=st.sampled_from(((0, 1), (arrays.LOOK_UP_FROM, whoosh_files.BLOCK_POSTINGS))),
)
def test_whoosh_gives_the_ids_order_scores_and_totals_of_the_reference(
    commits: Sequence[tuple[list[Document], list[int]]],
    queries: list[Query],
    reaches: list[Reach],
    walked: tuple[int, int],
) -> None:
    """``walked``: with small numbers, postings are looked up and read as those of large indexes."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "LOOK_UP_FROM", walked[0])
        patch.setattr(whoosh_files, "BLOCK_POSTINGS", walked[1])
        whoosh, memory = WhooshIndex(Path(folder)), MemoryIndex()
        whoosh.rebuild([])
        for upserts, removals in commits:
            for index in (whoosh, memory):
                index.apply(upserts, removals)
        assert whoosh.revisions() == memory.revisions()
        for query in queries:
            assert whoosh.search(query) == memory.search(query)
            assert whoosh.facets(query, reaches) == memory.facets(query, reaches)
        for start in ("", "m", "se", "z"):
            assert whoosh.completions(start, 5) == memory.completions(start, 5)
        for word in ("mesim", "mja", "kursii", "spedeaa"):
            assert whoosh.neighbours(word, 5) == memory.neighbours(word, 5)
        whoosh.close()
