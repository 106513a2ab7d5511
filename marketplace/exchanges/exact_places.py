"""Where exactly the two meet: for them alone, while a meeting stands; every look is written down.

The text is on one page and nowhere else: in no mail, news, calendar, address or log.
``forgetting`` erases it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.accounts.service import are_blocked
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid
from marketplace.exchanges import forgetting, proposals
from marketplace.exchanges.calendars import meeting_of
from marketplace.exchanges.models import ExactPlace, Exchange, PlaceView
from marketplace.exchanges.moves import exchange_of
from marketplace.listings.rules import many_lines
from marketplace.permissions import require

ONE_LOOK = timedelta(minutes=10)  # loading the page again within this is the same look
LOOKS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """``place`` None: nobody has written one yet."""

    exchange: Exchange
    place: ExactPlace | None
    looks: Sequence[PlaceView]


def show(actor: Member, public_id: str) -> Shown:
    """The exact place for one of the two; being shown it is a look, and written down first.

    Raises NotFound, Conflict("no_meeting") while none stands.
    """
    with transaction() as session:
        exchange = _exchange(actor, public_id)
        place = session.get(ExactPlace, exchange.id)
        if place is not None:
            _write_down(actor, exchange)
        looks = session.scalars(
            select(PlaceView)
            .where(PlaceView.exchange_id == exchange.id)
            .order_by(PlaceView.id.desc())
            .limit(LOOKS_SHOWN)
        ).all()
    return Shown(exchange, place, looks)


def write(actor: Member, public_id: str, text: str) -> Exchange:
    """Write down where exactly, or something else instead. Raises what ``show`` raises; Invalid."""
    with transaction() as session:
        exchange = _exchange(actor, public_id)
        text = many_lines(text)
        if problems := proposals.check_exact(text):
            raise Invalid(problems)
        place = session.get(ExactPlace, exchange.id)
        if place is None:
            place = ExactPlace(exchange_id=exchange.id)
            session.add(place)
        place.by_id, place.text, place.created_at = actor.id, text, utcnow()
    return exchange


def remove(actor: Member, public_id: str) -> Exchange:
    """Erase it at once; either of the two may."""
    with transaction():
        exchange = _exchange(actor, public_id)
        forgetting.forget_exact_place(exchange.id)
    return exchange


def _exchange(actor: Member, public_id: str) -> Exchange:
    exchange = exchange_of(actor, public_id, lock=True)
    require(actor, "exchange.carry_on", exchange)
    if meeting_of(exchange) is None or are_blocked(exchange.owner, exchange.opener):
        raise Conflict("no_meeting")
    return exchange


def _write_down(actor: Member, exchange: Exchange) -> None:
    now = utcnow()
    latest = db.session.scalar(
        select(PlaceView.id)
        .where(
            PlaceView.exchange_id == exchange.id,
            PlaceView.member_id == actor.id,
            PlaceView.seen_at > now - ONE_LOOK,
        )
        .limit(1)
    )
    if latest is None:
        db.session.add(PlaceView(exchange_id=exchange.id, member_id=actor.id, seen_at=now))
        db.session.flush()
