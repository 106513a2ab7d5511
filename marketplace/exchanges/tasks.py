"""What waits for a member, and whose turn it is in each of their exchanges: read from the facts,
stored nowhere.

Promises: as many questions to the database however many exchanges and conversations there are.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges import deadlines, rules, telling, turns
from marketplace.exchanges.models import Exchange, Feedback, Proposal, Thanks
from marketplace.exchanges.turns import Facts, Turn
from marketplace.listings.counting import has_left
from marketplace.listings.models import Listing
from marketplace.listings.rows import DEFAULT_ZONE
from marketplace.messages.models import Conversation, Message, unread_of
from marketplace.messages.service import link_to, other_of

SHOWN = 8  # on my page; the rest stands under "all of them"
WRITERS_NAMED = 3  # conversations with something unread; more are counted in one line
# Where it is done, below the address of the exchange; everything else on its page itself.
DONE_AT = {turns.ARRANGE: "/proposals", turns.CHECK_RETURN: "/return-check", turns.THANK: "#thanks"}
LOOKED_AT = 1000  # exchanges; nobody has as many that are not over


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. ``other`` is who waits; None, and ``count`` of them, when it is several.
    ``gives``: the reader is the giving side. ``link`` leads to where it is done; ``exchange_id`` is
    the exchange it belongs to, if it is one."""

    turn: Turn
    link: str
    listing: Listing | None
    other: Member | None
    count: int = 1
    gives: bool = True
    exchange_id: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first of what waits, in order, and how much there is altogether."""

    tasks: list[Task]
    total: int


def waiting_for(actor: Member, now: datetime, most: int = SHOWN) -> Waiting:
    """What the member has to do now: what is overdue or due today first."""
    found = [*_answers(actor), *_unread(actor), *_open_turns(actor, now)]
    today = now.astimezone(ZoneInfo(_zone(actor))).date()
    places = turns.waiting([one.turn for one in found], today)
    shown = _loaded(actor, [found[place] for place in places[:most]])
    return Waiting(shown, len(places))


def turns_of(actor: Member, exchanges: Collection[Exchange], now: datetime) -> dict[int, Turn]:
    """Whose turn it is in each of these exchanges of the actor, by id; one question."""
    chosen = Exchange.id.in_([one.id for one in exchanges])
    return {
        row.id: turns.turn(_facts(actor, row), now, _zone(actor))
        for row in db.session.execute(_rows(actor, now).where(chosen))
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """A task whose people and post are not loaded yet; neither id: about several of them."""

    turn: Turn
    exchange_id: int | None = None
    conversation_id: int | None = None
    count: int = 1


def _answers(actor: Member) -> Iterator[_Found]:
    """Those who wait for the actor's promise, by listing, where there is something to promise."""
    waiting = (
        select(
            func.min(Exchange.id).label("first_id"),
            func.min(Exchange.queued_at).label("since"),
            func.count().label("number"),
        )
        .join(Listing, Listing.id == Exchange.listing_id)
        .where(
            Exchange.owner_id == actor.id,
            Exchange.state == "interested",
            Listing.state == "open",
            Listing.window_hours.is_(None),
            Listing.giving_rule != "draw",
            has_left(),
        )
        .group_by(Exchange.listing_id)
    )
    for row in db.session.execute(waiting):
        yield _Found(Turn(turns.ANSWER, turns.YOURS, row.since), row.first_id, count=row.number)


def _unread(actor: Member) -> Iterator[_Found]:
    """Unread messages by conversation; in one line when they are from many."""
    per_conversation = (
        unread_of(actor)
        .with_only_columns(
            Message.conversation_id,
            func.count().label("number"),
            func.min(Message.created_at).label("since"),
        )
        .group_by(Message.conversation_id)
    )
    rows = db.session.execute(per_conversation).all()
    if len(rows) > WRITERS_NAMED:
        oldest = min(row.since for row in rows)
        yield _Found(Turn(turns.MESSAGE, turns.YOURS, oldest), count=len(rows))
        return
    for row in rows:
        turn = Turn(turns.MESSAGE, turns.YOURS, row.since)
        yield _Found(turn, conversation_id=row.conversation_id, count=row.number)


def _open_turns(actor: Member, now: datetime) -> Iterator[_Found]:
    """The turn in each exchange that runs, or that ended well a short while ago."""
    gone = select(Member.id).where(Member.erased_at.is_not(None))
    both_here = Exchange.owner_id.not_in(gone), Exchange.opener_id.not_in(gone)
    lately = and_(Exchange.ended_at > now - timedelta(days=turns.THANK_DAYS), *both_here)
    states = [state for state in rules.RUNNING if state != "interested"]
    looked_at = or_(Exchange.state.in_(states), and_(Exchange.state == "closed", lately))
    query = _rows(actor, now).where(Exchange.of(actor), looked_at).limit(LOOKED_AT)
    for row in db.session.execute(query):
        yield _Found(turns.turn(_facts(actor, row), now, _zone(actor)), row.id)


def _rows(actor: Member, now: datetime) -> Any:
    """What ``Facts`` need, and no more: exchanges are loaded for those that are shown."""
    proposed_by = (
        select(Proposal.by_id)
        .where(
            Proposal.exchange_id == Exchange.id, Proposal.state == "open", Proposal.starts_at > now
        )
        .order_by(Proposal.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    said = or_(
        exists().where(Thanks.exchange_id == Exchange.id, Thanks.by_id == actor.id),
        exists().where(Feedback.exchange_id == Exchange.id, Feedback.by_id == actor.id),
    )
    return (
        select(
            Exchange.id,
            Exchange.state,
            Exchange.owner_id,
            Exchange.giver_id,
            Exchange.there_said_by_id,
            Exchange.there_at,
            Exchange.back_said_by_id,
            Exchange.back_at,
            Exchange.meets_at,
            Exchange.due_on,
            Exchange.queued_at,
            Exchange.updated_at,
            or_(Listing.window_hours.is_not(None), Listing.giving_rule == "draw").label("is_held"),
            Conversation.last_message_at,
            proposed_by.label("proposed_by_id"),
            said.label("thanked"),
        )
        .join(Conversation, Conversation.id == Exchange.conversation_id)
        .join(Listing, Listing.id == Exchange.listing_id)
        .order_by(Exchange.updated_at.desc())
    )


def _facts(actor: Member, row: Row[Any]) -> Facts:
    said_by = (
        row.there_said_by_id if row.there_at is None else None,
        row.back_said_by_id if row.back_at is None else None,
    )
    proposed = {None: turns.NOBODY, actor.id: turns.YOURS}.get(row.proposed_by_id, turns.THEIRS)
    return Facts(
        state=row.state,
        since=row.queued_at if row.state == "interested" else row.updated_at,
        is_owner=row.owner_id == actor.id,
        gives=row.giver_id == actor.id,
        is_asked=any(who not in (None, actor.id) for who in said_by),
        proposed=proposed,
        meets_at=row.meets_at,
        lapses_at=_lapses_at(row),
        due_on=row.due_on,
        thanked=bool(row.thanked),
        is_held=row.is_held,
    )


def _lapses_at(row: Row[Any]) -> datetime | None:
    if row.state != "promised":
        return None
    state = deadlines.Facts(row.state, 0, row.updated_at, row.last_message_at)
    return deadlines.decides_at(state)


def _loaded(actor: Member, found: list[_Found]) -> list[Task]:
    """The tasks with their people and posts: two questions at most."""
    exchanges = _exchanges([one.exchange_id for one in found if one.exchange_id])
    talks = _conversations([one.conversation_id for one in found if one.conversation_id])
    return [
        _of_exchange(actor, exchanges[one.exchange_id], one)
        if one.exchange_id
        else _of_messages(actor, talks.get(one.conversation_id or 0), one)
        for one in found
    ]


def _exchanges(ids: list[int]) -> dict[int, Exchange]:
    people = (joinedload(Exchange.listing), joinedload(Exchange.owner), joinedload(Exchange.opener))
    query = select(Exchange).where(Exchange.id.in_(ids)).options(*people)
    return {one.id: one for one in db.session.scalars(query)} if ids else {}


def _conversations(ids: list[int]) -> dict[int, Conversation]:
    people = (
        joinedload(Conversation.listing),
        joinedload(Conversation.owner),
        joinedload(Conversation.opener),
    )
    query = select(Conversation).where(Conversation.id.in_(ids)).options(*people)
    return {one.id: one for one in db.session.scalars(query)} if ids else {}


def _of_exchange(actor: Member, exchange: Exchange, found: _Found) -> Task:
    link = telling.link_to(exchange) + DONE_AT.get(found.turn.task, "")
    other = exchange.other(actor)
    gives = exchange.giver_id == actor.id
    if found.turn.task == turns.ANSWER and found.count > 1:
        link = telling.queue_link(exchange)
        return Task(found.turn, link, exchange.listing, None, found.count, gives)
    return Task(found.turn, link, exchange.listing, other, found.count, gives, exchange.id)


def _of_messages(actor: Member, talk: Conversation | None, found: _Found) -> Task:
    if talk is None:
        return Task(found.turn, "/messages", None, None, found.count)
    link = f"{link_to(talk)}#latest"
    return Task(found.turn, link, talk.listing, other_of(talk, actor), found.count)


def _zone(actor: Member) -> str:
    return actor.zone or DEFAULT_ZONE
