"""How far the index is behind the database, and whether somebody has to look after it."""

import math
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, case, func, or_, select

from marketplace.db import db, utcnow
from marketplace.listings.models import Listing
from marketplace.search import rereading
from marketplace.search.models import SavedSearch
from marketplace.search.port import IndexFacts, IndexUnusable, SearchIndex
from marketplace.search.rereading import Progress
from marketplace.search.sight import TAIL_MOST, unindexed

if TYPE_CHECKING:
    from marketplace import Parts

# A post is in the index after a second or two. Until then searches read it from the database: what
# is late costs time, and from TAIL_MOST posts on the older ones are not found.
LATE_AFTER_SECONDS = 60
# Whoever wants to hear at once of what a saved search finds, is told within half a minute.
ALERTS_LATE_AFTER_SECONDS = 600
MISSING_MOST = 10  # open posts that the index may lack while nothing waits: others come meanwhile
COUNTED_FOR = 60.0  # seconds: a third of one for 100,000 posts is not to be had by whoever asks

# Of each index in use: when open posts were counted last, and how many there were.
_counted: WeakKeyDictionary[SearchIndex, tuple[float, int]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """``unindexed``: posts that the index does not hold as they are, the oldest since
    ``oldest_lag_seconds``. ``open_posts``: a minute ago at most. ``facts``: of the index, None
    while it is unusable. ``unalerted``: posts that are still to be held against saved searches,
    beside those that were only read anew; ``alert_lag_seconds``: since when, or since when a member
    should have been told. ``problems``: index_unusable, index_late, index_behind, index_incomplete,
    alerts_late; none: all is well."""

    usable: bool
    unindexed: int
    oldest_lag_seconds: float
    open_posts: int
    facts: IndexFacts | None
    rereading: Progress
    unalerted: int
    alert_lag_seconds: float

    @property
    def problems(self) -> tuple[str, ...]:
        facts = self.facts
        found = {
            "index_unusable": not self.usable or facts is None,
            "index_late": self.oldest_lag_seconds > LATE_AFTER_SECONDS,
            "index_behind": self.unindexed > TAIL_MOST,
            "index_incomplete": facts is not None
            and _held_at_most(facts, self.unindexed) < self.open_posts,
            "alerts_late": self.alert_lag_seconds > ALERTS_LATE_AFTER_SECONDS,
        }
        return tuple(code for code, is_so in found.items() if is_so)


def measure(parts: "Parts") -> Lag:
    """As it is now. Never fails for want of an index."""
    facts = _facts(parts.search_index)
    now = utcnow()
    count, oldest = db.session.execute(
        select(func.count(), func.min(_since())).where(unindexed())
    ).one()
    unalerted, alerted_until = _alerts(now)
    return Lag(
        usable=parts.search_index.usable(),
        unindexed=count,
        oldest_lag_seconds=_seconds(oldest, now),
        open_posts=_open_posts(parts.search_index, now, _held_at_most(facts, count)),
        facts=facts,
        rereading=rereading.progress(),
        unalerted=unalerted,
        alert_lag_seconds=_seconds(alerted_until, now),
    )


def _facts(index: SearchIndex) -> IndexFacts | None:
    try:
        return index.facts()
    except IndexUnusable:
        return None


def _held_at_most(facts: IndexFacts | None, unindexed: int) -> float:
    """So many open posts are no wonder."""
    return math.inf if facts is None else facts.documents + unindexed + MISSING_MOST


def _open_posts(index: SearchIndex, now: datetime, expected: float) -> int:
    """As counted within the last minute; anew when it would be a wonder."""
    at, number = _counted.get(index, (-math.inf, 0))
    if number > expected or time.monotonic() - at > COUNTED_FOR:
        is_open = select(func.count()).select_from(Listing).where(Listing.open_now(now))
        number = db.session.scalar(is_open) or 0
        _counted[index] = time.monotonic(), number
    return number


def _alerts(now: datetime) -> tuple[int, datetime | None]:
    """How many posts wait for the saved searches, and since when these, or a member, do."""
    edited = or_(Listing.reread_at.is_(None), Listing.reread_at <= Listing.updated_at)
    waiting = select(func.count(), func.min(Listing.updated_at)).where(
        Listing.revision > Listing.alerted_revision, edited
    )
    count, oldest = db.session.execute(waiting).one()
    overdue = select(func.min(SavedSearch.due_at)).where(SavedSearch.due_at <= now)
    return count, min(filter(None, (oldest, db.session.scalar(overdue))), default=None)


def _since() -> ColumnElement[datetime]:
    """SQL: when what the index holds of a listing became out of date."""
    reread = Listing.reread_at > Listing.updated_at
    return case((reread, Listing.reread_at), else_=Listing.updated_at)


def _seconds(oldest: datetime | None, now: datetime) -> float:
    return round(max(0.0, (now - oldest).total_seconds()), 1) if oldest else 0.0
