"""Everybody who waits gets an answer; what runs with somebody who is gone comes to an end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid
from marketplace.exchanges import sweeps
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.service import Wish, ask, promise
from marketplace.listings.asking import ask_if_there
from marketplace.listings.lifecycle import copy_listing, restore_listing
from marketplace.listings.models import Listing
from marketplace.listings.rows import draft_of
from marketplace.listings.service import edit_listing, fulfil_listing, withdraw_listing
from marketplace.messages.service import open_conversation, reply
from marketplace.notifications.models import Notification
from marketplace.search.reading import analysed
from tests import factories
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]
Settle = Callable[[], None]
MINUTES_11 = timedelta(minutes=11)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _places(app: Flask) -> None:
    load_sample()


def waits(listing: Listing, member: Member, **wish: object) -> Exchange:
    return ask(member, listing.public_id, Wish(**wish), "Halo tetangga")


def promised(listing: Listing, member: Member) -> Exchange:
    one = waits(listing, member)
    promise(listing.owner, one.public_id)
    return one


def state(exchange: Exchange) -> str:
    db.session.rollback()
    db.session.refresh(exchange)
    return exchange.state


def why(exchange: Exchange) -> str:
    db.session.rollback()
    return exchange.events[-1].reason


def kinds(member: Member) -> list[str]:
    db.session.rollback()
    rows = db.session.query(Notification).filter_by(member_id=member.id)
    return sorted(row.kind for row in rows if row.topic != "message")


@pytest.mark.parametrize("end", ["given", "withdrawn", "outside"])
def test_closing_answers_everybody_who_waits(
    end: str, alice: Member, bob: Member, carol: Member
) -> None:
    bicycle = factories.offer(alice, "Sepeda")
    both = [waits(bicycle, bob), waits(bicycle, carol)]
    if end == "withdrawn":
        withdraw_listing(alice, bicycle.public_id)
    else:
        fulfil_listing(alice, bicycle.public_id, "here" if end == "given" else "outside")
    sweeps.answer_waiting(None)
    assert {state(one) for one in both} == {"interested"}, "it can be undone for ten minutes"
    with time_machine.travel(utcnow() + MINUTES_11):
        sweeps.answer_waiting(None)
    assert {state(one) for one in both} == {"declined"}
    assert kinds(bob) == kinds(carol) == ["exchange_decline_by_site"]


def test_what_is_brought_back_in_time_keeps_the_queue(alice: Member, bob: Member) -> None:
    bicycle = factories.offer(alice)
    mine = waits(bicycle, bob)
    fulfil_listing(alice, bicycle.public_id, "here")
    restore_listing(alice, bicycle.public_id)
    with time_machine.travel(utcnow() + MINUTES_11):
        sweeps.answer_waiting(None)
    assert state(mine) == "interested"
    assert kinds(bob) == []


def test_what_ran_out_a_week_ago_answers_who_waits(alice: Member, bob: Member) -> None:
    bicycle = factories.offer(alice)
    mine = waits(bicycle, bob)
    with transaction():
        bicycle.expires_at = utcnow()
    with time_machine.travel(utcnow() + 6 * DAY):
        sweeps.answer_waiting(None)
        assert state(mine) == "interested"
    with time_machine.travel(utcnow() + 7 * DAY + MINUTES_11):
        sweeps.answer_waiting(None)
        assert state(mine) == "declined"


def test_what_moderators_hid_a_week_ago_answers_who_waits(alice: Member, bob: Member) -> None:
    bicycle = factories.offer(alice)
    mine = waits(bicycle, bob)
    with transaction():
        bicycle.state, bicycle.updated_at = "held", utcnow() - 6 * DAY
    sweeps.answer_waiting(None)
    assert state(mine) == "interested"
    with time_machine.travel(utcnow() + DAY + MINUTES_11):
        sweeps.answer_waiting(None)
        assert state(mine) == "declined"


def test_a_promise_stays_when_the_post_is_withdrawn(
    alice: Member, bob: Member, as_member: As
) -> None:
    bicycle = factories.offer(alice)
    mine = promised(bicycle, bob)
    withdraw_listing(alice, bicycle.public_id)
    with time_machine.travel(utcnow() + MINUTES_11):
        sweeps.answer_waiting(None)
    assert state(mine) == "promised"
    page = as_member(bob).get(f"/exchanges/{mine.public_id}").text
    assert "The post is closed for others. This promise stays." in page


def test_the_owner_closes_and_answers_with_one_tap(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    bicycle, browser = factories.offer(alice), as_member(alice)
    waits(bicycle, bob)
    waits(bicycle, carol)
    page = browser.get(f"/listings/{bicycle.public_id}/queue").text
    assert "Close and answer the 2 who wait" in page
    answer = browser.post(
        f"/listings/{bicycle.public_id}/fulfilment", data={"how": "here"}, follow_redirects=True
    )
    assert "2 people wait and hear it in ten minutes" in answer.text
    assert "Undo" in answer.text
    page = browser.get(f"/listings/{bicycle.public_id}/queue").text
    assert "Whoever still waits hears it in some minutes" in page


def test_who_only_asked_a_question_hears_once_that_it_is_closed(
    alice: Member, bob: Member, carol: Member
) -> None:
    bicycle = factories.offer(alice, "Sepeda")
    open_conversation(bob, bicycle.public_id, "Berapa ukuran rodanya?")
    answered = open_conversation(carol, bicycle.public_id, "Masih ada?")
    reply(alice, answered.public_id, "Masih, Bu")
    withdraw_listing(alice, bicycle.public_id)
    with time_machine.travel(utcnow() + MINUTES_11):
        for _ in range(3):
            sweeps.answer_waiting(None)
    assert kinds(bob) == ["question_closed"]
    assert kinds(carol) == []


def test_who_waits_hears_it_only_once_though_they_asked_as_well(alice: Member, bob: Member) -> None:
    bicycle = factories.offer(alice, "Sepeda")
    open_conversation(bob, bicycle.public_id, "Masih ada?")
    waits(bicycle, bob)
    withdraw_listing(alice, bicycle.public_id)
    with time_machine.travel(utcnow() + MINUTES_11):
        for _ in range(3):
            sweeps.answer_waiting(None)
    assert kinds(bob) == ["exchange_decline_by_site"]


def test_who_pressed_still_there_and_then_asked_for_it_hears_once(
    alice: Member, bob: Member, settle: Settle
) -> None:
    with time_machine.travel(utcnow() - 8 * DAY):
        bicycle = factories.offer(alice, "Sepeda")
    ask_if_there(bob, bicycle.public_id)
    waits(bicycle, bob)
    withdraw_listing(alice, bicycle.public_id)
    with time_machine.travel(utcnow() + MINUTES_11):
        settle()
    assert kinds(bob) == ["exchange_decline_by_site"]


def test_what_is_brought_back_is_told_again_when_it_closes(alice: Member, bob: Member) -> None:
    bicycle = factories.offer(alice)
    open_conversation(bob, bicycle.public_id, "Masih ada?")
    withdraw_listing(alice, bicycle.public_id)
    with time_machine.travel(utcnow() + MINUTES_11):
        sweeps.answer_waiting(None)
        restore_listing(alice, bicycle.public_id)
        db.session.refresh(bicycle)
        assert bicycle.answered_at is None


def test_after_a_no_the_page_shows_what_is_similar(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    bicycle = factories.offer(alice, "Sepeda anak", category="toys")
    mine = waits(bicycle, bob)
    factories.offer(alice, "Sepeda anak merah", category="toys")
    factories.offer(bob, "Sepeda anak hijau", category="toys")
    factories.offer(carol, "Sepeda anak biru", category="toys")
    factories.offer(carol, "Sepeda anak jauh", category="toys", point=factories.BOGOR)
    factories.offer(carol, "Sepeda anak lama", category="toys", state="withdrawn")
    fulfil_listing(alice, bicycle.public_id, "here")
    with time_machine.travel(utcnow() + MINUTES_11):
        sweeps.answer_waiting(None)
    page = as_member(bob).get(f"/exchanges/{mine.public_id}").text
    shown = page[page.index("Similar, and near you") :]
    assert "Sepeda anak biru" in shown
    for other in ("merah", "hijau", "jauh", "lama"):
        assert f"Sepeda anak {other}" not in shown, other


def gone(how: str, member: Member) -> None:
    now = utcnow()
    with transaction():
        if how == "leaving":
            member.erase_after = now + 7 * DAY
        elif how == "erased":
            member.erased_at = now
        else:
            member.suspended_at = now - 4 * DAY


@pytest.mark.parametrize("how", ["leaving", "erased", "suspended"])
@pytest.mark.parametrize("who", ["owner", "opener"])
def test_with_somebody_who_is_gone_it_ends_with_a_word_to_the_other(
    how: str, who: str, alice: Member, bob: Member, carol: Member
) -> None:
    thing, other_thing = factories.offer(alice, "Sepeda"), factories.offer(alice, "Meja")
    running, waiting = promised(thing, bob), waits(other_thing, bob)
    gone(how, alice if who == "owner" else bob)
    assert sweeps.part(None) == 2
    ended = {"owner": ("released", "declined"), "opener": ("cancelled", "cancelled")}[who]
    assert (state(running), state(waiting)) == ended
    assert why(running) == why(waiting) == "gone"
    db.session.refresh(thing)
    assert (thing.promised, thing.given) == (0, 0)
    stays = bob if who == "owner" else alice
    assert any(kind.endswith(("_by_site", "_by_site_owner")) for kind in kinds(stays))
    assert sweeps.part(None) == 0


def test_a_short_pause_by_the_moderators_ends_nothing(alice: Member, bob: Member) -> None:
    running = promised(factories.offer(alice), bob)
    with transaction():
        bob.suspended_at = utcnow() - 2 * DAY
    assert sweeps.part(None) == 0
    assert state(running) == "promised"


@pytest.mark.parametrize("who", ["owner", "opener"])
def test_a_block_ends_what_was_begun_and_stays_silent(
    who: str, alice: Member, bob: Member, as_member: As
) -> None:
    running, waiting = promised(factories.offer(alice), bob), waits(factories.offer(alice), bob)
    blocker, blocked = (alice, bob) if who == "owner" else (bob, alice)
    block_member(blocker, blocked)
    sweeps.part(None)
    ended = {"owner": ("released", "declined"), "opener": ("cancelled", "cancelled")}[who]
    assert (state(running), state(waiting)) == ended
    assert why(running) == "not_possible"
    page = as_member(blocked).get(f"/exchanges/{running.public_id}").text.lower()
    assert "blocked" not in page
    assert "no longer here" not in page


@pytest.mark.parametrize(
    ("gone_side", "before", "after"),
    [
        ("opener", "out", "lost"),
        ("owner", "out", "closed"),
        ("opener", "returned", "closed"),
        ("opener", "handed_over", "out"),
    ],
)
def test_a_loan_that_is_out_ends_only_at_erasure(
    gone_side: str, before: str, after: str, alice: Member, bob: Member
) -> None:
    ladder = factories.offer(alice, "Tangga", gift=False, loan=True)
    loan = promised(ladder, bob)
    member = alice if gone_side == "owner" else bob
    with transaction():
        loan.state, loan.due_on = before, (utcnow() + 9 * DAY).date()
        loan.there_said_at, loan.there_said_by_id = utcnow(), alice.id
        if before != "handed_over":
            loan.there_at = utcnow()
    gone("leaving", member)
    assert sweeps.part(None) == 0
    assert state(loan) == before
    gone("erased", member)
    sweeps.part(None)
    assert state(loan) == after
    if after == "out":
        sweeps.part(None)
        assert state(loan) == "lost"
    db.session.refresh(ladder)
    assert (ladder.promised, ladder.given) == (0, int(state(loan) == "lost"))


def test_one_thing_without_a_number_can_be_changed_while_it_is_promised(
    alice: Member, bob: Member, as_member: As
) -> None:

    thing = factories.offer(alice, "Sepeda anak", category="toys")
    promised(thing, bob)
    draft = draft_of(thing)
    edit_listing(alice, thing.public_id, draft, analyse=analysed)
    db.session.refresh(thing)
    assert (thing.state, thing.promised) == ("open", 1)


def test_what_is_promised_is_not_edited_away_and_what_is_given_closes(
    alice: Member, bob: Member
) -> None:

    books = factories.offer(alice, "Buku", quantity=10, unit="piece", category="toys")
    with transaction() as session:
        session.query(Listing).filter_by(id=books.id).update({"given": 4, "promised": 2})
    db.session.refresh(books)
    draft = draft_of(books)
    for quantity in (5, None):  # without a number a thing is one
        with pytest.raises(Invalid) as refused:
            edit_listing(
                alice, books.public_id, replace(draft, quantity=quantity), analyse=analysed
            )
        assert [p.code for p in refused.value.problems] == ["quantity_promised"]
    with transaction() as session:
        session.query(Listing).filter_by(id=books.id).update({"promised": 0})
    edit_listing(alice, books.public_id, replace(draft, quantity=4), analyse=analysed)
    db.session.refresh(books)
    assert (books.state, books.left) == ("fulfilled", 0)


def test_what_is_given_meanwhile_is_not_brought_back(alice: Member, bob: Member) -> None:
    thing = factories.offer(alice)
    promised(thing, bob)
    fulfil_listing(alice, thing.public_id, "here")
    with transaction() as session:
        session.query(Listing).filter_by(id=thing.id).update({"promised": 0, "given": 1})
    with pytest.raises(Conflict):
        restore_listing(alice, thing.public_id)


def test_a_copy_begins_anew_with_the_same_rule(alice: Member, bob: Member) -> None:
    books = factories.offer(alice, "Buku", quantity=3, giving_rule="choice")
    promised(books, bob)
    copied = copy_listing(alice, books.public_id)
    assert (copied.giving_rule, copied.promised, copied.given) == ("choice", 0, 0)
    assert copied.quantity == 3
