"""The reputation of members: facts of their exchanges, worked out by a sweep, for all to read.

What counts is read from the history of exchanges and the times of messages; ``reliability`` says
how it is weighed. A row is worked out again when an exchange of its member moved, and every day
because time passes. What is written while a row is being worked out waits for the next day at most.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union
from sqlalchemy.orm import aliased, joinedload

from marketplace.accounts.models import Block, Member
from marketplace.accounts.reputation import Reputation
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import reliability
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.reliability import CALLED_OFF_LATE, KEPT, MISSED, Meeting, Wait
from marketplace.exchanges.rules import GOOD_ENDS
from marketplace.matching.fairness import RECEIVED_DAYS
from marketplace.messages.models import Conversation, Message

if TYPE_CHECKING:
    from marketplace import Parts

REFRESHED_AFTER = timedelta(days=1)
BATCH = 50  # members; a handful of queries each
QUESTIONS_MAX = 500  # the latest; a median of more says nothing else
DISPUTE = "dispute"
_TELLING = ("arrange", "confirm", "meet", "fail", "break_off", "release", "cancel", DISPUTE)


@dataclass(frozen=True, slots=True)
class Counted:
    """A meeting that counts for or against the member, and the exchange that it belongs to."""

    meeting: Meeting
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Asked:
    """A first question to the member, and how long its writer waited."""

    wait: Wait
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that the facts about one member are made of, newest first."""

    at: datetime
    completed: int
    received: int
    meetings: list[Counted]
    waits: list[Asked]

    def facts(self) -> dict[str, Any]:
        """The columns of the row."""
        meetings = [one.meeting for one in self.meetings]
        return {
            "completed": self.completed,
            "received": self.received,
            "shows_up": reliability.shows_up(meetings, self.at),
            "replies_within": reliability.replies_within([o.wait for o in self.waits], self.at),
            "score": reliability.score(meetings, self.at),
            "computed_at": self.at,
        }


def reputation_of(member: Member) -> Reputation | None:
    """What is known of the member; None before it was worked out."""
    return reputations_of([member.id])[member.id]


def reputations_of(ids: Collection[int]) -> dict[int, Reputation | None]:
    """What is known of these members; one query."""
    rows = db.session.scalars(select(Reputation).where(Reputation.member_id.in_(ids)))
    found = {row.member_id: row for row in rows}
    return {number: found.get(number) for number in ids}


def refresh(parts: "Parts") -> int:
    """Work out what is not known yet or no longer true, for a batch of members."""
    ids = db.session.scalars(_due(utcnow()).limit(BATCH)).all()
    for number in ids:
        with transaction() as session:
            now = utcnow()  # before reading: what comes after is seen by the next run
            # One at a time for a member on PostgreSQL; and gone is gone.
            member = session.get(Member, number, with_for_update=True)
            if member is None or member.erased_at is not None:
                continue
            row = session.get(Reputation, number) or Reputation(member_id=number)
            for column, value in record_of(member, now).facts().items():
                setattr(row, column, value)
            session.add(row)
    return len(ids)


def record_of(member: Member, now: datetime) -> Record:
    """What counts for the member at ``now``; four queries."""
    since = now - reliability.WINDOW
    lately = now - timedelta(days=RECEIVED_DAYS)
    received = and_(Exchange.receiver_id == member.id, Exchange.ended_at > lately)
    number = func.count(Exchange.id)
    counted = select(number, number.filter(received)).where(
        Exchange.of(member), Exchange.state.in_(GOOD_ENDS), Exchange.ended_at > since
    )
    counts = db.session.execute(counted).one()
    meetings = sorted(_meetings(member, since), key=lambda one: one.meeting.at, reverse=True)
    return Record(now, *counts, meetings, _waits(member, since))


def _due(now: datetime) -> Select[int]:
    """Members to look at: without a row, though there is something to count; whose exchanges moved
    since theirs was worked out; whose is a day old."""
    lately = now - REFRESHED_AFTER - timedelta(hours=1)
    unknown = ~select(Reputation).where(Reputation.member_id == Member.id).exists()
    has_some = or_(
        select(Exchange).where(Exchange.owner_id == Member.id).exists(),
        select(Exchange).where(Exchange.opener_id == Member.id).exists(),
        select(Conversation).where(Conversation.owner_id == Member.id).exists(),
    )
    new = select(Member.id).where(unknown, has_some, Member.erased_at.is_(None))
    old = select(Reputation.member_id).where(Reputation.computed_at < now - REFRESHED_AFTER)
    moved = [
        select(side)
        .join(Reputation, Reputation.member_id == side)
        .where(Exchange.updated_at > lately, Exchange.updated_at > Reputation.computed_at)
        for side in (Exchange.owner_id, Exchange.opener_id)
    ]
    found = union(new, old, *moved).subquery()
    return select(found.c[0])


def _meetings(member: Member, since: datetime) -> Iterator[Counted]:
    """Walk through the history of each exchange of the last year."""
    rows = db.session.execute(
        select(ExchangeEvent, Exchange)
        .join(Exchange, Exchange.id == ExchangeEvent.exchange_id)
        .where(Exchange.of(member), ExchangeEvent.verb.in_(_TELLING), ExchangeEvent.at > since)
        .options(joinedload(Exchange.listing))
        .order_by(ExchangeEvent.exchange_id, ExchangeEvent.id)
    ).all()
    history: dict[int, list[ExchangeEvent]] = {}
    exchanges = {exchange.id: exchange for _, exchange in rows}
    for event, _ in rows:
        history.setdefault(event.exchange_id, []).append(event)
    for number, events in history.items():
        for meeting in meetings_in(events, member.id):
            yield Counted(meeting, exchanges[number])


def meetings_in(events: list[ExchangeEvent], member_id: int) -> list[Meeting]:
    """What one exchange says of one of its two, from its events in order.

    A hand-over that both agreed on is a meeting kept, once. Who waited in vain says so: that counts
    against the other, unless it was disputed; then it counts for nobody. What the site ended by
    itself counts for nobody either.
    """
    found: list[Meeting] = []
    is_kept = False
    for event in events:
        if event.verb == DISPUTE:
            found = [one for one in found if one.outcome != MISSED]
        elif event.actor_id is None:
            continue
        elif event.verb in ("confirm", "meet"):
            if not is_kept and event.from_state not in ("out", "returned"):
                found.append(Meeting(event.at, KEPT))
                is_kept = True
        elif event.reason == "no_show":
            if event.actor_id != member_id:
                found.append(Meeting(event.at, MISSED))
        elif event.actor_id == member_id and _is_late(event):
            found.append(Meeting(event.at, CALLED_OFF_LATE))
    return found


def _is_late(event: ExchangeEvent) -> bool:
    """An arranged meeting called off at the last moment, or after its time."""
    if event.from_state != "arranged" or not event.params.get(reliability.LATE_PARAM):
        return False
    changed_mind = event.verb == "fail" and event.reason == "changed_mind"
    return changed_mind or event.verb in ("release", "cancel")


def _waits(member: Member, since: datetime) -> list[Asked]:
    """First questions to the member: until the first answer in words or by a step; until it needed
    none any more; or still. Whoever is blocked, or wrote what moderators hid, is left out."""
    blocked = select(Block.id).where(
        or_(
            and_(Block.blocker_id == member.id, Block.blocked_id == Conversation.opener_id),
            and_(Block.blocked_id == member.id, Block.blocker_id == Conversation.opener_id),
        )
    )
    asked = (
        select(Conversation)
        .where(Conversation.owner_id == member.id, Conversation.created_at > since)
        .where(~blocked.exists(), ~_begins_hidden())
        .options(joinedload(Conversation.listing))
        .order_by(Conversation.id.desc())
        .limit(QUESTIONS_MAX)
    )
    conversations = db.session.scalars(asked).all()
    ids = [one.id for one in conversations]
    answered, ended = _answers(ids, member.id), _ends(ids, member.id)
    return [
        Asked(_wait(one.created_at, answered.get(one.id), ended.get(one.id)), one)
        for one in conversations
    ]


def _wait(asked_at: datetime, answered_at: datetime | None, ended_at: datetime | None) -> Wait:
    if answered_at is not None and (ended_at is None or answered_at <= ended_at):
        return Wait(asked_at, answered_at, is_answered=True)
    return Wait(asked_at, ended_at)


def _answers(conversations: list[int], member_id: int) -> dict[int, datetime]:
    """When the member first wrote or took a step, by conversation."""
    wrote = (
        select(Message.conversation_id, func.min(Message.created_at))
        .where(Message.conversation_id.in_(conversations), Message.sender_id == member_id)
        .group_by(Message.conversation_id)
    )
    stepped = _first_steps(conversations).where(ExchangeEvent.actor_id == member_id)
    found: dict[int, datetime] = {}
    for number, at in [*db.session.execute(wrote), *db.session.execute(stepped)]:
        found[number] = min(at, found.get(number, at))
    return found


def _ends(conversations: list[int], member_id: int) -> dict[int, datetime]:
    """When the site, or whoever asked, took a step that left nothing to answer."""
    by_others = or_(ExchangeEvent.actor_id.is_(None), ExchangeEvent.actor_id != member_id)
    steps = _first_steps(conversations).where(by_others, ExchangeEvent.verb != "ask")
    return {row[0]: row[1] for row in db.session.execute(steps)}


def _first_steps(conversations: list[int]) -> Select[int, datetime]:
    return (
        select(Exchange.conversation_id, func.min(ExchangeEvent.at))
        .join(Exchange, Exchange.id == ExchangeEvent.exchange_id)
        .where(Exchange.conversation_id.in_(conversations))
        .group_by(Exchange.conversation_id)
    )


def _begins_hidden() -> ColumnElement[bool]:
    """SQL: did the moderators hide the message that a conversation began with."""
    earlier = aliased(Message)
    is_first = ~(
        select(earlier.id)
        .where(earlier.conversation_id == Message.conversation_id, earlier.id < Message.id)
        .exists()
    )
    hidden = (Message.conversation_id == Conversation.id, Message.hidden_at.is_not(None))
    return select(Message.id).where(*hidden, is_first).exists()
