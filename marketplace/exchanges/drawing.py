"""The end of a window: a draw, or the owner is told that it is time to choose.

Everything happens in one transaction, so that a draw takes place once and whole or not at all; the
seed was chosen when the window opened.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, or_, select

from marketplace.db import db, utcnow
from marketplace.exchanges import draws, endings, giving, queue_news, queues, windows
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.window_models import GivingWindow
from marketplace.matching import needs

AGAIN_AFTER = timedelta(minutes=1)  # a post that is hidden may come back
STEP = timedelta(microseconds=1)  # between the places of those who were drawn


def due() -> Select[GivingWindow]:
    """Windows whose time is over and that no sweep is to leave alone."""
    now = utcnow()
    rested = or_(GivingWindow.retry_at.is_(None), GivingWindow.retry_at <= now)
    return (
        select(GivingWindow)
        .where(GivingWindow.ended_at.is_(None), GivingWindow.closes_at <= now, rested)
        .order_by(GivingWindow.closes_at, GivingWindow.id)
    )


def finish(window: GivingWindow, secret: bytes) -> None:
    """End a window that is due, on locked rows; ``secret`` is the site's, for the coins."""
    listing = window.listing
    if listing.window_hours is None or endings.is_over(listing):
        windows.end(window, "called_off")
    elif not listing.is_open(utcnow()):
        window.retry_at = utcnow() + AGAIN_AFTER
    elif not (entrants := windows.entrants(window)):
        windows.end(window, "nobody")
        queue_news.tell_owner(window, 0)
    elif window.rule == "draw":
        _draw(window, entrants, secret)
    else:
        windows.end(window, "chooses")
        queue_news.tell_owner(window, len(entrants))


def _draw(window: GivingWindow, entrants: Sequence[Exchange], secret: bytes) -> None:
    """Draw who comes first, promise what there is in that order, and tell everybody."""
    listing, weight = window.listing, needs.weight()
    by_alias = {windows.alias_in(window, one): one for one in entrants}
    points = needs.points_of([_asking(one) for one in entrants])
    listed = [
        draws.Entrant(alias, draws.tickets(need.total, weight, _coin(secret, exchange)))
        for (alias, exchange), need in zip(by_alias.items(), points, strict=True)
    ]
    window.record = draws.published(_facts(window, weight), window.seed, listed)
    _stand_in_order([by_alias[alias] for alias in window.record["order"]])
    waited = queues.waiting_in(listing)
    windows.end(window, "drawn")
    giving.give_to_next(listing, 1 if listing.unpromised is None else None, drawn=True)
    for exchange in waited:
        if exchange.state == "interested":
            queue_news.tell_place(exchange, queues.place_of(exchange))
    queue_news.tell_owner(window, len(entrants))


def _asking(exchange: Exchange) -> needs.Asking:
    """Who asks, and since when: where it meets a request of their own, since that is up."""
    own, taker = exchange.counterpart, exchange.opener
    since = own.published_at if own is not None else None
    return needs.Asking(taker.id, taker.area_code, since or exchange.created_at)


def _coin(secret: bytes, exchange: Exchange) -> float:
    return draws.coin(secret, exchange.owner.public_id, exchange.opener.public_id)


def _facts(window: GivingWindow, weight: float) -> dict[str, object]:
    """Where and when, and how tickets were made; how many asked, for those who left before."""
    listing = window.listing
    return {
        "listing": listing.public_id,
        "opened_at": window.opens_at.isoformat(timespec="seconds"),
        "closed_at": window.closes_at.isoformat(timespec="seconds"),
        "asked": queues.asked_count(listing, window.closes_at),
        "left": listing.unpromised,
        "tickets": draws.TICKETS,
        "extra_tickets": draws.extra_tickets(weight),
    }


def _stand_in_order(drawn: Sequence[Exchange]) -> None:
    """Before everybody else who waits, each at their drawn place."""
    others = select(Exchange.queued_at).where(Exchange.listing_id == drawn[0].listing_id)
    first = db.session.scalar(others.order_by(Exchange.queued_at).limit(1)) or utcnow()
    for place, exchange in enumerate(drawn):
        exchange.queued_at = first - STEP * (len(drawn) - place)
    db.session.flush()
