"""The judged needs and offers in tests/data/matching are whole; README.md there says what they are.
How well matching does on them is measured elsewhere."""

import json
import zlib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from marketplace.listings import rules
from marketplace.listings.categories import is_category
from marketplace.listings.import_lines import read
from marketplace.places.cells import Place

FOLDER = Path(__file__).parent.parent / "data" / "matching"
FIELDS = ["id", "direction", "kind", "category", "title", "body", "language"]
OTHER = ("other", "other-goods", "other-help", "other-advice")


class Judgement(NamedTuple):
    request: str
    offer: str
    grade: int


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def requests() -> list[dict[str, str]]:
    return rows("requests.jsonl")


@pytest.fixture(scope="module")
def offers() -> list[dict[str, str]]:
    return rows("offers.jsonl")


@pytest.fixture(scope="module")
def judgements() -> list[Judgement]:
    lines = (FOLDER / "qrels.tsv").read_text("utf-8").splitlines()
    fields = [line.split("\t") for line in lines]
    assert {marker for _, marker, _, _ in fields} == {"0"}
    return [Judgement(request, offer, int(grade)) for request, _, offer, grade in fields]


def test_there_are_enough_different_requests_and_offers(
    requests: list[dict[str, str]], offers: list[dict[str, str]]
) -> None:
    assert len(requests) >= 180
    assert len(offers) >= 340
    assert len({row["id"] for row in requests + offers}) == len(requests) + len(offers)
    texts = {(row["direction"], row["title"], row["body"]) for row in requests + offers}
    assert len(texts) == len(requests) + len(offers)


def test_requests_ask_and_offers_offer(
    requests: list[dict[str, str]], offers: list[dict[str, str]]
) -> None:
    assert {row["direction"] for row in requests} == {"request"}
    assert {row["direction"] for row in offers} == {"offer"}


def test_every_post_has_the_same_fields_and_chooses_what_there_is(
    requests: list[dict[str, str]], offers: list[dict[str, str]]
) -> None:
    for row in requests + offers:
        assert list(row) == FIELDS
        assert row["kind"] in rules.KINDS
        assert not row["category"] or is_category(row["category"])
        assert row["language"] in ("id", "en")
        assert row["title"] or row["body"]


def test_the_import_takes_every_line() -> None:
    lines = [(FOLDER / name).read_bytes() for name in ("requests.jsonl", "offers.jsonl")]
    for line in b"".join(lines).splitlines():
        draft = rules.tidy(read(line, lambda _area, _point: Place.unknown()).draft)
        today = date(2026, 1, 1)
        assert not rules.check(draft, today, place_needed=False, prices_refused=False), line


def test_some_posts_have_no_category_as_people_do(
    requests: list[dict[str, str]], offers: list[dict[str, str]]
) -> None:
    vague = [row["category"] in ("", *OTHER) for row in requests + offers]
    assert 0.1 <= sum(vague) / len(vague) <= 0.2


def test_both_halves_are_large_enough(requests: list[dict[str, str]]) -> None:
    halves = Counter(zlib.crc32(row["id"].encode()) % 2 for row in requests)
    assert min(halves[0], halves[1]) >= 70


def test_every_judgement_names_a_request_and_an_offer(
    requests: list[dict[str, str]], offers: list[dict[str, str]], judgements: list[Judgement]
) -> None:
    assert {row.offer for row in judgements} <= {row["id"] for row in offers}
    assert {row.request for row in judgements} <= {row["id"] for row in requests}
    assert {row.grade for row in judgements} == {1, 2}


def test_no_pair_is_judged_twice(judgements: list[Judgement]) -> None:
    pairs = {(row.request, row.offer) for row in judgements}
    assert len(pairs) == len(judgements)


def test_every_request_has_an_offer_that_would_meet_it(
    requests: list[dict[str, str]], judgements: list[Judgement]
) -> None:
    met = {row.request for row in judgements if row.grade == 2}
    assert met == {row["id"] for row in requests}


def test_hardly_a_request_is_met_by_many(
    requests: list[dict[str, str]], judgements: list[Judgement]
) -> None:
    relevant = Counter(row.request for row in judgements)
    assert sum(count > 12 for count in relevant.values()) <= len(requests) / 100


def test_many_offers_meet_nobody(offers: list[dict[str, str]], judgements: list[Judgement]) -> None:
    assert len(offers) - len({row.offer for row in judgements}) >= 80


def test_a_third_of_the_requests_are_met_in_the_other_language(
    requests: list[dict[str, str]], offers: list[dict[str, str]], judgements: list[Judgement]
) -> None:
    language = {row["id"]: row["language"] for row in requests + offers}
    crossing = {
        row.request
        for row in judgements
        if row.grade == 2 and language[row.request] != language[row.offer]
    }
    assert len(crossing) >= len(requests) / 3
