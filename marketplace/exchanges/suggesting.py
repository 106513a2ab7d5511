"""Which times to meet suit both, as far as their posts say."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from marketplace.db import utcnow
from marketplace.exchanges import deadlines, proposals
from marketplace.exchanges.models import Exchange
from marketplace.listings import hours
from marketplace.listings.rows import DEFAULT_ZONE
from marketplace.matching.times import shifted

DAY = timedelta(days=1)


def zone_of(exchange: Exchange) -> str:
    """The zone of the place of the listing: the clock by which the two meet."""
    return exchange.listing.zone or DEFAULT_ZONE


def suggestions(exchange: Exchange) -> list[datetime]:
    """A few times from now on; what is lent comes back when it is due."""
    zone = zone_of(exchange)
    after = utcnow() + proposals.AHEAD
    if exchange.due_on is not None:
        after = max(after, deadlines.due_at(exchange.due_on, zone) - DAY)
    return proposals.suggestions(_common_hours(exchange), zone, after)


def _common_hours(exchange: Exchange) -> int:
    """The hours of the week in which both posts say that it suits, by the clock of the place."""
    mask = hours.decode(exchange.listing.hours)
    if exchange.counterpart is None or exchange.counterpart.hours is None:
        return mask
    theirs = hours.decode(exchange.counterpart.hours)
    ahead = _offset(zone_of(exchange)) - _offset(exchange.counterpart.zone or DEFAULT_ZONE)
    return mask & shifted(theirs, round(ahead / timedelta(hours=1))) or mask


def _offset(zone: str) -> timedelta:
    return utcnow().astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
