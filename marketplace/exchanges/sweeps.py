"""The sweeps of exchanges: reminders and ends whose time has come, promises that pass on, and an
answer for everybody who still waits when a listing closes.

Each asks the database what is due and does it row by row, each row in a transaction of its own:
dying in between means that the rest is due again.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import deadlines, handing, loans, telling
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.moves import Details, facts_of, may, move
from marketplace.exchanges.service import give_promise
from marketplace.listings.models import Listing
from marketplace.listings.times import GONE_TOLD_AFTER, OLD_NEWS

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 100


def wake(parts: "Parts") -> int:
    """Remind of what is due, and decide what nobody decided."""
    due = select(Exchange).where(Exchange.wake_at <= utcnow()).order_by(Exchange.wake_at)
    return _each(due, _wake)


def pass_on(parts: "Parts") -> int:
    """Promise what came free to those who wait, in their order."""
    return _each(_came_free(), _pass_on)


def answer_waiting(parts: "Parts") -> int:
    """End what cannot go on: the listing is over, or one of the two is gone."""
    return _each(_without_hope(), _answer)


def _each(query: Any, handle: Any) -> int:
    """Handle each row that the query still finds once it is locked; how many there were."""
    ids = db.session.scalars(query.with_only_columns(Exchange.id).limit(BATCH)).all()
    for number in ids:
        with transaction() as session:
            locked = query.where(Exchange.id == number).with_for_update(
                of=Exchange, skip_locked=True
            )
            row = session.scalar(locked.execution_options(populate_existing=True))
            if row is not None:
                handle(row)
    return len(ids)


def _wake(exchange: Exchange) -> None:
    now = utcnow()
    since = _since(exchange)
    step = deadlines.next_step(facts_of(exchange, stage=exchange.stage, since=since))
    if step is None or step.at > now:  # they wrote to each other meanwhile
        exchange.wake_at = step.at if step else None
        return
    if step.verb == deadlines.REMIND:
        telling.remind(exchange, step.kind)
        exchange.stage += 1
        after = deadlines.next_step(facts_of(exchange, stage=exchange.stage, since=since))
        exchange.wake_at = after.at if after else None
        return
    decide(exchange, step.verb)


def decide(exchange: Exchange, verb: str) -> None:
    """What the site does when nobody did anything."""
    if verb == "confirm":
        handing.settle(None, exchange)
    elif verb == "accept_return":
        loans.accept_return(None, exchange)
    else:
        move(None, exchange, verb, Details("too_late" if verb == "release" else "no_word"))


def _since(exchange: Exchange) -> Any:
    """When the present state began."""
    query = select(ExchangeEvent.at).where(ExchangeEvent.exchange_id == exchange.id)
    return db.session.scalar(query.order_by(ExchangeEvent.id.desc()).limit(1)) or (
        exchange.updated_at
    )


def _came_free() -> Any:
    """Ended without a good end after a promise, or a loan that is back; and not passed on yet."""
    fell_through = Exchange.state.in_(("released", "cancelled", "did_not_happen"))
    is_back = and_(Exchange.state == "closed", Exchange.terms == "loan")
    was_promised = Exchange.promised_at.is_not(None)
    return (
        select(Exchange)
        .where(or_(fell_through, is_back), was_promised, Exchange.passed_on_at.is_(None))
        .order_by(Exchange.id)
    )


def _pass_on(exchange: Exchange) -> None:
    exchange.passed_on_at = utcnow()
    listing = exchange.listing
    if listing.giving_rule == "choice":
        telling.tell_free(exchange)
        return
    while (left := listing.unpromised) is None or left > 0:
        following = _next_in(listing)
        if following is None:
            return
        amount = following.asked if left is None else min(left, following.asked)
        give_promise(None, following, amount)
        if left is None:
            return


def _next_in(listing: Listing) -> Exchange | None:
    """Who waits longest and may have it."""
    if not listing.is_open(utcnow()):
        return None
    opener_is_here = exists().where(Member.id == Exchange.opener_id, Member.shows_posts())
    query = (
        select(Exchange)
        .where(
            Exchange.listing_id == listing.id,
            Exchange.state == "interested",
            opener_is_here,
            ~_blocked(),
        )
        .order_by(Exchange.queued_at, Exchange.id)
        .limit(1)
    )
    found = db.session.scalar(query.with_for_update(of=Exchange))
    return found if found is not None and may(None, found, "promise") else None


def _blocked() -> Any:
    return exists().where(
        or_(
            and_(Block.blocker_id == Exchange.owner_id, Block.blocked_id == Exchange.opener_id),
            and_(Block.blocker_id == Exchange.opener_id, Block.blocked_id == Exchange.owner_id),
        )
    )


def _without_hope() -> Any:
    """Who waits for what will not come: the listing is over (an end by mistake is undone within
    minutes), or it ran out and its owner did not say within days that it is still there."""
    now = utcnow()
    ended = Listing.state.in_(("fulfilled", "withdrawn"))
    settled = Listing.updated_at <= now - GONE_TOLD_AFTER
    ran_out = and_(Listing.state == "open", ~Listing.open_now(now - OLD_NEWS))
    over = or_(and_(ended, settled), ran_out)
    return (
        select(Exchange)
        .join(Listing, Listing.id == Exchange.listing_id)
        .where(Exchange.state == "interested", over)
        .order_by(Exchange.id)
    )


def _answer(exchange: Exchange) -> None:
    move(None, exchange, "decline", Details("listing_closed"))
