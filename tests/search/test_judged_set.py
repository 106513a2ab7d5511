"""The judged listings and queries in tests/data/search are whole; README.md there says what they
are. How well search does on them is measured elsewhere."""

import json
import zlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

FOLDER = Path(__file__).parent.parent / "data" / "search"


class Judgement(NamedTuple):
    query: str
    document: str
    grade: int


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def documents() -> list[dict[str, str]]:
    return rows("documents.jsonl")


@pytest.fixture(scope="module")
def queries() -> list[dict[str, str]]:
    return rows("queries.jsonl")


@pytest.fixture(scope="module")
def judgements() -> list[Judgement]:
    lines = (FOLDER / "qrels.txt").read_text("utf-8").splitlines()
    fields = [line.split() for line in lines]
    assert {marker for _, marker, _, _ in fields} == {"0"}
    return [Judgement(query, document, int(grade)) for query, _, document, grade in fields]


def test_there_are_six_hundred_different_listings(documents: list[dict[str, str]]) -> None:
    assert all(list(row) == ["id", "title", "body"] for row in documents)
    assert len({row["id"] for row in documents}) == len(documents) == 600
    assert len({row["title"] for row in documents}) == 600


def test_listings_are_as_long_as_people_write_them(documents: list[dict[str, str]]) -> None:
    assert all(2 <= len(row["title"].split()) <= 8 for row in documents)
    assert all(5 <= len(row["body"].split()) <= 60 for row in documents)


def test_no_query_is_asked_twice(queries: list[dict[str, str]]) -> None:
    assert all(list(row) == ["id", "text"] for row in queries)
    assert len({row["id"] for row in queries}) == len(queries) >= 120
    assert len({row["text"] for row in queries}) == len(queries)


def test_both_halves_are_large_enough(queries: list[dict[str, str]]) -> None:
    halves = Counter(zlib.crc32(row["id"].encode()) % 2 for row in queries)
    assert min(halves[0], halves[1]) >= 55


def test_every_judgement_names_a_query_and_a_listing(
    documents: list[dict[str, str]],
    queries: list[dict[str, str]],
    judgements: list[Judgement],
) -> None:
    assert {row.document for row in judgements} <= {row["id"] for row in documents}
    assert {row.query for row in judgements} == {row["id"] for row in queries}
    assert {row.grade for row in judgements} == {0, 1, 2}


def test_no_pair_is_judged_twice(judgements: list[Judgement]) -> None:
    pairs = {(row.query, row.document) for row in judgements}
    assert len(pairs) == len(judgements)


def test_every_query_has_an_answer_that_is_just_what_was_asked(
    queries: list[dict[str, str]], judgements: list[Judgement]
) -> None:
    answered = {row.query for row in judgements if row.grade == 2}
    assert answered == {row["id"] for row in queries}


def test_every_query_has_at_least_two_relevant_listings(
    queries: list[dict[str, str]], judgements: list[Judgement]
) -> None:
    relevant = Counter(row.query for row in judgements if row.grade > 0)
    assert min(relevant[row["id"]] for row in queries) >= 2
