"""The engine against a judged collection (Cranfield): a regression test of ranking, not of our
listings. The data are no part of the project; EVALUATION_DATA says where they are."""

import json
import math
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketplace.search.analysis import document_terms, query_groups
from marketplace.search.memory_index import MemoryIndex
from marketplace.search.port import Document, Query, SearchIndex, Weights
from marketplace.search.whoosh_index import WhooshIndex

pytestmark = pytest.mark.evaluation

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ABSTRACTS = Weights(k1=2.0, b=0.75, nearness=0.0, freshness=0.0)  # long texts, words alone
BOUND = 0.385  # nDCG@10; reached .396; BM25 with stems and stop words gives .392, tuned .397
COMPARED_QUERIES = 25  # for the slow reference

Judged = dict[int, dict[int, int]]


@pytest.fixture(scope="module")
def folder() -> Path:
    folder = Path(os.environ["EVALUATION_DATA"]) / "search"
    if not (folder / "cranfield_qrels.txt").exists():
        pytest.skip(f"no Cranfield collection in {folder}")
    return folder


@pytest.fixture(scope="module")
def documents(folder: Path) -> list[Document]:
    return [
        Document(
            id=int(row["id"]),
            revision=1,
            owner_id=1,
            direction="offer",
            kind="goods",
            words=document_terms(row["title"], row["body"], "en"),
            published_at=NOW,
        )
        for row in _lines(folder / "cranfield_documents.jsonl")
    ]


@pytest.fixture(scope="module")
def queries(folder: Path) -> list[Query]:
    return [
        Query(now=NOW, groups=query_groups(row["text"]), weights=ABSTRACTS, limit=10)
        for row in _lines(folder / "cranfield_queries.jsonl")
    ]


@pytest.fixture(scope="module")
def judged(folder: Path) -> Judged:
    """Number of the query -> document -> grade."""
    found: Judged = {}
    for line in (folder / "cranfield_qrels.txt").read_text().splitlines():
        number, _, document, grade = map(int, line.split())
        found.setdefault(number, {})[document] = grade
    return found


@pytest.fixture(scope="module")
def index(
    documents: list[Document], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WhooshIndex]:
    index = WhooshIndex(tmp_path_factory.mktemp("cranfield"))
    index.rebuild(documents)
    yield index
    index.close()


def _lines(path: Path) -> Iterator[dict[str, str]]:
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)


def ndcg(ranked: list[int], grades: dict[int, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain."""

    def gain(grade_list: list[int]) -> float:
        return sum(grade / math.log2(rank + 2) for rank, grade in enumerate(grade_list[:depth]))

    ideal = gain(sorted(grades.values(), reverse=True))
    return gain([grades.get(one, 0) for one in ranked]) / ideal if ideal else 0.0


def mean_ndcg(index: SearchIndex, queries: list[Query], judged: Judged) -> float:
    values = [
        ndcg([hit.id for hit in index.search(query).hits], judged[number])
        for number, query in enumerate(queries, 1)
        if number in judged
    ]
    return sum(values) / len(values)


def test_ranking_is_as_good_as_bm25_with_stems(
    index: WhooshIndex,
    queries: list[Query],
    judged: Judged,
    record_property: Callable[[str, object], None],
) -> None:
    reached = mean_ndcg(index, queries, judged)
    record_property("ndcg_at_10", round(reached, 4))
    assert reached >= BOUND


def test_whoosh_and_the_reference_agree_on_real_text(
    index: WhooshIndex, documents: list[Document], queries: list[Query]
) -> None:
    memory = MemoryIndex()
    memory.rebuild(documents)
    for query in queries[:COMPARED_QUERIES]:
        assert index.search(query) == memory.search(query)
