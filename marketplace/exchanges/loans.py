"""Loans while they are out: until when, longer, back again, or lost.

Whoever gives lends, whoever receives borrows; on a request it is the opener who lends. Overdue is
no state: it follows from the day and today's date where the thing was lent.
"""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import lending
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.moves import Details, check_step, exchange_of, is_second_tap, move
from marketplace.listings.models import Listing
from marketplace.listings.rows import DEFAULT_ZONE
from marketplace.messages import service as messages
from marketplace.permissions import allows


def today_of(exchange: Exchange) -> date:
    """Today's date where the thing was lent."""
    return utcnow().astimezone(ZoneInfo(exchange.listing.zone or DEFAULT_ZONE)).date()


def days_left(exchange: Exchange) -> int:
    """Days until it is due: 0 today, below it so many days late."""
    return lending.days_left(exchange.due_on or today_of(exchange), today_of(exchange))


def is_overdue(exchange: Exchange) -> bool:
    """Whether it is out longer than agreed; not while the borrower says that it is back."""
    return exchange.state == "out" and days_left(exchange) < 0


def begin(exchange: Exchange) -> None:
    """It goes out today: the day on which it is due."""
    days = exchange.loan_days or lending.USUAL_DAYS
    exchange.due_on = today_of(exchange) + timedelta(days=days)


def overdue_of(member: Member) -> list[Exchange]:
    """What the member has borrowed and not brought back in time, the longest overdue first."""
    rows = db.session.scalars(
        select(Exchange)
        .where(
            Exchange.receiver_id == member.id,
            Exchange.state == "out",
            Exchange.due_on <= utcnow().date(),  # no zone is a whole day ahead
        )
        .order_by(Exchange.due_on, Exchange.id)
    )
    return [row for row in rows if is_overdue(row)]


def may_borrow(member: Member) -> bool:
    """Whether nothing that the member borrowed is overdue."""
    return not overdue_of(member)


def check_borrower(member: Member) -> list[Problem]:
    """What stands in the way of another loan: the one that is overdue, and what to do about it."""
    return [overdue_problem(one) for one in overdue_of(member)[:1]]


def overdue_problem(exchange: Exchange) -> Problem:
    params = {"title": exchange.listing.title, "due": f"{exchange.due_on}"}
    return Problem("", "loan_overdue", params)


def thing_of(exchange: Exchange) -> Listing | None:
    """The lender's offer that is out; None where a request was answered without one."""
    for listing in (exchange.listing, exchange.counterpart):
        if listing is not None and listing.owner_id == exchange.giver_id:
            return listing
    return None


def is_waited_for(exchange: Exchange) -> bool:
    """Whether others ask for more of the thing than is there without this loan."""
    thing = thing_of(exchange)
    if thing is None or thing.unpromised is None:
        return False
    asked = db.session.scalar(
        select(func.coalesce(func.sum(Exchange.asked), 0)).where(
            Exchange.listing_id == thing.id,
            Exchange.state == "interested",
            Exchange.opener_id != exchange.receiver_id,
        )
    )
    return (asked or 0) > thing.unpromised


def loan_of(exchange: Exchange) -> lending.Loan:
    """The facts from which follows who may extend it until when."""
    today = today_of(exchange)
    return lending.Loan(
        due_on=exchange.due_on or today,
        today=today,
        days=exchange.listing.loan_days_max or exchange.loan_days or lending.USUAL_DAYS,
        extensions=exchange.extensions,
        taken_from=_taken_from(exchange),
        is_waited_for=is_waited_for(exchange),
    )


def days_for(actor: Member, exchange: Exchange) -> lending.Days:
    """The days to which the actor may extend it now. Conflict, with why, for a borrower who may
    not do so alone."""
    check_step(actor, exchange, "extend")
    loan = loan_of(exchange)
    if actor.id == exchange.giver_id:
        return lending.lenders_days(loan)
    if code := lending.why_not(loan):
        raise Conflict(code)
    return lending.borrowers_days(loan)


def extend(actor: Member, public_id: str, until: date | None) -> Exchange:
    """Set another day: the borrower alone as long as nobody waits for it, the lender any time.

    Conflict (``loan_waited_for``, ``loan_extended_enough``, ``loan_late``, or not out), Invalid
    for the day. The reminders begin anew.
    """
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if until == exchange.due_on and is_second_tap(actor, exchange, "extend"):
            return exchange
        days = days_for(actor, exchange)
        problems = lending.check_day(until, days)
        if until is None or problems:
            raise Invalid(problems)
        params = {"until": until.isoformat(), "from": f"{exchange.due_on}"}
        counted = lending.extensions_after(
            loan_of(exchange), until, by_lender=actor.id == exchange.giver_id
        )
        change = Details(params=params, write=lambda: _set_day(exchange, until, counted))
        move(actor, exchange, "extend", change)
    return exchange


def say_returned(actor: Member, public_id: str) -> Exchange:
    """The borrower says that it is back; the lender looks at it and agrees, or does not."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "say_returned"):
            return exchange
        move(actor, exchange, "say_returned", Details(write=lambda: _say(actor, exchange)))
    return exchange


def deny_return(actor: Member, public_id: str) -> Exchange:
    """The lender says that it is not back: it is out as before, until the same day."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if not is_second_tap(actor, exchange, "deny_return"):
            move(actor, exchange, "deny_return", Details(write=lambda: _unsay(exchange)))
    return exchange


def accept_return(actor: Member | None, exchange: Exchange, condition: str = "") -> None:
    """It is back, in this condition if somebody said so; in the caller's transaction, on a locked
    row. ``actor`` None: nobody objected."""
    params = {"condition": condition} if condition else {}
    move(actor, exchange, "accept_return", Details("", params, lambda: _bring_back(exchange)))


def lose(actor: Member, public_id: str, body: str = "") -> Exchange:
    """The lender says that it will not come back; a word about it goes into the conversation.

    Invalid for a word that is too long. Where the two cannot write to each other it is left out.
    """
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "lose"):
            return exchange
        move(actor, exchange, "lose")
        if body.strip() and can_write(actor, exchange):
            messages.reply(actor, exchange.conversation.public_id, body)
    return exchange


def find(actor: Member, public_id: str) -> Exchange:
    """What was lost has turned up, and is back with its lender."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if not is_second_tap(actor, exchange, "find"):
            move(actor, exchange, "find", Details(write=lambda: _bring_back(exchange)))
    return exchange


def can_write(actor: Member, exchange: Exchange) -> bool:
    """Whether the actor may write to the other side now."""
    allowed = allows(actor, "conversation.write", exchange.conversation)
    return allowed and messages.can_write(actor, exchange.other(actor))


def _taken_from(exchange: Exchange) -> date | None:
    """The day before the borrower's own extensions since the lender last set one."""
    taken = None
    for event in db.session.scalars(
        select(ExchangeEvent)
        .where(ExchangeEvent.exchange_id == exchange.id, ExchangeEvent.verb == "extend")
        .order_by(ExchangeEvent.id.desc())
    ):
        if event.actor_id != exchange.receiver_id:
            break
        taken = date.fromisoformat(event.params["from"])
    return taken


def _set_day(exchange: Exchange, until: date, extensions: int) -> None:
    exchange.due_on, exchange.extensions = until, extensions


def _say(actor: Member, exchange: Exchange) -> None:
    exchange.back_said_at, exchange.back_said_by_id = utcnow(), actor.id


def _unsay(exchange: Exchange) -> None:
    exchange.back_said_at = exchange.back_said_by_id = None


def _bring_back(exchange: Exchange) -> None:
    exchange.back_at = utcnow()
    exchange.back_said_at = exchange.back_said_at or exchange.back_at
