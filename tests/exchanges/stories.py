"""Exchanges in the state that a test begins with, made through the services."""

from datetime import timedelta
from typing import Any

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import handing
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.service import Wish, ask, promise
from tests import factories


def asked(giver: Member, taker: Member, title: str = "Sepeda anak", **values: Any) -> Exchange:
    """The taker asked for the giver's gift."""
    listing = factories.offer(giver, title, **values)
    return ask(taker, listing.public_id, Wish(), "Halo tetangga")


def promised(giver: Member, taker: Member, title: str = "Sepeda anak", **values: Any) -> Exchange:
    return promise(giver, asked(giver, taker, title, **values).public_id)


def closed(giver: Member, taker: Member, title: str = "Sepeda anak", **values: Any) -> Exchange:
    """It was handed over, and both agree."""
    exchange = promised(giver, taker, title, **values)
    handing.hand_over(giver, exchange.public_id)
    return handing.confirm(taker, exchange.public_id)


def days_later(exchange: Exchange, days: float) -> None:
    """Everything about the exchange happened that much earlier."""
    ago = timedelta(days=days)
    with transaction() as session:
        row = session.get_one(Exchange, exchange.id)
        for name in (
            "created_at",
            "updated_at",
            "ended_at",
            "promised_at",
            "queued_at",
            "there_at",
        ):
            if (at := getattr(row, name)) is not None:
                setattr(row, name, at - ago)
        for event in session.query(ExchangeEvent).filter_by(exchange_id=exchange.id):
            event.at -= ago
        row.conversation.created_at -= ago
    db.session.refresh(exchange)


def arranged(giver: Member, taker: Member, title: str = "Sepeda anak", **values: Any) -> Exchange:
    """They have agreed to meet in a day."""
    from marketplace.exchanges.moves import Details, exchange_of, move

    exchange = promised(giver, taker, title, **values)
    with transaction():
        row = exchange_of(giver, exchange.public_id, lock=True)
        row.meets_at, row.meets_zone = utcnow() + timedelta(days=1), "Asia/Jakarta"
        move(giver, row, "arrange", Details())
    return exchange
