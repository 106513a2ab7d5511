"""Proposals of place and time, over HTTP and by the service: who may, what stands, what is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import handing, meetings, proposals, service, suggesting
from marketplace.exchanges.models import Exchange, Proposal
from marketplace.listings import hours
from marketplace.notifications.models import Notification
from marketplace.places import zones
from tests.conftest import Outbox
from tests.exchanges.arranging import WHERE, arranged, draft, lent, promised, proposed

Browser = Callable[[Member], FlaskClient]


def states() -> list[str]:
    return list(db.session.scalars(select(Proposal.state).order_by(Proposal.id)))


def news_of(member: Member) -> list[str]:
    db.session.rollback()  # the sweeps write in a session of their own
    rows = select(Notification.kind).where(Notification.member_id == member.id)
    return list(db.session.scalars(rows.order_by(Notification.id)))


def form(days: int = 3, **values: str) -> dict[str, str]:
    typed = draft(days)
    return {"day": typed.day, "clock": typed.clock, "place": WHERE, "words": ""} | values


def test_one_proposes_and_the_other_accepts(alice: Member, bob: Member, as_member: Browser) -> None:
    exchange = promised(alice, bob)
    address = f"/exchanges/{exchange.public_id}"
    assert "Propose a place and a time" in as_member(bob).get(address).text
    page = as_member(bob).get(f"{address}/proposals")
    assert page.status_code == 200
    assert "WIB" in page.text
    sent = as_member(bob).post(f"{address}/proposals", data=form(words="Bawa tas, ya."))
    assert sent.status_code == 303
    assert "Alice has not answered yet" in as_member(bob).get(address).text
    shown = as_member(alice).get(address).text
    assert "Bob proposes" in shown
    assert WHERE in shown
    assert "Bawa tas, ya." in shown
    proposal = db.session.scalars(select(Proposal)).one()
    accepting = f"{address}/proposals/{proposal.public_id}/acceptance"
    assert accepting in shown
    assert as_member(alice).post(accepting).status_code == 303
    assert as_member(alice).post(accepting).status_code == 303, "a second tap changes nothing"
    db.session.refresh(exchange)
    assert (exchange.state, exchange.meets_where) == ("arranged", WHERE)
    assert exchange.meets_at == proposal.starts_at
    assert exchange.meeting_revision == 1
    for reader in (alice, bob):
        text = as_member(reader).get(address).text
        assert "To the calendar" in text
        assert WHERE in text
        assert "Bawa tas, ya." in text
    assert news_of(alice)[-2:] == ["meeting_proposed", "meeting_noted"]
    assert news_of(bob)[-1] == "exchange_arrange"


def test_another_proposal_of_ones_own_takes_the_place_of_the_first(
    alice: Member, bob: Member
) -> None:
    exchange = promised(alice, bob)
    first = proposed(bob, exchange)
    second = proposed(bob, exchange, 4)
    assert states() == ["withdrawn", "open"]
    with pytest.raises(Conflict, match="proposal_answered"):
        meetings.accept(alice, exchange.public_id, first.public_id)
    assert meetings.accept(alice, exchange.public_id, second.public_id).state == "arranged"


def test_another_proposal_of_the_other_side_counters_the_first(alice: Member, bob: Member) -> None:
    exchange = promised(alice, bob)
    first = proposed(bob, exchange)
    second = proposed(alice, exchange, 4)
    assert states() == ["countered", "open"]
    assert news_of(bob)[-1] == "meeting_countered"
    with pytest.raises(Conflict, match="proposal_answered"):
        meetings.accept(alice, exchange.public_id, first.public_id)
    meetings.accept(bob, exchange.public_id, second.public_id)
    assert states() == ["countered", "accepted"]


def test_the_same_proposal_twice_is_one(alice: Member, bob: Member) -> None:
    exchange = promised(alice, bob)
    said = draft()
    first = meetings.propose(bob, exchange.public_id, said)
    assert meetings.propose(bob, exchange.public_id, said).id == first.id
    assert news_of(alice).count("meeting_proposed") == 1


def test_nobody_answers_their_own_proposal_or_takes_back_the_others(
    alice: Member, bob: Member
) -> None:
    exchange = promised(alice, bob)
    proposal = proposed(bob, exchange)
    for step, who in (
        (meetings.accept, bob), (meetings.decline, bob), (meetings.withdraw, alice),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            step(who, exchange.public_id, proposal.public_id)
    assert states() == ["open"]


@pytest.mark.parametrize(
    ("step", "who", "state", "news"),
    [
        ("refusal", "alice", "declined", ("bob", "meeting_declined")),
        ("withdrawal", "bob", "withdrawn", ("alice", "meeting_withdrawn")),
    ],
)
def test_a_proposal_is_declined_or_taken_back_once(
    alice: Member,
    bob: Member,
    as_member: Browser,
    step: str,
    who: str,
    state: str,
    news: tuple[str, str],
) -> None:
    cast = {"alice": alice, "bob": bob}
    exchange = promised(alice, bob)
    address = f"/exchanges/{exchange.public_id}/proposals/{proposed(bob, exchange).public_id}"
    for _tap in range(2):
        assert as_member(cast[who]).post(f"{address}/{step}").status_code == 303
    assert states() == [state]
    late = as_member(alice).post(f"{address}/acceptance")
    assert "This proposal is no longer open" in late.text
    assert news_of(cast[news[0]]).count(news[1]) == 1
    assert as_member(alice).post(f"{address}/acceptance").status_code == 409
    db.session.refresh(exchange)
    assert exchange.state == "promised"


def test_what_was_proposed_for_a_time_that_has_passed_is_not_accepted(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = promised(alice, bob)
    proposal = proposed(bob, exchange, days=1)
    with time_machine.travel(utcnow() + timedelta(days=1, minutes=5)):
        with pytest.raises(Conflict, match="proposal_past"):
            meetings.accept(alice, exchange.public_id, proposal.public_id)
        root = f"/exchanges/{exchange.public_id}"
        refused = as_member(alice).post(f"{root}/proposals/{proposal.public_id}/acceptance")
        assert refused.status_code == 409
        assert "Propose another time that suits you." in refused.text
        page = as_member(alice).get(root).text
        assert "This time has passed" in page
        assert "/acceptance" not in page


def test_a_moved_meeting_stands_until_the_new_one_is_accepted(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = arranged(alice, bob)
    stood = exchange.meets_at
    proposal = proposed(alice, exchange, 5, place="Balai RW")
    db.session.refresh(exchange)
    assert (exchange.state, exchange.meets_at, exchange.meets_where) == ("arranged", stood, WHERE)
    page = as_member(bob).get(f"/exchanges/{exchange.public_id}").text
    assert WHERE in page
    assert "Alice proposes instead" in page
    meetings.accept(bob, exchange.public_id, proposal.public_id)
    assert exchange.meets_at == proposal.starts_at
    assert (exchange.meets_where, exchange.meeting_revision) == ("Balai RW", 2)
    assert news_of(alice)[-1] == "meeting_moved"
    assert news_of(bob)[-1] == "meeting_noted"


def test_bringing_a_loan_back_is_arranged_without_a_change_of_state(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = lent(alice, bob)
    assert exchange.state == "out"
    page = as_member(bob).get(f"/exchanges/{exchange.public_id}").text
    assert "Arrange how it comes back" in page
    meetings.accept(alice, exchange.public_id, proposed(bob, exchange, 10).public_id)
    assert (exchange.state, exchange.meets_where) == ("out", WHERE)
    handing.meet(alice, exchange.public_id, handing.own_code(bob, exchange.public_id))
    assert (exchange.state, exchange.meets_at, exchange.meets_where) == ("closed", None, "")


def test_the_meeting_of_a_loan_is_over_once_the_loan_is_out(alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob, terms="loan")
    late = proposed(bob, exchange, 6)
    handing.meet(alice, exchange.public_id, handing.own_code(bob, exchange.public_id))
    assert (exchange.state, exchange.meets_at) == ("out", None)
    db.session.refresh(late)
    assert late.state == "withdrawn", "it was about the meeting that is over"


def test_the_second_half_of_a_swap_is_arranged_too(alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob, terms="swap")
    handing.hand_over(alice, exchange.public_id)
    handing.confirm(bob, exchange.public_id)
    assert (exchange.state, exchange.meets_at) == ("partly", None)
    meetings.accept(alice, exchange.public_id, proposed(bob, exchange).public_id)
    assert (exchange.state, exchange.meets_where) == ("partly", WHERE)


def test_an_objection_leaves_the_meeting_as_it_was(alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob)
    handing.hand_over(alice, exchange.public_id)
    handing.object_to(bob, exchange.public_id)
    assert (exchange.state, exchange.meets_where) == ("arranged", WHERE)


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_calling_off_leaves_no_meeting_and_no_proposal(
    alice: Member, bob: Member, who: str
) -> None:
    exchange = arranged(alice, bob)
    proposed(alice, exchange, 6)
    service.call_off({"alice": alice, "bob": bob}[who], exchange.public_id, "not_possible")
    assert (exchange.meets_at, exchange.meets_where) == (None, "")
    assert states() == ["accepted", "withdrawn"]
    assert set(db.session.scalars(select(Proposal.place))) == {""}


def test_what_is_not_promised_cannot_be_arranged(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = promised(alice, bob)
    proposal = proposed(bob, exchange)
    service.call_off(bob, exchange.public_id, "other")
    address = f"/exchanges/{exchange.public_id}/proposals"
    assert as_member(bob).get(address).status_code == 409
    assert as_member(bob).post(address, data=form()).status_code == 409
    assert as_member(alice).post(f"{address}/{proposal.public_id}/acceptance").status_code == 409
    assert "/proposals" not in as_member(bob).get(f"/exchanges/{exchange.public_id}").text


def test_a_block_or_a_pause_stops_proposals(alice: Member, bob: Member) -> None:
    exchange = promised(alice, bob)
    proposal = proposed(bob, exchange)
    with transaction():
        alice.suspended_at = utcnow()
    with pytest.raises(NotAllowed):
        meetings.accept(alice, exchange.public_id, proposal.public_id)
    with transaction():
        alice.suspended_at = None
    block_member(bob, alice)
    with pytest.raises(Conflict, match="cannot_write"):
        meetings.accept(alice, exchange.public_id, proposal.public_id)


def test_a_stranger_and_a_visitor_find_nothing(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: Browser
) -> None:
    exchange = promised(alice, bob)
    proposal = proposed(bob, exchange)
    root = f"/exchanges/{exchange.public_id}"
    answers = [f"{root}/proposals/{proposal.public_id}/{one}"
               for one in ("acceptance", "refusal", "withdrawal")]  # fmt: skip
    for address in (f"{root}/proposals", *answers):
        assert as_member(carol).post(address, data=form()).status_code == 404
        assert "/sign-in" in app.test_client().post(address).headers["Location"]
    for address in answers:
        assert as_member(alice).get(address).status_code == 405
    assert as_member(alice).post(f"{root}/proposals/unknown/acceptance").status_code == 404
    assert states() == ["open"]


def test_a_proposal_of_one_exchange_is_not_found_in_another(alice: Member, bob: Member) -> None:
    one, other = promised(alice, bob), promised(alice, bob)
    proposal = proposed(bob, one)
    with pytest.raises(NotFound):
        meetings.accept(alice, other.public_id, proposal.public_id)


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_is_kept(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = promised(alice, bob)
    typed = form(day="31/2/2027", clock="sore", place="", words="Bawa tas, ya.", when="other")
    page = as_member(bob).post(f"/exchanges/{exchange.public_id}/proposals", data=typed)
    assert page.status_code == 422
    for shown in ("day/month/year", "Write the time like", "the village library",
                  'value="31/2/2027"', 'value="sore"', "Bawa tas, ya."):  # fmt: skip
        assert shown in page.text
    assert 'id="day-error"' in page.text
    assert 'id="clock-error"' in page.text
    assert 'id="place-error"' in page.text
    assert states() == []


def test_one_tap_takes_a_suggested_time(alice: Member, bob: Member, as_member: Browser) -> None:
    exchange = promised(alice, bob)
    suggested = suggesting.suggestions(exchange)[1]
    value = suggested.isoformat(timespec="minutes")
    address = f"/exchanges/{exchange.public_id}/proposals"
    assert f'value="{value}"' in as_member(bob).get(address).text
    as_member(bob).post(address, data={"when": value, "place": WHERE})
    assert db.session.scalars(select(Proposal.starts_at)).one() == suggested


@pytest.mark.parametrize(
    ("zone", "name"), [(zones.WESTERN, "WIB"), (zones.CENTRAL, "WITA"), (zones.EASTERN, "WIT")]
)
def test_the_time_is_that_of_the_place_and_says_so(
    alice: Member, bob: Member, as_member: Browser, zone: str, name: str
) -> None:
    exchange = promised(alice, bob)
    with transaction():
        exchange.listing.zone = zone
    address = f"/exchanges/{exchange.public_id}"
    as_member(bob).post(f"{address}/proposals", data=form(clock="09:00"))
    page = as_member(alice).get(address).text
    assert f"9:00 AM {name}" in page
    assert ("By your clock" in page) == (zone != zones.WESTERN)


def test_suggestions_suit_both_posts_and_wait_until_a_loan_is_due(
    alice: Member, bob: Member
) -> None:
    mornings = hours.mask_of([(day, "pagi") for day in range(7)])
    exchange = promised(alice, bob, hours=hours.encode(mornings))
    assert {one.hour for one in suggesting.suggestions(exchange)} == {9}
    loan = lent(alice, bob)
    assert loan.due_on is not None
    first = suggesting.suggestions(loan)[0].date()
    assert loan.due_on - timedelta(days=1) <= first <= loan.due_on


def test_a_talk_about_a_time_has_an_end(alice: Member, bob: Member) -> None:
    exchange = promised(alice, bob)
    for number in range(proposals.A_DAY_MAX):
        proposed(bob, exchange, 2 + number)
    with pytest.raises(Invalid):
        proposed(bob, exchange, 90)


def test_news_say_when_by_the_clock_of_who_reads_and_where(
    alice: Member, bob: Member, settle: Callable[[], None], outbox: Outbox
) -> None:
    with transaction():
        bob.zone = zones.EASTERN
    exchange = promised(alice, bob)
    proposed(alice, exchange, clock="09:00")
    settle()
    [mail] = [one for one in outbox.to("bob@example.org") if "proposes to meet" in one["Subject"]]
    assert "11:00 AM WIT" in mail["Subject"]
    assert WHERE in mail["Subject"]


def test_both_are_reminded_a_day_before_with_time_and_place(
    alice: Member, bob: Member, settle: Callable[[], None], outbox: Outbox
) -> None:
    exchange = arranged(alice, bob, days=3)
    settle()
    with time_machine.travel(utcnow() + timedelta(days=2, minutes=5)):
        settle()
        for who in (alice, bob):
            assert news_of(who).count("meeting_soon") == 1
        assert any(WHERE in one["Subject"] for one in outbox.to("bob@example.org"))
    assert exchange.state == "arranged"


def test_both_are_reminded_of_the_meeting_for_bringing_back_once(
    alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    exchange = lent(alice, bob)
    meetings.accept(alice, exchange.public_id, proposed(bob, exchange, 5).public_id)
    settle()
    assert "meeting_soon" not in news_of(bob)
    with time_machine.travel(utcnow() + timedelta(days=4, minutes=5)):
        settle()
        settle()
        assert news_of(bob).count("meeting_soon") == 1
        assert news_of(alice).count("meeting_soon") == 1


def test_nobody_is_reminded_of_what_was_agreed_on_within_the_day(
    alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    exchange = lent(alice, bob)
    meetings.accept(alice, exchange.public_id, proposed(bob, exchange, 0.5).public_id)
    settle()
    assert "meeting_soon" not in news_of(bob)


def test_an_exchange_of_the_database_has_one_open_proposal(alice: Member, bob: Member) -> None:
    exchange = promised(alice, bob)
    for number, who in enumerate((bob, alice, alice, bob)):
        proposed(who, exchange, 2 + number)
        running = select(Proposal).where(Proposal.state == "open")
        assert len(db.session.scalars(running).all()) == 1
    assert isinstance(db.session.get(Exchange, exchange.id), Exchange)
