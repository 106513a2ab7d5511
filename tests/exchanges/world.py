"""A small neighbourhood in which anything may happen to exchanges, and what must hold of it then.

Tests drive it; it decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import handing, loans, meetings, proposals, returns, rules, service
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.moves import Details, exchange_of, is_second_tap, may, move
from marketplace.listings.models import Listing
from marketplace.matching.models import Match
from marketplace.messages.models import Conversation, Message
from marketplace.notifications.models import Notification
from tests import factories

# What an example leaves and the next must not find, children first. The members stay.
_OF_AN_EXAMPLE = (
    "blocks", "notifications", "outgoing_mails", "feedbacks", "thanks", "return_checks",
    "place_views", "exact_places", "proposals", "exchange_events", "exchanges", "read_marks",
    "message_photos", "messages", "conversations", "matches", "reputations", "listing_events",
    "wishes", "listings",
)  # fmt: skip


def forget_the_example_before() -> None:
    """Delete the rows of the last example; cheaper than a new database."""
    with transaction() as session:
        for name in _OF_AN_EXAMPLE:
            session.execute(db.metadata.tables[name].delete())


def listings_of(owner: Member, other: Member) -> list[Listing]:
    """One of each kind that behaves differently: counted and not, each of the terms, and a pair
    that fits, so that one exchange may count on both."""
    every = {"gift": True, "loan": True, "swap": True, "loan_days_max": 10}
    made = [
        factories.offer(owner, "Sepeda anak", **every),
        factories.offer(owner, "Buku tulis", quantity=7, giving_rule="first", **every),
        factories.offer(owner, "Bimbingan", kind="mentoring", **every),
        factories.request(owner, "Butuh kursi", quantity=5, **every),
        factories.offer(owner, "Bibit cabai", quantity=4, giving_rule="choice", **every),
        factories.request(other, "Perlu bibit cabai", quantity=3, **every),
    ]
    with transaction() as session:
        session.add(
            Match(
                offer_id=made[4].id, request_id=made[5].id, score=0.9, offer_revision=1,
                request_revision=1,
            )
        )  # fmt: skip
    return made


def exchanges() -> list[Exchange]:
    return list(db.session.scalars(select(Exchange).order_by(Exchange.id)))


@dataclass(frozen=True, slots=True)
class Tap:
    """Somebody takes a step; ``how`` holds what they filled in."""

    actor: Member
    exchange: Exchange
    verb: str
    reason: str = ""
    amount: int | None = None
    way: str = rules.THERE


def _by_move(tap: Tap, write: Callable[[Exchange], object] = bool) -> None:
    with transaction():
        row = exchange_of(tap.actor, tap.exchange.public_id, lock=True)
        if not is_second_tap(tap.actor, row, tap.verb):
            move(tap.actor, row, tap.verb, Details(tap.reason, write=lambda: write(row)))


def _meet(tap: Tap) -> None:
    """The other side shows the code, the actor enters it."""
    handing.own_code(tap.exchange.other(tap.actor), tap.exchange.public_id)
    row = exchange_of(tap.actor, tap.exchange.public_id)
    column = "receiver_code" if tap.actor.id == row.giver_id else "giver_code"
    handing.meet(tap.actor, row.public_id, getattr(row, column))


def _arrange(tap: Tap) -> None:
    """The other side proposes a meeting, the actor accepts."""
    number, proposed = tap.exchange.public_id, "unknown00000"
    if may(tap.actor, tap.exchange, "arrange"):
        day = (utcnow() + timedelta(days=2)).date().isoformat()
        draft = proposals.Draft(day=day, clock="16:00", place="Balai warga")
        proposed = meetings.propose(tap.exchange.other(tap.actor), number, draft).public_id
    meetings.accept(tap.actor, number, proposed)


def _extend(tap: Tap) -> None:
    """Some days more than it was when it went out, so that a second tap says the same."""
    due = (tap.exchange.there_at or utcnow()).date() + timedelta(days=14 + (tap.amount or 0))
    loans.extend(tap.actor, tap.exchange.public_id, due)


def _accept_return(tap: Tap) -> None:
    seen = returns.Seen("as_before")
    returns.check_return(tap.actor, tap.exchange.public_id, seen, folder=Path("/nowhere"))


# verb -> how a member does it; what is not named here is done by the bare step.
_DEEDS: dict[str, Callable[[Tap], object]] = {
    "promise": lambda tap: service.promise(tap.actor, tap.exchange.public_id, tap.amount),
    "decline": lambda tap: service.decline(tap.actor, tap.exchange.public_id, tap.reason),
    "withdraw": lambda tap: service.withdraw(tap.actor, tap.exchange.public_id),
    "release": lambda tap: service.call_off(tap.actor, tap.exchange.public_id, tap.reason),
    "cancel": lambda tap: service.call_off(tap.actor, tap.exchange.public_id, tap.reason),
    "fail": lambda tap: service.report_failure(tap.actor, tap.exchange.public_id, tap.reason),
    "break_off": lambda tap: service.report_failure(tap.actor, tap.exchange.public_id, tap.reason),
    "hand_over": lambda tap: handing.hand_over(tap.actor, tap.exchange.public_id, tap.way),
    "confirm": lambda tap: handing.confirm(tap.actor, tap.exchange.public_id),
    "object": lambda tap: handing.object_to(tap.actor, tap.exchange.public_id),
    "say_returned": lambda tap: loans.say_returned(tap.actor, tap.exchange.public_id),
    "deny_return": lambda tap: loans.deny_return(tap.actor, tap.exchange.public_id),
    "lose": lambda tap: loans.lose(tap.actor, tap.exchange.public_id),
    "find": lambda tap: loans.find(tap.actor, tap.exchange.public_id),
    "accept_return": _accept_return,
    "extend": _extend,
    "meet": _meet,
    "arrange": _arrange,
}


def do(tap: Tap) -> None:
    """Take the step as the member would."""
    _DEEDS.get(tap.verb, _by_move)(tap)


def everything() -> dict[str, Any]:
    """What an illegal step must leave as it was. (Tries of a door code are counted all the same,
    and a code is made when it is first asked for.)"""
    left_out = {"code_tries", "code_tried_at", "giver_code", "receiver_code"}
    columns = [column for column in Exchange.__table__.c if column.name not in left_out]
    counts = (ExchangeEvent, Notification, Message, Conversation)
    return {
        "exchanges": db.session.execute(select(*columns).order_by(Exchange.id)).all(),
        "listings": db.session.execute(
            select(Listing.id, Listing.state, Listing.promised, Listing.given).order_by(Listing.id)
        ).all(),
        "rows": [db.session.scalar(select(func.count()).select_from(one)) for one in counts],
    }


def check_everything() -> None:
    """What holds after each step of anybody."""
    db.session.rollback()
    found = list(db.session.scalars(select(Exchange).options(selectinload(Exchange.events))))
    for listing in db.session.scalars(select(Listing)):
        _check_counters(listing, found)
    running: set[int] = set()
    for one in found:
        if one.runs:
            assert one.conversation_id not in running, "two exchanges run in one conversation"
            running.add(one.conversation_id)
            waits = one.state == "interested"
            assert waits or one.wake_at is not None, f"nobody ever looks at it: {one.state}"
        assert (one.ended_at is None) == one.runs
        assert 1 <= one.quantity <= one.asked
        _check_history(one)


def _check_counters(listing: Listing, found: list[Exchange]) -> None:
    mine = [one for one in found if listing.id in (one.listing_id, one.counterpart_id)]
    promised = sum(one.quantity for one in mine if one.state in rules.RESERVING)
    given = sum(one.quantity for one in mine if is_given(one, listing))
    assert (listing.promised, listing.given) == (promised, given), f"of {listing.title}"
    if listing.capacity is not None:
        assert listing.promised + listing.given <= listing.capacity, f"of {listing.title}"
        if listing.capacity == 1:
            assert sum(one.state in rules.RESERVING for one in mine) <= 1, "promised twice"


def is_given(exchange: Exchange, listing: Listing) -> bool:
    """Whether it changed hands for good: a gift or swap that closed, a loan that was lost, what a
    swap gave before it broke off. A request that a loan met stays met once that is back."""
    broken = exchange.state == "did_not_happen" and exchange.there_at is not None
    for_good = exchange.terms != "loan" or listing.direction == "request"
    closed = exchange.state == "closed" and for_good
    return closed or broken or exchange.state == "lost"


def _check_history(exchange: Exchange) -> None:
    """Each event begins where the one before ended, along a line of the table."""
    state = ""
    for event in exchange.events:
        assert event.from_state == state, f"{event.verb} does not follow"
        state = event.to_state
        if event.verb != "ask":
            assert event.from_state in rules.BY_VERB[event.verb].before
    assert state == exchange.state
