"""Who waits for a listing, in which order; what its owner sees of them, and who is next.

The order is that of asking. Who cannot have it at present (away, paused, blocked, with an overdue
loan) keeps the place and is passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text, tuple_
from sqlalchemy.orm import aliased, joinedload

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import deadlines, loans, rules
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import exchange_of, may
from marketplace.exchanges.partial import WAITING
from marketplace.listings.models import Listing
from marketplace.listings.service import get_own
from marketplace.messages.models import Message
from marketplace.permissions import require

PER_PAGE = 6  # who wait; a page of them stays light
RUNNING_SHOWN = 6
PAST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one who waits, from 1, and how many wait in all."""

    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One who waits, at which place, and what they wrote when they asked (empty: hidden)."""

    number: int
    exchange: Exchange
    words: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of those who wait, and what runs and ran with others. Pages count from 1."""

    listing: Listing
    waiting: Sequence[Waiting]
    total: int
    page: int
    pages: int
    running: Sequence[Exchange]
    past: Sequence[Exchange]


def queue_of(actor: Member, public_id: str, page: int = 1) -> Queue:
    """The queue of a listing of the actor's own; NotFound for everybody else."""
    listing = owned(actor, public_id)
    total = waiting_count(listing)
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    first = (page - 1) * PER_PAGE
    found = db.session.scalars(
        _of(listing, text(WAITING))
        .order_by(Exchange.queued_at, Exchange.id)
        .offset(first)
        .limit(PER_PAGE)
    ).all()
    words = _first_words(found)
    waiting = [
        Waiting(number, one, words.get(one.id, "")) for number, one in enumerate(found, first + 1)
    ]
    running = _of(listing, Exchange.state.in_(rules.RESERVING)).order_by(Exchange.promised_at)
    past = _of(listing, Exchange.state.in_(rules.ENDS)).order_by(Exchange.ended_at.desc())
    return Queue(
        *(listing, waiting, total, page, pages),
        db.session.scalars(running.limit(RUNNING_SHOWN)).all(),
        db.session.scalars(past.limit(PAST_SHOWN)).all(),
    )


def owned(actor: Member, public_id: str, *, lock: bool = False) -> Listing:
    """A listing that the actor gives or needs; one put up for somebody else is not theirs."""
    listing = get_own(actor, public_id, lock=lock)
    if listing.owner_id != actor.id:
        raise NotFound("listing")
    return listing


def waiting_count(listing: Listing) -> int:
    """How many wait for an answer about it."""
    query = select(func.count()).where(Exchange.listing_id == listing.id, text(WAITING))
    return db.session.scalar(query) or 0


def waiting_in(listing: Listing) -> Sequence[Exchange]:
    """All who wait for an answer about it, in their order."""
    query = select(Exchange).where(Exchange.listing_id == listing.id, text(WAITING))
    return db.session.scalars(query.order_by(Exchange.queued_at, Exchange.id)).all()


def asked_count(listing: Listing, until: datetime) -> int:
    """How many members asked for it before ``until``, whatever became of it."""
    query = select(func.count(Exchange.opener_id.distinct())).where(
        Exchange.listing_id == listing.id, Exchange.created_at < until
    )
    return db.session.scalar(query) or 0


def place_of(exchange: Exchange) -> Place | None:
    """The place in the queue; None for who does not wait."""
    if exchange.state != "interested":
        return None
    ahead = select(func.count()).where(
        Exchange.listing_id == exchange.listing_id,
        text(WAITING),
        tuple_(Exchange.queued_at, Exchange.id) < tuple_(exchange.queued_at, exchange.id),
    )
    return Place((db.session.scalar(ahead) or 0) + 1, waiting_count(exchange.listing))


def next_in(listing: Listing, *, lock: bool = True) -> Exchange | None:
    """Who waits longest and may have it now, locked unless it is only to be shown; None: nobody,
    or it is not open."""
    return next(_next_ones(listing, lock=lock), None)


def somebody_waits(listing: Listing) -> bool:
    """Whether anybody waits who may have it now: they come before whoever asks only now."""
    return next_in(listing, lock=False) is not None


def owner_reminded_at(listing: Listing) -> datetime:
    """When the owner is reminded of who asks now: together with those who wait already."""
    others = select(func.min(Exchange.wake_at)).where(
        Exchange.listing_id == listing.id, text(WAITING)
    )
    planned: datetime | None = db.session.scalar(others)
    return planned or utcnow() + deadlines.ASKERS_WAIT


def change_amount(actor: Member, public_id: str, amount: int | None) -> Exchange:
    """Who waits asks for more or less, and keeps the place. Conflict once it is answered."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        require_waiting(actor, exchange)
        if problems := rules.check_amount(amount, exchange.listing.capacity):
            raise Invalid(problems)
        exchange.asked = exchange.quantity = amount or 1
    return exchange


def require_waiting(actor: Member, exchange: Exchange) -> None:
    """Raise Conflict unless the actor asked and waits."""
    require(actor, "exchange.carry_on", exchange)
    if actor.id != exchange.opener_id or exchange.state != "interested":
        raise Conflict("exchange_moved")


def require_turn(exchange: Exchange) -> None:
    """Raise Conflict where it was drawn in which order they come, and somebody else is next."""
    listing = exchange.listing
    if listing.giving_rule == "draw" and listing.window_hours is None:
        following = next_in(listing)
        if following is not None and following.id != exchange.id:
            raise Conflict("draw_order")


def are_blocked_sql() -> ColumnElement[bool]:
    """SQL: one of the two of an exchange blocked the other."""
    return exists().where(
        or_(
            and_(Block.blocker_id == Exchange.owner_id, Block.blocked_id == Exchange.opener_id),
            and_(Block.blocker_id == Exchange.opener_id, Block.blocked_id == Exchange.owner_id),
        )
    )


def _of(listing: Listing, condition: Any) -> Any:
    return (
        select(Exchange)
        .options(joinedload(Exchange.opener))
        .where(Exchange.listing_id == listing.id, condition)
    )


def _may_have_it(listing: Listing) -> Any:
    """Those who wait and are here, of an owner who is here."""
    here = [
        exists().where(one.id == side, one.shows_posts(), one.is_confirmed)
        for one, side in (
            (aliased(Member), Exchange.opener_id),
            (aliased(Member), Exchange.owner_id),
        )
    ]
    return select(Exchange.id).where(
        Exchange.listing_id == listing.id, text(WAITING), *here, ~are_blocked_sql()
    )


def _next_ones(listing: Listing, *, lock: bool) -> Iterator[Exchange]:
    """In their order; nobody while the window of the post runs."""
    if listing.window_hours is None:
        yield from who_may_have_it(listing, lock=lock)


def who_may_have_it(listing: Listing, *, lock: bool) -> Iterator[Exchange]:
    """Those who wait and may have it now, in their order; nobody of a post that is not open."""
    if not listing.is_open(utcnow()):
        return
    waiting = _may_have_it(listing)
    for number in db.session.scalars(waiting.order_by(Exchange.queued_at, Exchange.id)).all():
        query = select(Exchange).where(Exchange.id == number, text(WAITING))
        one = db.session.scalar(_locked(query) if lock else query)
        if one is not None and may(None, one, "promise") and may_borrow(one):
            yield one


def _locked(query: Any) -> Any:
    return query.with_for_update(of=Exchange).execution_options(populate_existing=True)


def may_borrow(exchange: Exchange) -> bool:
    """Whether it is no loan, or nothing that its receiver borrowed is overdue."""
    return exchange.terms != "loan" or loans.may_borrow(exchange.receiver)


def _first_words(found: Sequence[Exchange]) -> dict[int, str]:
    """What each of them wrote when they asked: their last message up to then."""
    last = (
        select(Exchange.id, func.max(Message.id).label("message_id"))
        .join(Message, Message.conversation_id == Exchange.conversation_id)
        .where(
            Exchange.id.in_([one.id for one in found]),
            Message.sender_id == Exchange.opener_id,
            Message.created_at <= Exchange.created_at,
        )
        .group_by(Exchange.id)
        .subquery()
    )
    rows = db.session.execute(
        select(last.c.id, Message.body)
        .join(last, last.c.message_id == Message.id)
        .where(Message.hidden_at.is_(None))
    )
    return {row[0]: row[1] for row in rows}
