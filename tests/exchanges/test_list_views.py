"""The page of all my exchanges: what runs first, whose turn it is, filters and pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import utcnow
from marketplace.exchanges.lists import PER_PAGE
from tests import factories
from tests.exchanges.crowd import exchange

As = Callable[[Member], FlaskClient]


def test_a_visitor_is_sent_to_sign_in(client: FlaskClient) -> None:
    assert "/sign-in" in client.get("/me/exchanges").location


def test_who_has_none_is_shown_how_one_begins(as_member: As, carol: Member) -> None:
    page = as_member(carol).get("/me/exchanges").text
    assert "No exchanges yet" in page


def test_it_is_fetched_and_never_posted_to(as_member: As, alice: Member) -> None:
    assert as_member(alice).post("/me/exchanges").status_code == 405


def test_what_runs_stands_before_what_ended_however_old(
    as_member: As, alice: Member, bob: Member
) -> None:
    long_ago = utcnow() - timedelta(days=40)
    exchange(factories.offer(alice, "Masih jalan"), bob, "promised", updated_at=long_ago)
    exchange(factories.offer(alice, "Baru berakhir"), bob, "closed", ended_at=utcnow())
    page = as_member(bob).get("/me/exchanges").text
    assert page.index("Masih jalan") < page.index("Baru berakhir")
    assert "from Alice" in page
    assert "Your turn, both of you: arrange a meeting" in page
    assert "Your turn: say thanks" in page


@pytest.mark.parametrize(
    ("show", "there"),
    [
        ("", {"Berjalan", "Diberi", "Diterima", "Gagal"}),
        ("running", {"Berjalan"}),
        ("ended", {"Diberi", "Diterima", "Gagal"}),
        ("given", {"Diberi"}),
        ("received", {"Diterima"}),
        ("nonsense", {"Berjalan", "Diberi", "Diterima", "Gagal"}),
    ],
)
def test_each_filter_shows_its_own(
    as_member: As, alice: Member, bob: Member, show: str, there: set[str]
) -> None:
    titles = {"Berjalan", "Diberi", "Diterima", "Gagal"}
    exchange(factories.offer(alice, "Barang Berjalan"), bob, "promised")
    exchange(factories.offer(alice, "Barang Diberi"), bob, "closed", ended_at=utcnow())
    exchange(factories.offer(bob, "Barang Diterima"), alice, "closed", ended_at=utcnow())
    exchange(factories.offer(alice, "Barang Gagal"), bob, "declined", ended_at=utcnow())
    page = as_member(alice).get(f"/me/exchanges?show={show}").text
    assert {title for title in titles if f"Barang {title}" in page} == there


def test_a_filter_with_nothing_in_it_says_so(as_member: As, alice: Member, bob: Member) -> None:
    exchange(factories.offer(alice), bob, "promised")
    assert "None of this kind." in as_member(alice).get("/me/exchanges?show=received").text


def test_pages_keep_the_filter(as_member: As, alice: Member, bob: Member) -> None:
    for number in range(PER_PAGE + 1):
        exchange(factories.offer(alice, f"Barang {number}"), bob, "promised")
    first = as_member(alice).get("/me/exchanges?show=running").text
    assert "/me/exchanges?show=running&amp;page=2" in first
    second = as_member(alice).get("/me/exchanges?show=running&page=2").text
    assert second.count('class="avatar') == 1
    beyond = as_member(alice).get("/me/exchanges?show=running&page=99").text
    assert "Barang" in beyond


def test_nobody_sees_those_of_others(
    as_member: As, alice: Member, bob: Member, carol: Member
) -> None:
    exchange(factories.offer(alice, "Sepeda anak"), bob, "promised")
    assert "Sepeda anak" not in as_member(carol).get("/me/exchanges").text
