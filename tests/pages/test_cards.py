"""The card of a listing: direction in word, shape and colour; basket; where; when."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask, render_template_string

from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.listings.models import Listing, Photo
from marketplace.pages import cards, times
from marketplace.places.service import PublicLocation
from tests import factories

CARD = (
    '{% from "listings/_card.html" import listing_card with context %}'
    "{{ listing_card(listing, where) }}"
)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Asia/Jakarta"))


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def drawn(listing: Listing, where: object = None) -> str:
    return render_template_string(CARD, listing=listing, where=where)


def test_offer_and_request_differ_by_word_shape_and_class(english: None, alice: Member) -> None:
    offer, request = drawn(factories.offer(alice)), drawn(factories.request(alice))
    assert ("tag--offer" in offer, "tag--request" in offer) == (True, False)
    assert ("tag--offer" in request, "tag--request" in request) == (False, True)
    assert 'class="basket"' in request
    assert "picture--none" in offer


def test_tags_come_in_the_order_direction_kind_terms(english: None, alice: Member) -> None:
    listing = factories.offer(alice, kind="mentoring", gift=False, loan=True, swap=True)
    assert [tag.icon for tag in cards.card_tags(listing)] == ["offer", "mentor", "loan", "swap"]
    goods = factories.offer(alice)
    assert [tag.icon for tag in cards.card_tags(goods)] == ["offer", "gift"]


@pytest.mark.parametrize(
    ("quantity", "promised", "given", "number", "line"),
    [
        (None, 0, 0, "", "wanted"),
        (1, 0, 0, "1", "wanted"),
        (14, 0, 0, "14", "pieces"),
        (14, 3, 2, "9 more", "5 of 14 pieces"),
        (14, 4, 10, "Enough", "14 of 14 pieces"),
    ],
)
def test_the_basket_says_how_much_is_still_needed(
    english: None,
    alice: Member,
    quantity: int | None,
    promised: int,
    given: int,
    number: str,
    line: str,
) -> None:
    listing = factories.request(
        alice, quantity=quantity, promised=promised, given=given, unit="piece"
    )
    basket = cards.card_basket(listing)
    assert (basket.number, basket.line) == (number, line)
    assert bool(basket.fill) == bool(promised + given)


def test_the_level_of_the_basket_rises_from_floor_to_rim() -> None:
    assert cards.basket_fill(0) == ""
    levels = [float(cards.basket_fill(level).split()[1].split("H")[0]) for level in (0.01, 0.5, 1)]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == cards.RIM_Y


def test_a_photo_is_light_and_keeps_its_place(english: None, alice: Member) -> None:
    listing = factories.offer(alice)
    with transaction() as session:
        session.add(
            Photo(listing_id=listing.id, name="abcdefgh", width=960, height=720, alt="Hijau")
        )
    card = drawn(listing)
    assert "/photos/abcdefgh-240.webp 240w" in card
    assert "/photos/abcdefgh-480.webp 480w" in card
    assert 'width="960" height="720" alt="Hijau"' in card
    assert 'loading="lazy"' in card


def test_where_is_a_band_or_a_name_never_more(english: None) -> None:
    band = ("band", {"from": 1, "to": 2})
    near = PublicLocation("cell", "868c1", 8, "Beji, Depok", band)
    assert cards.about_where(near) == "1–2 km"
    assert (
        cards.about_where(PublicLocation("cell", "868c1", 8, "Beji, Depok", None)) == "Beji, Depok"
    )
    assert cards.about_where(PublicLocation("online", None, None, "", None)) == "online"
    assert cards.about_where(band) == "1–2 km"
    assert cards.about_where(None) == ""


def test_text_in_another_language_says_so(english: None, alice: Member) -> None:
    assert 'lang="id"' in drawn(factories.offer(alice, text_language="id"))
    assert "lang=" not in drawn(factories.offer(alice, text_language="en"))


def test_what_members_write_is_never_markup(english: None, alice: Member) -> None:
    card = drawn(factories.offer(alice, "<b>tebal</b>", description="<script>x</script>"))
    assert "<b>tebal" not in card
    assert "<script>" not in card


@pytest.mark.parametrize(
    ("before", "words", "fresh"),
    [
        (timedelta(seconds=20), "just now", True),
        (timedelta(minutes=1), "1 minute ago", True),
        (timedelta(minutes=20), "20 minutes ago", True),
        (timedelta(hours=3), "3 hours ago", True),
        (timedelta(hours=13), "yesterday", False),
        (timedelta(hours=30), "yesterday", False),
        (timedelta(days=2), "2 days ago", False),
        (timedelta(days=20), "4 November 2026", False),
        (timedelta(seconds=-5), "just now", True),
    ],
)
def test_when_is_said_as_a_neighbour_would(
    english: None, before: timedelta, words: str, fresh: bool
) -> None:
    with time_machine.travel(NOON, tick=False):
        assert times.ago(NOON - before) == words
        assert times.is_fresh(NOON - before) is fresh
