"""Matches as pages show them."""

from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.listings import hours
from marketplace.listings.models import Listing
from marketplace.listings.service import withdraw_listing
from marketplace.matching.sides import Reason
from marketplace.matching.views import reason_words
from tests import factories

As = Callable[[Member], FlaskClient]


@pytest.fixture
def pair(alice: Member, bob: Member, settle: Callable[[], None]) -> tuple[Listing, Listing]:
    """alice's offer and bob's request, matched."""
    made = factories.offer(alice), factories.request(bob)
    settle()
    db.session.rollback()
    return made


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def test_the_owner_sees_every_match_with_its_reasons(
    as_member: As, bob: Member, pair: tuple[Listing, Listing]
):
    text = page(as_member(bob), f"/listings/{pair[1].public_id}/matches")
    assert f'href="/listings/{pair[0].public_id}"' in text
    for words in ("Offer by Alice", "Fits very well", "jahit", "under 1 km away"):
        assert words in text


def test_a_visitor_signs_in_first(client: FlaskClient, pair: tuple[Listing, Listing]):
    answer = client.get(f"/listings/{pair[1].public_id}/matches")
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_others_find_no_such_page(
    as_member: As, alice: Member, carol: Member, pair: tuple[Listing, Listing]
):
    for other in (carol, alice):
        page(as_member(other), f"/listings/{pair[1].public_id}/matches", 404)


def test_the_page_teaches_when_nothing_fits(as_member: As, carol: Member):
    for made, words in (
        (factories.offer(carol, "Rak buku"), "Nobody has asked for this yet"),
        (factories.request(carol, "Perlu rak"), "Nobody has offered this yet"),
    ):
        text = page(as_member(carol), f"/listings/{made.public_id}/matches")
        assert words in text


def test_a_closed_listing_says_so(as_member: As, bob: Member, pair: tuple[Listing, Listing]):
    withdraw_listing(bob, pair[1].public_id)
    text = page(as_member(bob), f"/listings/{pair[1].public_id}/matches")
    assert "This post is closed" in text
    assert "Alice" not in text


def test_only_get_is_answered(as_member: As, bob: Member, pair: tuple[Listing, Listing]):
    answer = as_member(bob).post(f"/listings/{pair[1].public_id}/matches")
    assert answer.status_code == 405


def test_the_listing_page_shows_matches_to_its_owner_only(
    client: FlaskClient,
    as_member: As,
    alice: Member,
    bob: Member,
    carol: Member,
    pair: tuple[Listing, Listing],
):
    path = f"/listings/{pair[0].public_id}"
    assert "Who fits, and why" in page(as_member(alice), path)
    own = page(as_member(bob), path)
    assert "It fits what you have posted" in own
    assert "Butuh mesin jahit" in own
    for text in (page(client, path), page(as_member(carol), path)):
        assert "Butuh mesin jahit" not in text
        assert "Who fits" not in text


def test_the_listing_page_shows_three_and_leads_to_the_rest(
    as_member: As, alice: Member, settle: Callable[[], None]
):
    offer = factories.offer(alice)
    for number in range(5):
        factories.request(factories.member(f"Tetangga {number}"), f"Butuh mesin jahit {number}")
    settle()
    db.session.rollback()
    text = page(as_member(alice), f"/listings/{offer.public_id}")
    assert text.count('class="match"') == 3
    assert "See all 5 that fit" in text
    assert page(as_member(alice), f"/listings/{offer.public_id}/matches").count('"match"') == 5


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason("same_words", {"words": ["buku", "paket"]}), "The same words: buku, paket"),
        (
            Reason("alike", {"pairs": [["laptop", "komputer bekas"], ["sofa", "kursi tamu"]]}),
            "Much the same: “laptop” and “komputer bekas”, “sofa” and “kursi tamu”",
        ),
        (
            Reason("helps", {"pairs": [["jahitan", "mesin jahit"]]}),
            "May help: “jahitan” and “mesin jahit”",
        ),
        (
            Reason("enough", {"asked": 10, "left": 12, "unit": "portion"}),
            "10 portions asked for, 12 portions there",
        ),
        (
            Reason("not_enough", {"asked": 10, "left": 1, "unit": ""}),
            "10 asked for, only 1 there",
        ),
        (Reason("same_category", {"category": "schoolbooks"}), "The same category: Schoolbooks"),
        (Reason("distance", {"low": 1, "high": 2}), "1–2 km away"),
        (Reason("distance", {"low": 0, "high": 1}), "under 1 km away"),
        (Reason("distance", {"low": 500, "high": None}), "over 500 km away"),
        (Reason("online"), "Online, nobody has to travel"),
        (Reason("half_online"), "One of you is online, the other at a place"),
        (
            Reason("common_times", {"spans": [[[5], ["pagi"]]]}),
            "Both have time: Saturday: morning",
        ),
        (Reason("common_times", {"spans": []}), "Both have time: some hours at night"),
        (Reason("same_terms", {"terms": ["gift", "loan"]}), "Both agree: as a gift, as a loan"),
        (Reason("loan_shorter", {"days": 7, "wanted": 30}), "Lent for 7 days, needed for 30"),
    ],
)
def test_every_reason_has_words(app: Flask, reason: Reason, words: str):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert reason_words(reason) == words


def test_common_times_are_named(
    as_member: As, alice: Member, bob: Member, settle: Callable[[], None]
):
    saturday_morning = hours.encode(hours.mask_of([(5, "pagi")]))
    weekend = hours.encode(hours.mask_of([(5, "pagi"), (6, "sore")]))
    factories.offer(alice, hours=saturday_morning)
    request = factories.request(bob, hours=weekend)
    settle()
    db.session.rollback()
    text = page(as_member(bob), f"/listings/{request.public_id}/matches")
    assert "Both have time: Saturday: morning" in text


def test_a_page_in_indonesian_is_indonesian(
    as_member: As, bob: Member, pair: tuple[Listing, Listing]
):
    with transaction():
        bob.language = "id"
    text = page(as_member(bob), f"/listings/{pair[1].public_id}/matches")
    assert '<html lang="id">' in text
