"""What is forgotten of meetings: exact places, and the public words of proposals; and of draws:
whose an alias is.

At once when an exchange is called off or fails, else three days after. That an exact place was
seen, by whom and when, stays. Aliases of a draw lead to members for ninety days; what was published
stays, and is about nobody then.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, or_, select, text, update

from marketplace.db import changed, db, transaction, utcnow
from marketplace.exchanges import rules
from marketplace.exchanges.models import ExactPlace, Exchange, Proposal
from marketplace.exchanges.telling import link_to
from marketplace.exchanges.window_models import NAMES_KEPT, GivingWindow
from marketplace.notifications.models import Notification

if TYPE_CHECKING:
    from marketplace import Parts

KEPT = timedelta(days=3)
ALIASES_KEPT = timedelta(days=90)
BATCH = 100
OF_NEWS = ("where", "calendar")  # params that name the place


def after_step(exchange: Exchange, now: datetime) -> None:
    """In the transaction of a step after which no meeting stands: what was still proposed for it
    is over; and if the exchange came to no good end, everything is forgotten."""
    changed(
        update(Proposal)
        .where(Proposal.exchange_id == exchange.id, Proposal.state == "open")
        .values(state="withdrawn", answered_at=now)
        .execution_options(synchronize_session=False)
    )
    if exchange.state in rules.ENDS and exchange.state not in rules.GOOD_ENDS:
        forget(exchange)


def forget(exchange: Exchange) -> None:
    """Erase the exact place and all words about places; in the caller's transaction."""
    forget_exact_place(exchange.id)
    changed(
        update(Proposal)
        .where(Proposal.exchange_id == exchange.id, Proposal.place != "")
        .values(place="", words="")
        .execution_options(synchronize_session=False)
    )
    _forget_in_news(exchange)


def forget_exact_place(exchange_id: int) -> None:
    changed(
        delete(ExactPlace)
        .where(ExactPlace.exchange_id == exchange_id)
        .execution_options(synchronize_session=False)
    )


def forget_old(parts: "Parts") -> int:
    """The sweep: what its time has come for. Each exchange in a transaction of its own."""
    return _places(utcnow()) + _ended(utcnow()) + _aliases(utcnow())


def _places(now: datetime) -> int:
    """Exact places of which the meeting was three days ago, whether or not a loan still runs."""
    last = func.coalesce(Exchange.ended_at, Exchange.back_at, Exchange.there_at)
    over = and_(Exchange.meets_at.is_(None), or_(last.is_(None), last <= now - KEPT))
    found = select(ExactPlace.exchange_id).join(Exchange).where(over).limit(BATCH)
    ids = db.session.scalars(found).all()
    for number in ids:
        with transaction() as session:
            still = select(Exchange.id).where(Exchange.id == number, over)
            if session.scalar(still.with_for_update()) is not None:
                forget_exact_place(number)
    return len(ids)


def _ended(now: datetime) -> int:
    """Words of proposals in exchanges that ended three days ago."""
    found = (
        select(Proposal.exchange_id)
        .join(Exchange)
        .where(Proposal.place != "", Exchange.ended_at <= now - KEPT)
        .distinct()
        .limit(BATCH)
    )
    ids = db.session.scalars(found).all()
    for number in ids:
        with transaction() as session:
            forget(session.get_one(Exchange, number))
    return len(ids)


def _aliases(now: datetime) -> int:
    """What leads from the aliases of a draw to members."""
    with transaction():
        return changed(
            update(GivingWindow)
            .where(text(NAMES_KEPT), GivingWindow.ended_at <= now - ALIASES_KEPT)
            .values(alias_key="")
            .execution_options(synchronize_session=False)
        )


def _forget_in_news(exchange: Exchange) -> None:
    """News of the two no longer say where; the rest of the sentence stays."""
    rows = db.session.scalars(
        select(Notification).where(
            Notification.member_id.in_((exchange.owner_id, exchange.opener_id)),
            Notification.link == link_to(exchange),
        )
    )
    for row in rows:
        if not row.params.keys().isdisjoint(OF_NEWS):
            row.params = {k: v for k, v in row.params.items() if k not in OF_NEWS}
