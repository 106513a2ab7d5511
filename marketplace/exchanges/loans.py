"""Loans while they are out: until when, longer, and back again."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import Details, exchange_of, is_second_tap, move
from marketplace.listings.rows import DEFAULT_ZONE

USUAL_DAYS = 14  # where neither named a time


def begin(exchange: Exchange) -> None:
    """It goes out today: the day on which it is due."""
    today = utcnow().astimezone(ZoneInfo(exchange.listing.zone or DEFAULT_ZONE)).date()
    exchange.due_on = today + timedelta(days=exchange.loan_days or USUAL_DAYS)


def say_returned(actor: Member, public_id: str) -> Exchange:
    """The borrower says that it is back; the lender looks at it and agrees, or does not."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "say_returned"):
            return exchange
        move(actor, exchange, "say_returned", Details(write=lambda: _say(actor, exchange)))
    return exchange


def accept_return(actor: Member | None, exchange: Exchange) -> None:
    """It is back; in the caller's transaction, on a locked row. ``actor`` None: nobody objected."""
    move(actor, exchange, "accept_return", Details(write=lambda: _bring_back(exchange)))


def _say(actor: Member, exchange: Exchange) -> None:
    exchange.back_said_at, exchange.back_said_by_id = utcnow(), actor.id


def _bring_back(exchange: Exchange) -> None:
    exchange.back_at = utcnow()
    exchange.back_said_at = exchange.back_said_at or exchange.back_at
