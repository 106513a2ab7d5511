"""Passing it on: a chain that shows how help went on, and names nobody who should not be."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as sa_event

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Invalid
from marketplace.exchanges import passing_on, service
from marketplace.exchanges.models import Exchange
from marketplace.privacy.erasure import erase
from tests import factories
from tests.exchanges import stories
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]


@pytest.fixture
def dora(app: Flask) -> Member:
    return factories.member("Dora")


@pytest.fixture
def links(
    app: Flask, alice: Member, bob: Member, carol: Member, dora: Member
) -> tuple[Exchange, Exchange, Exchange]:
    """Alice gave to Bob, who gave to Carol, who gave to Dora; each says so."""
    load_sample()
    first = stories.closed(alice, bob, "Sepeda anak")
    second = stories.closed(bob, carol, "Buku cerita")
    third = stories.closed(carol, dora, "Benih tomat")
    passing_on.link(bob, second.public_id, first.public_id)
    passing_on.link(carol, third.public_id, second.public_id)
    return first, second, third


def address(exchange: Exchange, part: str = "") -> str:
    return f"/exchanges/{exchange.public_id}{part}"


def test_who_received_and_gives_links_the_two_and_may_undo_it(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    received = stories.closed(alice, bob, "Sepeda anak")
    gives = stories.promised(bob, carol, "Buku cerita")
    client = as_member(bob)
    assert "This passes on something I received" in client.get(address(gives)).text
    assert "Sepeda anak" in client.get(address(gives, "/passing-on")).text
    sent = client.post(address(gives, "/passing-on"), data={"source": received.public_id})
    assert sent.status_code == 303
    assert "Sepeda anak" in client.get(address(gives)).text
    assert "checked" in client.get(address(gives, "/passing-on")).text
    client.post(address(gives, "/passing-on"), data={"source": ""})
    assert passing_on.source_of(db.session.get_one(Exchange, gives.id)) is None


def test_only_what_was_received_to_a_good_end_before_may_be_chosen(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    load_sample()
    running = stories.promised(alice, bob, "Belum selesai")
    of_others = stories.closed(alice, carol, "Milik lain")
    given = stories.closed(bob, alice, "Pemberian sendiri")
    gives = stories.closed(bob, carol, "Buku cerita")
    later = stories.closed(alice, bob, "Kemudian")
    for wrong in (running, of_others, given, gives, later):
        with pytest.raises(Invalid):
            passing_on.link(bob, gives.public_id, wrong.public_id)
    answer = as_member(bob).post(address(gives, "/passing-on"), data={"source": "nonsense"})
    assert answer.status_code == 422
    assert "Choose one of these." in answer.text
    assert "Nothing received yet" in as_member(bob).get(address(gives, "/passing-on")).text


def test_who_receives_has_nothing_to_pass_on_there(
    links: tuple[Exchange, Exchange, Exchange], bob: Member, as_member: As
) -> None:
    for method in ("GET", "POST"):
        answer = as_member(bob).open(address(links[0], "/passing-on"), method=method)
        assert answer.status_code == 409


def test_an_end_without_a_hand_over_passes_nothing_on(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    received = stories.closed(alice, bob)
    gives = stories.promised(bob, carol, "Buku")
    service.call_off(bob, gives.public_id, "changed_mind")
    sent = {"source": received.public_id}
    assert as_member(bob).post(address(gives, "/passing-on"), data=sent).status_code == 409


def test_the_first_giver_sees_how_often_it_went_on(
    links: tuple[Exchange, Exchange, Exchange], alice: Member, as_member: As
) -> None:
    assert [passing_on.went_on(one) for one in links] == [2, 1, 0]
    assert "What you gave went on 2 times." in as_member(alice).get(address(links[0])).text


def test_a_chain_is_open_to_the_two_of_each_link_and_to_nobody_else(
    links: tuple[Exchange, Exchange, Exchange], alice: Member, bob: Member, carol: Member,
    dora: Member, as_member: As, client: FlaskClient,
) -> None:  # fmt: skip
    stranger = factories.member("Stranger")
    for one in links:
        for member in (alice, bob, carol, dora):
            assert as_member(member).get(address(one, "/chain")).status_code == 200
        assert as_member(stranger).get(address(one, "/chain")).status_code == 404
        assert client.get(address(one, "/chain")).status_code in (302, 303)


def test_a_chain_names_only_its_reader_and_those_they_shared_with(
    links: tuple[Exchange, Exchange, Exchange], alice: Member, bob: Member, as_member: As
) -> None:
    page = as_member(alice).get(address(links[0], "/chain")).text.split("<main")[1]
    assert "You gave it to Bob" in page
    assert "Bob gave it to a neighbour" in page
    assert "A neighbour gave it to a neighbour" in page
    assert "Carol" not in page
    assert "Dora" not in page
    assert "Benih tomat" in page
    page = as_member(bob).get(address(links[2], "/chain")).text.split("<main")[1]
    assert "Alice gave it to you" in page
    assert "You gave it to Carol" in page
    assert "Carol gave it to a neighbour" in page


def test_the_blocked_and_the_erased_are_a_neighbour_and_the_chain_survives(
    links: tuple[Exchange, Exchange, Exchange], alice: Member, bob: Member, carol: Member,
    as_member: As,
) -> None:  # fmt: skip
    block_member(carol, alice)
    block_member(bob, alice)
    page = as_member(alice).get(address(links[0], "/chain")).text.split("<main")[1]
    assert "You gave it to a neighbour" in page
    assert "Bob" not in page
    assert "Buku cerita" not in page, "of a post whose owner is blocked only the category"
    with transaction() as session:
        erase(session.get_one(Member, carol.id), utcnow())
    page = as_member(bob).get(address(links[1], "/chain")).text.split("<main")[1]
    assert "You gave it to a neighbour" in page
    assert len(passing_on.chain(bob, links[0].public_id)) == 3


def test_the_title_of_a_hidden_post_stays_hidden(
    links: tuple[Exchange, Exchange, Exchange], alice: Member
) -> None:
    with transaction():
        db.session.get_one(Exchange, links[2].id).listing.state = "held"
    assert [one.title for one in passing_on.chain(alice, links[0].public_id)] == [
        "Sepeda anak", "Buku cerita", ""
    ]  # fmt: skip


def test_a_long_chain_costs_few_queries_and_ends(app: Flask, alice: Member, bob: Member) -> None:
    people = [factories.member(f"Somebody {number}") for number in range(8)]
    rows: list[Exchange] = []
    for number in range(60):
        giver, taker = people[number % 8], people[(number + 1) % 8]
        exchange = stories.asked(giver, taker, f"Barang {number}")
        with transaction() as session:
            row = session.get_one(Exchange, exchange.id)
            row.state, row.ended_at = "closed", utcnow()
            row.passes_on_id = rows[-1].id if rows else None
        rows.append(row)
    asked: list[Any] = []
    names = (people[0].id, rows[0].public_id)
    sa_event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    links = passing_on.chain(people[0], names[1])
    assert len(links) == passing_on.LINKS_SHOWN
    assert len(asked) <= 6
    assert passing_on.went_on(rows[0]) == passing_on.DEPTH
    assert passing_on.chain(people[0], rows[59].public_id)[0].depth == 0


def test_a_chain_of_one_link_says_what_may_come(
    app: Flask, alice: Member, bob: Member, as_member: As
) -> None:
    exchange = stories.closed(alice, bob)
    page = as_member(alice).get(address(exchange, "/chain"))
    assert page.status_code == 200
    assert "Not yet" in page.text


def test_the_total_stands_on_the_profile_only_by_wish(
    links: tuple[Exchange, Exchange, Exchange], alice: Member, as_member: As, client: FlaskClient
) -> None:
    page = f"/members/{alice.public_id}"
    client.set_cookie("language", "en")
    assert "went on" not in client.get(page).text
    own = as_member(alice)
    assert "What you gave went on 2 times." in own.get("/me/reliability").text
    assert own.post("/me/reliability/passing-on", data={"shown": "yes"}).status_code == 303
    assert "What Alice gave went on 2 times" in client.get(page).text
    own.post("/me/reliability/passing-on", data={"shown": "no"})
    assert "went on" not in client.get(page).text
    assert own.post("/me/reliability/passing-on", data={"shown": "x"}).status_code == 422
    assert own.get("/me/reliability/passing-on").status_code == 405
    assert client.post("/me/reliability/passing-on").status_code in (302, 303)


def test_what_was_passed_on_twice_is_one_chain_with_two_ends(
    app: Flask, alice: Member, bob: Member, carol: Member, dora: Member
) -> None:
    first = stories.closed(alice, bob)
    for taker in (carol, dora):
        again = stories.closed(bob, taker, f"Untuk {taker.name}")
        passing_on.link(bob, again.public_id, first.public_id)
    assert [one.depth for one in passing_on.chain(alice, first.public_id)] == [0, 1, 1]
    assert passing_on.went_on(first) == 2
