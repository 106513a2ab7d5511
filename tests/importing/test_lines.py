"""One line of an import file: what is understood, what is refused and why."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import Invalid
from marketplace.listings import import_lines, rules
from marketplace.listings.import_lines import Line, read, split_text
from marketplace.places.cells import Place

LEAST = {"id": "a1", "direction": "offer", "title": "Mesin jahit"}


def nowhere(*_: object) -> Place:
    return Place.unknown()


def line(**values: Any) -> bytes:
    return json.dumps({k: v for k, v in (LEAST | values).items() if v is not ...}).encode()


def understood(**values: Any) -> Line:
    return read(line(**values), nowhere)


def refused(text: bytes) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        read(text, nowhere)
    return {problem.field: problem.code for problem in caught.value.problems}


def test_id_direction_and_one_text_are_enough() -> None:
    found = understood()
    assert (found.source_id, found.draft.direction, found.draft.title) == (
        "a1",
        "offer",
        "Mesin jahit",
    )
    assert (found.draft.kind, found.draft.terms) == ("goods", frozenset({"gift"}))
    assert found.created_at is found.expires_at is None


@pytest.mark.parametrize("name", ["title", "description", "body"])
def test_any_one_text_will_do(name: str) -> None:
    texts = {"title": ..., name: "Butuh tangga lipat"}
    assert understood(**texts).draft.title == "Butuh tangga lipat"


def test_body_stands_for_description() -> None:
    assert understood(body="Masih bagus").draft.description == "Masih bagus"
    both = understood(body="lama", description="baru")
    assert both.draft.description == "baru"


def test_a_number_is_an_id_too() -> None:
    assert understood(id=591974595525128195).source_id == "591974595525128195"


def test_everything_that_the_issue_names_is_read() -> None:
    found = understood(
        direction="request",
        kind="mentoring",
        description="Dua jam seminggu",
        category="languages",
        terms=["gift", "swap"],
        quantity=4,
        unit="seat",
        language="en-GB",
        created_at="2026-05-01T08:00:00+07:00",
        expires_at="2027-05-01T08:00:00Z",
    )
    draft = found.draft
    assert (draft.kind, draft.category, draft.quantity, draft.unit) == (
        "mentoring",
        "languages",
        4,
        "seat",
    )
    assert draft.terms == {"gift", "swap"}
    assert draft.text_language == "en"
    assert found.created_at == datetime(2026, 5, 1, 1, tzinfo=UTC)
    assert found.expires_at == datetime(2027, 5, 1, 8, tzinfo=UTC)


def test_terms_may_stand_in_one_text_and_a_time_may_lack_its_zone() -> None:
    found = understood(terms="gift, loan", created_at="2015-04-25T06:11:00")
    assert found.draft.terms == {"gift", "loan"}
    assert found.created_at == datetime(2015, 4, 25, 6, 11, tzinfo=UTC)


def test_a_point_or_an_area_is_handed_on_to_the_places() -> None:
    asked: list[Any] = []

    def find(area: str, point: Any) -> Place:
        asked.append((area, point))
        return Place.unknown()

    read(line(latitude=-6.4, longitude=106.8, area="32.76.06"), find)
    read(line(area="Beji"), find)
    assert asked == [("32.76.06", (-6.4, 106.8)), ("Beji", None)]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"id": ...}, "id", "required"),
        ({"id": ""}, "id", "required"),
        ({"id": ["x"]}, "id", "not_text"),
        ({"id": True}, "id", "not_text"),
        ({"id": "x" * 111}, "id", "too_long"),
        ({"title": ...}, "title", "text_missing"),
        ({"title": "  "}, "title", "text_missing"),
        ({"title": 7}, "title", "not_text"),
        ({"title": "\ud800"}, "title", "not_text"),
        ({"kind": 3}, "kind", "not_text"),
        ({"terms": 3}, "terms", "choose_terms"),
        ({"terms": [1]}, "terms", "choose_terms"),
        ({"quantity": "many"}, "quantity", "whole_number"),
        ({"quantity": 1.5}, "quantity", "whole_number"),
        ({"quantity": True}, "quantity", "whole_number"),
        ({"latitude": -6.4}, "latitude", "point_unreadable"),
        ({"latitude": "6", "longitude": "7"}, "latitude", "point_unreadable"),
        ({"created_at": "yesterday"}, "created_at", "instant_unreadable"),
        ({"expires_at": 12}, "expires_at", "not_text"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    values: dict[str, Any], field: str, code: str
) -> None:
    assert refused(line(**values)) == {field: code}


@pytest.mark.parametrize("text", [b"{", b"[]", b"7", b"\xff\xfe", b"[" * 100_000, b'"x"'])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    assert refused(text) == {"line": "not_json"}


def test_every_problem_of_a_line_is_told_at_once() -> None:
    wrong = refused(line(id=..., quantity="x", created_at="?"))
    assert set(wrong) == {"id", "quantity", "created_at"}


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read(b"\xef\xbb\xbf" + line(), nowhere).source_id == "a1"


def test_a_long_text_gives_its_first_sentence_as_title_and_stays_whole() -> None:
    text = "Kami butuh tenda untuk 12 keluarga. " + "Hujan turun setiap malam di sini. " * 5
    title, rest = split_text(text)
    assert title == "Kami butuh tenda untuk 12 keluarga"
    assert rest == text


@given(st.text(max_size=400))
def test_a_title_out_of_any_text_fits(text: str) -> None:
    title, rest = split_text(text)
    assert len(title) <= rules.TITLE_MAX
    assert rest in ("", text)


def test_an_endless_line_is_cut_and_the_next_one_read() -> None:
    long = b'{"id": "' + b"x" * (3 * import_lines.LINE_MAX) + b'"}'
    lines = list(import_lines.lines_of(io.BytesIO(long + b"\n" + line() + b"\n")))
    assert len(lines) == 2
    assert refused(lines[0]) == {"line": "line_too_long"}
    assert read(lines[1], nowhere).source_id == "a1"
