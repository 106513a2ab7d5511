"""What the daily digest of a member says: what waits, what fits, what is new near by.

Gathered through the same services as the pages, so nothing is in it that its reader could not see.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import force_locale, gettext, ngettext

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.listings.models import Listing
from marketplace.listings.service import own_listings
from marketplace.matching.service import matches_of
from marketplace.messages.inbox import inbox
from marketplace.notifications.choices import is_on
from marketplace.notifications.models import Notification
from marketplace.pages.cards import about_where
from marketplace.pages.nearby import new_near
from marketplace.places.service import public_locations

if TYPE_CHECKING:
    from marketplace import Parts

MESSAGES, NEWS, POSTS, FIT_EACH, NEAR = (
    5,
    10,
    5,
    3,
    5,
)  # lines of each part: a phone's screen or two
NEAR_ALONE_EVERY = timedelta(days=7)  # new posts near by ask nothing of their reader
NEAR_ALONE_LEAST = 3

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Digest:
    """The parts, as plain values for ``templates/mail/digest``; ``is_due``: worth opening today."""

    is_due: bool
    headline: str = ""
    messages: list[Entry] = field(default_factory=list)
    matches: list[Entry] = field(default_factory=list)
    news: list[Entry] = field(default_factory=list)
    near: list[Entry] = field(default_factory=list)

    def params(self) -> dict[str, Any]:
        names = ("headline", "messages", "matches", "news", "near")
        return {name: getattr(self, name) for name in names}


def compose(
    parts: "Parts",
    member: Member,
    rows: Sequence[Notification],
    last_sent_at: datetime | None,
    *,
    now: datetime,
) -> Digest:
    """The digest of ``member``, who waits to be told of ``rows``."""
    since = last_sent_at or member.created_at
    with force_locale(member.language):
        messages = _messages(member) if is_on(member, "message") else []
        matches = _matches(member, [row for row in rows if row.topic == "match"])
        near = _near(parts, member, max(since, now - NEAR_ALONE_EVERY))
        news = [_news(row) for row in rows if row.topic not in ("message", "match")][:NEWS]
        headline = _headline(messages, matches, news, near)
    told = any(row.topic == "message" for row in rows) and messages
    alone = now - since >= NEAR_ALONE_EVERY and len(near) >= NEAR_ALONE_LEAST
    is_due = bool(told or matches or news or alone)
    return Digest(is_due, headline, messages, matches, news, near)


def _headline(*found: list[Entry]) -> str:
    """The subject: the first thing itself, not that there is a digest."""
    messages, matches, news, near = found
    if matches:
        best = {"other": matches[0]["fitting"][0]["title"], "title": matches[0]["title"]}
        return wording.news("new_match", best)
    if news:
        return str(news[0]["sentence"])
    if messages:
        return wording.news("new_message", messages[0])
    return ngettext("%(num)d new post near you", "%(num)d new posts near you", len(near))


def _messages(member: Member) -> list[Entry]:
    return [
        {
            "sender": row.other.name if row.other.erased_at is None else gettext("Deleted member"),
            "title": row.conversation.listing.title,
            "count": row.unread,
            "conversation": row.conversation.public_id,
        }
        for row in inbox(member).rows
        if row.unread
    ][:MESSAGES]


def _matches(member: Member, rows: Sequence[Notification]) -> list[Entry]:
    """The best of what fits each post of which ``rows`` tell."""
    links = {row.link for row in rows}
    told = [one for one in own_listings(member) if f"/listings/{one.public_id}/matches" in links]
    entries = []
    for mine in told[:POSTS]:
        fitting = [found.other for found in matches_of(member, mine, limit=FIT_EACH)]
        if fitting:
            entry = {"title": mine.title, "listing": mine.public_id}
            entries.append(entry | {"fitting": _entries(member, fitting)})
    return entries


def _news(row: Notification) -> Entry:
    sentence = wording.news(row.kind, row.params)
    return {"sentence": sentence, "public_id": row.public_id if row.link else ""}


def _near(parts: "Parts", member: Member, since: datetime) -> list[Entry]:
    return _entries(member, new_near(parts, member, since)[:NEAR])


def _entries(member: Member, listings: Sequence[Listing]) -> list[Entry]:
    places = public_locations(listings, member)
    return [
        {
            "title": one.title or gettext("Without a title"),
            "about": ", ".join(filter(None, (_direction(one), about_where(place)))),
            "listing": one.public_id,
        }
        for one, place in zip(listings, places, strict=True)
    ]


def _direction(listing: Listing) -> str:
    return gettext("offered") if listing.direction == "offer" else gettext("needed")
