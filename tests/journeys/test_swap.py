"""Swaps over HTTP: both halves are followed, each said by one side and agreed by the other; one is
objected to once; one that stays half done is broken off."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.exchanges.models import Exchange, ExchangeEvent
from tests.exchanges import stages

AsMember = Callable[[Member], FlaskClient]


def reads(client: FlaskClient, address: str, *sentences: str) -> None:
    page = client.get(address).text
    for sentence in sentences:
        assert sentence in page


def counters(exchange: Exchange) -> tuple[int, int]:
    db.session.refresh(exchange)
    db.session.refresh(exchange.listing)
    return exchange.listing.promised, exchange.listing.given


def test_a_swap_goes_both_ways_and_is_objected_to_once(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    listing = stages.post(alice, "swap")
    giver, taker = as_member(alice), as_member(bob)
    asked = taker.post(
        f"/listings/{listing.public_id}/exchanges",
        data={"body": "Saya punya bayam, Bu.", "in_return": "Dua ikat bayam"},
    )
    address = asked.location
    assert giver.post(f"{address}/promise").status_code == 303
    reads(giver, address, "You give: Sepeda anak", "Bob gives: Dua ikat bayam")
    reads(taker, address, "Alice gives: Sepeda anak", "You give: Dua ikat bayam")

    # Alice gives hers and says so; Bob has not got it: he objects, once.
    giver.post(f"{address}/handover", data={"way": "there"})
    reads(taker, address, "Alice says that you have received the other half")
    objected = taker.post(f"{address}/objection", data={"way": "there"}, follow_redirects=True)
    assert "Alice has been told." in objected.text
    exchange = db.session.query(Exchange).one()
    db.session.refresh(exchange)
    assert exchange.state == "promised"
    reads(giver, address, "Bob said that it has not changed hands yet")

    # Then it happens; Bob says that he has it, and Alice agrees: one half is done.
    taker.post(f"{address}/handover", data={"way": "there"})
    reads(giver, address, "Bob says that you have given your half")
    giver.post(f"{address}/confirmation", data={"way": "there"})
    reads(taker, address, "Your half of the swap is still to come")
    reads(giver, address, "The half of Bob is still to come")
    assert counters(exchange) == (1, 0)

    taker.post(f"{address}/handover", data={"way": "back"})
    giver.post(f"{address}/confirmation")
    reads(giver, address, "It is done")
    assert counters(exchange) == (0, 1)
    kept = [event.verb for event in db.session.query(ExchangeEvent).order_by(ExchangeEvent.id)]
    assert kept == [
        *("ask", "promise", "hand_over", "object", "hand_over", "confirm"),
        *("hand_over", "confirm"),
    ]


def test_of_two_halves_that_were_said_one_is_agreed_and_the_other_objected_to(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("arranged", stages.asked(bob, stages.post(alice, "swap")))
    address, giver, taker = f"/exchanges/{exchange.public_id}", as_member(alice), as_member(bob)
    for way in ("there", "back"):  # two taps within a minute, of two different things
        assert giver.post(f"{address}/handover", data={"way": way}).status_code == 303
    taker.post(f"{address}/objection", data={"way": "back"})
    db.session.refresh(exchange)
    assert (exchange.state, exchange.there_said_at is None) == ("handed_over", False)
    assert exchange.back_said_at is None
    taker.post(f"{address}/confirmation", data={"way": "there"})
    db.session.refresh(exchange)
    assert (exchange.state, exchange.there_at is None) == ("partly", False)


def test_who_says_the_same_as_the_other_has_just_said_agrees_with_them(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("met", stages.asked(bob, stages.post(alice, "gift")))
    address = f"/exchanges/{exchange.public_id}/handover"
    assert as_member(alice).post(address).status_code == 303
    assert as_member(bob).post(address).status_code == 303
    assert counters(exchange) == (0, 1)
    assert exchange.state == "closed"


@pytest.mark.parametrize(("direction", "given"), [("offer", 1), ("request", 1)])
def test_a_half_swap_is_broken_off_with_a_reason_and_what_went_is_gone(
    alice: Member, bob: Member, as_member: AsMember, direction: str, given: int
) -> None:
    listing = stages.post(alice, "swap", direction)
    exchange = stages.reach("partly", stages.asked(bob, listing))
    address, client = f"/exchanges/{exchange.public_id}", as_member(exchange.giver)
    assert client.post(f"{address}/failure", data={}).status_code == 422
    client.post(f"{address}/failure", data={"reason": "no_show"})
    assert counters(exchange) == (0, given)
    assert exchange.state == "did_not_happen"


def test_the_site_ends_a_swap_of_which_one_half_never_comes(
    alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    exchange = stages.reach("handed_over", stages.asked(bob, stages.post(alice, "swap")))
    states = []
    for days in (8, 23):
        with time_machine.travel(utcnow() + timedelta(days=days)):
            settle()
        db.session.rollback()  # the sweeps have a session of their own
        states.append(exchange.state)
    assert states == ["partly", "did_not_happen"]
    assert counters(exchange) == (0, 1)


def test_a_report_is_disputed_once_and_only_by_the_other_side_and_only_for_two_weeks(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("did_not_happen", stages.asked(bob, stages.post(alice, "gift")))
    address, ended = f"/exchanges/{exchange.public_id}", exchange.ended_at
    assert as_member(bob).post(f"{address}/dispute").status_code == 409  # it was his own report
    with time_machine.travel(utcnow() + timedelta(days=15)):
        late = as_member(alice)
        assert "That is not so" not in late.get(address).text
        assert late.post(f"{address}/dispute").status_code == 409
    reads(as_member(alice), address, "That is not so")
    disputed = as_member(alice).post(f"{address}/dispute", follow_redirects=True)
    assert "You have said that the report is not so" in disputed.text
    reads(as_member(bob), address, "Alice says that your report is not so")
    db.session.refresh(exchange)
    assert (exchange.state, exchange.ended_at) == ("did_not_happen", ended)
    assert counters(exchange) == (0, 0)
    with time_machine.travel(utcnow() + timedelta(minutes=5)):
        assert as_member(alice).post(f"{address}/dispute").status_code == 409
        assert as_member(bob).post(f"{address}/dispute").status_code == 409
