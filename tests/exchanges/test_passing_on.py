"""What comes free goes to the next by itself; deadlines; nobody who waits is forgotten."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import sweeps
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.service import Wish, ask, call_off, promise
from marketplace.listings.models import Listing
from marketplace.messages.service import reply
from marketplace.notifications.models import Notification
from tests import factories
from tests.conftest import Outbox
from tests.exchanges.arranging import arranged
from tests.sample_areas import load_sample

NOON = datetime(2026, 12, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
Settle = Callable[[], None]


@pytest.fixture(autouse=True)
def _places(app: Flask) -> None:
    load_sample()


def offer(owner: Member, title: str = "Sepeda", **values: object) -> Listing:
    return factories.offer(owner, title, **({"expires_at": NOON + 300 * DAY} | values))


def waits(listing: Listing, member: Member, quantity: int = 1, **wish: object) -> Exchange:
    return ask(member, listing.public_id, Wish(quantity=quantity, **wish), "Halo tetangga")


def state(exchange: Exchange) -> str:
    db.session.rollback()
    db.session.refresh(exchange)
    return exchange.state


def counters(listing: Listing) -> tuple[int, int]:
    db.session.rollback()
    db.session.refresh(listing)
    return listing.promised, listing.given


def told(member: Member, kind: str) -> int:
    db.session.rollback()
    rows = db.session.query(Notification).filter_by(member_id=member.id)
    return sum(row.kind.startswith(kind) for row in rows)


def fall_through(how: str, first: Exchange, alice: Member, bob: Member) -> None:
    if how == "released":
        call_off(alice, first.public_id, "no_answer")
    elif how == "cancelled":
        call_off(bob, first.public_id, "changed_mind")


@pytest.mark.parametrize("how", ["released", "cancelled"])
@pytest.mark.parametrize("rule", ["order", "first"])
def test_what_falls_through_goes_to_the_next_by_itself(
    how: str, rule: str, alice: Member, bob: Member, carol: Member, settle: Settle, outbox: Outbox
) -> None:
    bicycle = offer(alice)
    first, second = waits(bicycle, bob), waits(bicycle, carol)
    promise(alice, first.public_id)
    with transaction():
        bicycle.giving_rule = rule
    fall_through(how, first, alice, bob)
    settle()
    assert state(second) == "promised"
    assert counters(bicycle) == (1, 0)
    assert told(carol, "exchange_promise_by_site") == 1
    assert told(alice, "exchange_promise_by_site_owner") == 1


def test_the_owner_who_chooses_is_asked_whom(
    alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    bicycle = offer(alice, giving_rule="choice")
    first, second = waits(bicycle, bob), waits(bicycle, carol)
    promise(alice, first.public_id)
    call_off(bob, first.public_id, "changed_mind")
    settle()
    assert state(second) == "interested"
    assert told(alice, "exchange_free") == 1
    assert counters(bicycle) == (0, 0)


def test_the_owner_who_chooses_hears_nothing_when_nobody_waits(
    alice: Member, bob: Member, settle: Settle
) -> None:
    bicycle = offer(alice, giving_rule="choice")
    first = waits(bicycle, bob)
    promise(alice, first.public_id)
    call_off(bob, first.public_id, "changed_mind")
    settle()
    assert told(alice, "exchange_free") == 0


def test_what_the_owner_cannot_give_just_now_goes_to_nobody_unasked(
    alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    bicycle = offer(alice)
    first, second = waits(bicycle, bob), waits(bicycle, carol)
    promise(alice, first.public_id)
    call_off(alice, first.public_id, "not_possible")
    settle()
    assert state(second) == "interested"
    assert told(alice, "exchange_free") == 1


def test_more_that_comes_free_is_shared_out_in_order(
    alice: Member, bob: Member, carol: Member, staff: Member, settle: Settle
) -> None:
    books = offer(alice, "Buku", quantity=10, unit="piece")
    first = waits(books, bob, 8)
    promise(alice, first.public_id)
    second, third = waits(books, carol, 6), waits(books, staff, 5)
    call_off(bob, first.public_id, "changed_mind")
    settle()
    assert (state(second), second.quantity) == ("promised", 6)
    assert (state(third), third.quantity, third.asked) == ("promised", 4, 5)
    assert counters(books) == (10, 0)


def test_who_cannot_have_it_is_passed_over_and_keeps_the_place(
    alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    bicycle = offer(alice)
    first = waits(bicycle, bob)
    promise(alice, first.public_id)
    away, suspended, blocked = (factories.member(name) for name in ("Away", "Paused", "Blocked"))
    passed_over = [waits(bicycle, one) for one in (away, suspended, blocked)]
    last = waits(bicycle, carol)
    block_member(blocked, alice)
    with transaction():
        away.paused_at = suspended.suspended_at = utcnow()
    call_off(bob, first.public_id, "changed_mind")
    sweeps.pass_on(None)
    assert state(last) == "promised"
    assert {state(one) for one in passed_over} == {"interested"}


def test_a_borrower_who_is_late_is_passed_over(
    alice: Member, bob: Member, carol: Member, staff: Member
) -> None:
    ladder = offer(alice, "Tangga", gift=False, loan=True)
    first, late, third = waits(ladder, staff), waits(ladder, bob), waits(ladder, carol)
    promise(alice, first.public_id)
    other = waits(offer(carol, "Bor", gift=False, loan=True), factories.member("Dewi"))
    with transaction():  # bob has something of carol's and is late with it
        other.opener_id = other.receiver_id = bob.id
        other.state, other.due_on = "out", (utcnow() - 3 * DAY).date()
    call_off(staff, first.public_id, "changed_mind")
    sweeps.pass_on(None)
    assert (state(late), state(third)) == ("interested", "promised")


@pytest.mark.parametrize("change", ["closed", "ran out", "owner away"])
def test_nothing_passes_on_where_nothing_is_given(
    change: str, alice: Member, bob: Member, carol: Member
) -> None:
    bicycle = offer(alice)
    first, second = waits(bicycle, bob), waits(bicycle, carol)
    promise(alice, first.public_id)
    with transaction():
        if change == "closed":
            bicycle.state = "withdrawn"
        elif change == "ran out":
            bicycle.expires_at = utcnow() - timedelta(hours=1)
        else:
            alice.paused_at = utcnow()
    call_off(bob, first.public_id, "changed_mind")
    sweeps.pass_on(None)
    assert state(second) == "interested"
    assert counters(bicycle) == (0, 0)


def test_a_loan_that_is_back_goes_to_the_next(alice: Member, bob: Member, carol: Member) -> None:
    ladder = offer(alice, "Tangga", gift=False, loan=True)
    first, second = waits(ladder, bob), waits(ladder, carol)
    promise(alice, first.public_id)
    with transaction() as session:
        first.state = "closed"
        session.query(Listing).filter_by(id=ladder.id).update({"promised": 0})
    sweeps.pass_on(None)
    assert state(second) == "promised"


def test_a_promise_without_a_meeting_is_reminded_then_lapses_and_passes_on(
    alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        bicycle = offer(alice)
        first, second = waits(bicycle, bob), waits(bicycle, carol)
        promise(alice, first.public_id)
        clock.move_to(NOON + 2 * DAY - timedelta(minutes=1))
        settle()
        assert told(bob, "promise_waits") == 0
        clock.move_to(NOON + 2 * DAY)
        settle()
        assert told(bob, "promise_waits") == told(alice, "promise_waits") == 1
        clock.move_to(NOON + 4 * DAY - timedelta(minutes=1))
        settle()
        assert state(first) == "promised"
        clock.move_to(NOON + 4 * DAY)
        settle()
        assert (state(first), state(second)) == ("released", "promised")
        assert counters(bicycle) == (1, 0)


def test_a_conversation_that_is_alive_is_not_cut_off(
    alice: Member, bob: Member, settle: Settle
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        bicycle = offer(alice)
        mine = waits(bicycle, bob)
        promise(alice, mine.public_id)
        talk = mine.conversation.public_id
        clock.move_to(NOON + 2 * DAY)
        settle()
        clock.move_to(NOON + 3 * DAY)
        reply(bob, talk, "Saya sakit, minggu depan ya")
        clock.move_to(NOON + 6 * DAY)
        settle()
        assert state(mine) == "promised"
        assert told(bob, "promise_waits") == 2, "they fell silent again"
        clock.move_to(NOON + 7 * DAY)
        settle()
        assert state(mine) == "released"


def test_a_meeting_about_which_they_still_write_is_not_cut_off(
    alice: Member, bob: Member, settle: Settle
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        mine = waits(offer(alice), bob)
        promise(alice, mine.public_id)
        with transaction():
            mine.state, mine.meets_at, mine.meets_zone = "arranged", NOON + DAY, "Asia/Jakarta"
            mine.wake_at = NOON + 8 * DAY
            mine.stage = 3
        clock.move_to(NOON + 7 * DAY)
        reply(bob, mine.conversation.public_id, "Maaf, bagaimana kalau besok?")
        clock.move_to(NOON + 8 * DAY)
        settle()
        assert state(mine) == "arranged"
        clock.move_to(NOON + 11 * DAY)
        settle()
        assert state(mine) == "did_not_happen"


def test_what_is_arranged_and_not_collected_is_asked_about_and_passes_on(
    alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        mine = arranged(alice, bob, days=3, expires_at=NOON + 300 * DAY)
        meeting = mine.meets_at or NOON
        next_one = waits(mine.listing, carol)
        clock.move_to(meeting + timedelta(hours=2))
        settle()
        assert told(bob, "meeting_over") == 0
        clock.move_to(meeting + timedelta(hours=3, minutes=1))
        settle()
        assert told(bob, "meeting_over") == told(alice, "meeting_over") == 1
        clock.move_to(meeting + 3 * DAY)
        settle()
        assert told(bob, "meeting_over_still") == 1
        clock.move_to(meeting + 7 * DAY - timedelta(minutes=1))
        settle()
        assert state(mine) == "arranged"
        clock.move_to(meeting + 7 * DAY)
        settle()
        assert (state(mine), state(next_one)) == ("did_not_happen", "promised")
        assert counters(mine.listing) == (1, 0)


def test_an_owner_who_leaves_people_waiting_is_reminded_of_all_together(
    alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        bicycle = offer(alice)
        waits(bicycle, bob)
        clock.move_to(NOON + DAY)
        waits(bicycle, carol)
        clock.move_to(NOON + 2 * DAY - timedelta(minutes=1))
        settle()
        assert told(alice, "askers_wait") == 0
        clock.move_to(NOON + 2 * DAY)
        settle()
        assert told(alice, "askers_wait") == 1
        clock.move_to(NOON + 9 * DAY - timedelta(minutes=1))
        settle()
        assert told(alice, "askers_wait") == 1
        clock.move_to(NOON + 9 * DAY)
        settle()
        assert told(alice, "askers_wait") == 2
        row = db.session.query(Notification).filter_by(kind="askers_wait").first()
        assert row.params["waiting"] == 2
        assert row.link == f"/listings/{bicycle.public_id}/queue"


def test_an_owner_with_nothing_left_is_not_reminded(
    alice: Member, bob: Member, carol: Member
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        bicycle = offer(alice)
        first = waits(bicycle, bob)
        waits(bicycle, carol)
        promise(alice, first.public_id)
        clock.move_to(NOON + 2 * DAY)
        sweeps.wake(None)
        assert told(alice, "askers_wait") == 0


def test_a_row_that_fails_keeps_nobody_else_from_an_end(
    alice: Member, bob: Member, carol: Member
) -> None:
    bad, good = offer(alice), offer(alice, "Meja")
    broken, fine = waits(bad, bob), waits(good, carol)
    with transaction() as session:
        long_ago = utcnow() - DAY
        for one in (bad, good):
            one.state, one.updated_at = "withdrawn", long_ago
        # A history that cannot be: the counters of this one do not add up.
        broken.state, broken.promised_at, broken.quantity = "promised", long_ago, 5
        broken.wake_at = fine.wake_at = long_ago - DAY
        fine.state = "promised"
        session.flush()
        session.query(Listing).filter_by(id=good.id).update({"promised": 1})
        broken.stage = fine.stage = 1
        broken.conversation.last_message_at = fine.conversation.last_message_at = utcnow() - 9 * DAY
        for event in (*broken.events, *fine.events):
            event.at = utcnow() - 9 * DAY
    with pytest.raises(RuntimeError, match="do not add up"):
        sweeps.wake(None)
    assert (state(broken), state(fine)) == ("promised", "released")
    assert sweeps.wake(None) == 0, "and it is left alone for a while"
    with time_machine.travel(utcnow() + timedelta(minutes=11)), pytest.raises(RuntimeError):
        sweeps.wake(None)


def test_batches_are_bounded(alice: Member, bob: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "BATCH", 2)
    for number in range(5):
        thing = offer(alice, f"Barang {number}")
        promise(alice, (one := waits(thing, bob)).public_id)
        call_off(bob, one.public_id, "changed_mind")
    assert [sweeps.pass_on(None) for _ in range(4)] == [2, 2, 1, 0]


def test_what_the_sweeps_look_for_has_indexes_of_its_own(app: Flask) -> None:
    """Tens of thousands of exchanges that are over cost them nothing."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the tables")
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        if statement.startswith("SELECT"):
            found = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.append(found.fetchall()[0][3])

    event.listen(db.engine, "before_cursor_execute", explain)
    for sweep in (sweeps.wake, sweeps.pass_on, sweeps.answer_waiting, sweeps.part):
        sweep(None)
    event.remove(db.engine, "before_cursor_execute", explain)
    for plan, index in zip(plans, ("wake_at", "came_free", "waiting"), strict=False):
        assert f"INDEX ix_exchanges_{index}" in plan
    assert "INDEX ix_exchanges_one_running" in plans[-1]
