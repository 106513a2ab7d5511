"""One step of an exchange, carried out: the only code that changes its state.

Promises: what ``rules`` forbids raises Conflict; the row is locked while it moves; the counters
of the listings, the history and the news change in the same transaction as the state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import calendars, deadlines, forgetting, reliability, rules, telling
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.listings import counting
from marketplace.listings.models import Listing
from marketplace.listings.moves import move_listing
from marketplace.listings.rows import DEFAULT_ZONE
from marketplace.listings.rules import state_after
from marketplace.listings.times import SAME_TAP
from marketplace.permissions import require

# Steps that begin something new: not for members whom the moderators paused.
BEGINNING = ("promise", "arrange", "extend")


@dataclass(frozen=True, slots=True)
class Details:
    """What comes with a step: one of its reasons, what its event says besides, and ``write``, which
    writes what the step is about on the row once the step is allowed."""

    reason: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    write: Callable[[], object] = bool


def exchange_of(actor: Member, public_id: str, *, lock: bool = False) -> Exchange:
    """The exchange, for one of its two members; NotFound for everybody else. ``lock`` it before
    reading what a step depends on."""
    query = select(Exchange).where(Exchange.public_id == public_id, Exchange.of(actor))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("exchange")
    return found


def is_asked(exchange: Exchange, actor: Member | None) -> bool:
    """Whether the other side said something that waits for the actor's word: that it changed hands
    or, not long ago, that it did not happen."""
    if actor is None:
        return False
    if exchange.state == "did_not_happen":
        last = last_event(exchange)
        return (
            last is not None
            and last.verb in ("fail", "break_off")
            and last.actor_id not in (None, actor.id)
            and utcnow() - last.at <= timedelta(days=rules.DISPUTE_DAYS)
        )
    waiting = (
        exchange.there_said_by_id if exchange.there_at is None else None,
        exchange.back_said_by_id if exchange.back_at is None else None,
    )
    return any(who is not None and who != actor.id for who in waiting)


def may(actor: Member | None, exchange: Exchange, verb: str) -> bool:
    """Whether the actor could take this step now."""
    return verb in verbs(actor, exchange)


def verbs(actor: Member | None, exchange: Exchange) -> list[str]:
    """Every step that the actor (None: the site) could take now, in the order of the table."""
    sides, asked = exchange.sides_of(actor), is_asked(exchange, actor)
    found = rules.verbs(exchange.state, sides, is_asked=asked)
    if not rules.unsaid(exchange.terms, ways_of(exchange)):
        found = [verb for verb in found if verb != "hand_over"]
    if exchange.meets_at is not None and exchange.meets_at > utcnow():
        found = [verb for verb in found if verb != "fail"]
    return found


def ways_of(exchange: Exchange) -> rules.Ways:
    return rules.Ways(
        there_said=exchange.there_said_at is not None,
        there_done=exchange.there_at is not None,
        back_said=exchange.back_said_at is not None,
        back_done=exchange.back_at is not None,
    )


def is_second_tap(actor: Member | None, exchange: Exchange, verb: str, **params: Any) -> bool:
    """Whether the last thing that happened was this very step (with these ``params``) by the same
    member, just now."""
    last = last_event(exchange)
    return (
        last is not None
        and actor is not None
        and (last.verb, last.actor_id) == (verb, actor.id)
        and params.items() <= last.params.items()
        and utcnow() - last.at < SAME_TAP
    )


def last_event(exchange: Exchange) -> ExchangeEvent | None:
    query = select(ExchangeEvent).where(ExchangeEvent.exchange_id == exchange.id)
    return db.session.scalar(query.order_by(ExchangeEvent.id.desc()).limit(1))


def check_step(actor: Member | None, exchange: Exchange, verb: str) -> None:
    """Raise NotAllowed (paused) or Conflict unless the actor may take this step now."""
    if actor is not None:
        require(actor, "exchange.begin" if verb in BEGINNING else "exchange.carry_on", exchange)
    if not may(actor, exchange, verb):
        raise Conflict("exchange_moved")


def move(
    actor: Member | None, exchange: Exchange, verb: str, details: Details | None = None
) -> ExchangeEvent:
    """Take one step, in the caller's transaction, on a row the caller has locked; ``actor`` None:
    the site.

    Raises NotAllowed, Conflict (wrong state, or nothing left to promise), Invalid (no reason).
    """
    details = details or Details()
    check_step(actor, exchange, verb)
    if actor is not None and (problems := rules.check_reason(verb, details.reason)):
        raise Invalid(problems)
    before, now = exchange.state, utcnow()
    meeting, done = calendars.meeting_of(exchange), _done(exchange)
    details.write()
    step = rules.BY_VERB[verb]
    ways = ways_of(exchange)
    after = step.after
    if after == rules.SETTLED:
        after = rules.settled(exchange.terms, ways, exchange.meets_at is not None)
    _count(exchange, rules.counts_of(verb, exchange.terms, (before, after), ways))
    exchange.updated_at = now
    if after != before:
        _enter(exchange, after, now)
    over = after in rules.ENDS or _done(exchange) != done
    change = calendars.update(exchange, meeting, over=over, now=now)
    event = ExchangeEvent(
        exchange_id=exchange.id,
        at=now,
        actor_id=actor.id if actor else None,
        verb=verb,
        from_state=before,
        to_state=after,
        reason=details.reason,
        params={"quantity": exchange.quantity} | details.params | _lateness(exchange, meeting, now),
    )
    db.session.add(event)
    plan(exchange, now)
    db.session.flush()
    if after in rules.ENDS:
        _close_what_is_used_up(exchange)
    if over:
        forgetting.after_step(exchange, now)
    telling.tell(actor, exchange, event, change)
    return event


def _lateness(
    exchange: Exchange, meeting: calendars.Meeting | None, now: datetime
) -> dict[str, bool]:
    """That a meeting was called off at the last moment: its time itself is forgotten."""
    called_off = exchange.state in rules.ENDS and exchange.state not in rules.GOOD_ENDS
    late = called_off and meeting is not None and reliability.was_late(now, meeting.starts_at)
    return {reliability.LATE_PARAM: True} if late else {}


def _done(exchange: Exchange) -> tuple[bool, bool]:
    """Which of the two ways are done: the meeting that was for it is then over."""
    return exchange.there_at is not None, exchange.back_at is not None


def _enter(exchange: Exchange, state: str, now: datetime) -> None:
    """What goes with a new state: an end has its time, and no codes any more."""
    exchange.state = state
    exchange.ended_at = now if state in rules.ENDS else None
    if state in rules.ENDS:
        exchange.giver_code = exchange.receiver_code = ""


def plan(exchange: Exchange, now: datetime) -> None:
    """Begin the deadlines of the present state anew."""
    facts = facts_of(exchange, stage=0, since=now)
    exchange.stage = deadlines.stage_at(facts, now)
    step = deadlines.next_step(facts_of(exchange, stage=exchange.stage, since=now))
    exchange.wake_at = step.at if step else None


def facts_of(exchange: Exchange, *, stage: int, since: datetime) -> deadlines.Facts:
    zone = exchange.listing.zone or DEFAULT_ZONE
    due = deadlines.due_at(exchange.due_on, zone) if exchange.due_on else None
    return deadlines.Facts(
        state=exchange.state,
        stage=stage,
        since=since,
        active_at=exchange.conversation.last_message_at,
        meets_at=exchange.meets_at,
        due_at=due,
    )


def _count(exchange: Exchange, counts: str) -> None:
    """Move the counters of the listing, and of the counterpart that it meets as well."""
    if not counts:
        return
    change = {
        rules.RESERVE: counting.promise,
        rules.FREE: counting.release,
        rules.GIVE: counting.give,
        rules.GIVE_BACK: counting.give_back,
    }
    for listing in _listings(exchange):
        own = rules.counts_for(listing.direction, counts)
        if own and change[own](listing, exchange.quantity) is False:
            if listing.id == exchange.listing_id:
                raise Conflict("nothing_left")
            exchange.counterpart = None  # met in another way meanwhile


def _listings(exchange: Exchange) -> list[Listing]:
    """What an exchange counts on, always in the same order: two exchanges about the same two
    listings then never wait for each other."""
    both = filter(None, (exchange.listing, exchange.counterpart))
    return sorted(both, key=lambda listing: listing.id)


def _close_what_is_used_up(exchange: Exchange) -> None:
    """A listing of which everything was given is over; those who still wait hear of it."""
    for listing in _listings(exchange):
        if listing.is_used_up:
            _fulfil(listing)


def _fulfil(listing: Listing) -> None:
    if (after := state_after(listing.state, "fulfil")) is not None:
        move_listing(None, listing, after, "here")
