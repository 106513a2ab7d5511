"""The sweeps of exchanges: reminders and ends whose time has come, promises that pass on, and an
answer for everybody who still waits when a listing closes.

Each asks the database what is due and does it row by row, each row in a transaction of its own:
dying in between means that the rest is due again. A row at which a sweep fails is left alone for
a while, so that it keeps nobody else from an end; the failure is raised once the batch is done.
"""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, text, update
from sqlalchemy.exc import OperationalError

from marketplace.db import changed, db, transaction, utcnow
from marketplace.errors import Conflict
from marketplace.exchanges import (
    deadlines,
    endings,
    giving,
    handing,
    loans,
    queue_news,
    queues,
    telling,
)
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.moves import Details, facts_of, move
from marketplace.exchanges.partial import CAME_FREE, WAITING
from marketplace.listings.models import Listing

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 100
RETRY_AFTER = timedelta(minutes=10)
# Steps, with their reasons, after which it cannot simply go to the next: the owner looks at it
# first. A taker to whom something came up says nothing about the thing itself.
TO_LOOK_AT = (
    ("release", "not_possible"), ("fail", "not_as_described"), ("break_off", "not_as_described"),
)  # fmt: skip

log = logging.getLogger(__name__)


def wake(parts: "Parts") -> int:
    """Remind of what is due, and decide what nobody decided."""
    due = select(Exchange).where(Exchange.wake_at <= utcnow()).order_by(Exchange.wake_at)
    return _each(due, _wake)


def pass_on(parts: "Parts") -> int:
    """Promise what came free to those who wait, in their order."""
    return _each(select(Exchange).where(text(CAME_FREE)).order_by(Exchange.id), _pass_on)


def answer_waiting(parts: "Parts") -> int:
    """Answer those who wait for what is over, or asked something about it."""
    return _each(endings.without_hope(), endings.answer) + _answer_questions()


def part(parts: "Parts") -> int:
    """End what runs with somebody who is gone, or between two who blocked each other."""
    return _each(endings.parted(), endings.part)


def _each(query: Any, handle: Any) -> int:
    """Handle each row that the query still finds once it is locked; how many were handled."""
    rested = or_(Exchange.retry_at.is_(None), Exchange.retry_at <= utcnow())
    due = query.where(rested)
    ids = db.session.scalars(due.with_only_columns(Exchange.id).limit(BATCH)).all()
    handled, failure = 0, None
    for number in ids:
        try:
            handled += _one(due, number, handle)
        except OperationalError:
            raise  # the database, not the row
        except Conflict:  # somebody was faster; what is still due then is due
            _leave_alone(number)
        except Exception as error:
            log.exception("exchange %s could not be handled", number)
            _leave_alone(number)
            failure = error
    if failure is not None:
        raise failure
    return handled


def _one(due: Any, number: int, handle: Any) -> int:
    with transaction() as session:
        locked = due.where(Exchange.id == number).with_for_update(of=Exchange, skip_locked=True)
        row = session.scalar(locked.execution_options(populate_existing=True))
        if row is None:
            return 0
        handle(row)
    return 1


def _leave_alone(number: int) -> None:
    with transaction() as session:
        later = update(Exchange).where(Exchange.id == number)
        session.execute(later.values(retry_at=utcnow() + RETRY_AFTER))


def _wake(exchange: Exchange) -> None:
    if exchange.state == "interested":
        _remind_owner(exchange)
        return
    now, since = utcnow(), _since(exchange)
    step = deadlines.next_step(facts_of(exchange, stage=exchange.stage, since=since))
    if step is None or step.at > now:  # they wrote to each other meanwhile
        if exchange.state == "promised":
            exchange.stage = 0  # and are reminded anew when they fall silent again
        _sleep(exchange, since)
    elif step.verb == deadlines.REMIND:
        telling.remind(exchange, step.kind)
        exchange.stage += 1
        _sleep(exchange, since)
    else:
        decide(exchange, step.verb)


def _sleep(exchange: Exchange, since: datetime) -> None:
    """Until the next reminder or decision."""
    step = deadlines.next_step(facts_of(exchange, stage=exchange.stage, since=since))
    exchange.wake_at = step.at if step else None


def decide(exchange: Exchange, verb: str) -> None:
    """What the site does when nobody did anything."""
    if verb == "confirm":
        handing.settle(None, exchange)
    elif verb == "accept_return":
        loans.accept_return(None, exchange)
    else:
        move(None, exchange, verb, Details("too_late" if verb == "release" else "no_word"))


def _since(exchange: Exchange) -> datetime:
    """When the present state began."""
    last = _last_event(exchange)
    return last.at if last else exchange.updated_at


def _last_event(exchange: Exchange) -> ExchangeEvent | None:
    query = select(ExchangeEvent).where(ExchangeEvent.exchange_id == exchange.id)
    return db.session.scalar(query.order_by(ExchangeEvent.id.desc()).limit(1))


def _remind_owner(exchange: Exchange) -> None:
    """Of all who wait for the same, when there is something to give them; then again in a week."""
    now, listing = utcnow(), exchange.listing
    left = listing.unpromised
    if listing.is_open(now) and (left is None or left > 0):
        queue_news.remind_owner(exchange, queues.waiting_count(listing), now)
    changed(
        update(Exchange)
        .where(Exchange.listing_id == listing.id, text(WAITING))
        .values(wake_at=now + deadlines.ASKERS_AGAIN)
        .execution_options(synchronize_session=False)
    )


def _pass_on(exchange: Exchange) -> None:
    """Once for each that came free: to the next, or the owner is asked."""
    exchange.passed_on_at = utcnow()
    listing, last = exchange.listing, _last_event(exchange)
    is_doubtful = last is not None and (last.verb, last.reason) in TO_LOOK_AT
    is_damaged = last is not None and last.params.get("condition") == "damaged"
    to_look_at = is_doubtful or is_damaged
    other = exchange.counterpart  # the opener's own post, which is free again as well
    if other is not None and other.giving_rule != "choice" and not to_look_at:
        giving.give_to_next(other, 1 if other.unpromised is None else None)
    if listing.window_hours is not None:
        return  # it is part of what is given when the window ends
    if listing.giving_rule == "choice" or to_look_at:
        if queues.waiting_count(listing) and listing.is_open(utcnow()):
            telling.tell_free(exchange)
        return
    giving.give_to_next(listing, 1 if listing.unpromised is None else None)


def _answer_questions() -> int:
    """Those who only asked something about what is over; each hears it once."""
    ids = db.session.scalars(
        endings.asked_about_over().with_only_columns(Listing.id).limit(BATCH)
    ).all()
    for number in ids:
        with transaction() as session:
            due = endings.asked_about_over().where(Listing.id == number)
            listing = session.scalar(due.with_for_update(of=Listing, skip_locked=True))
            if listing is not None:
                _answer_about(listing)
    return len(ids)


def _answer_about(listing: Listing) -> None:
    listing.answered_at = utcnow()
    if listing.title:  # else it was erased: no word is left of it
        for conversation in endings.unanswered(listing):
            queue_news.tell_closed(conversation, listing)
