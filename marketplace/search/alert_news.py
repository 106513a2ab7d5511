"""The sweep ``search.tell``: members hear of what their saved searches found, when they want to.

One message for all searches of a member that are due. Everything of it is one transaction that
begins by taking the searches: a kill at any line neither loses nor doubles a word. What the member
cannot see now is not told, nor what they heard of as a match or by another search; the page counts
it all the same.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.listings.service import blocked_with, own, visible_to
from marketplace.notifications import rules
from marketplace.notifications.choices import hours_of
from marketplace.notifications.digests import reads_news
from marketplace.notifications.models import Notification
from marketplace.notifications.service import notify
from marketplace.places.service import public_locations
from marketplace.search import saved_links
from marketplace.search.models import (
    ELSEWHERE,
    HIDDEN,
    TOLD,
    WAITING,
    SavedSearch,
    SearchAlert,
)
from marketplace.search.saved import link_of

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 50  # members; some queries each
SHOWN = 10  # posts in one message; the others are behind a link
SHOWN_LEAST = 2  # of each search, however many are told of at once

Found = dict[int, list[Listing]]  # search -> posts, the newest first


def tell(parts: "Parts") -> int:
    """One batch; returns how many members were seen to."""
    now = utcnow()
    due = db.session.scalars(
        select(SavedSearch.member_id)
        .where(SavedSearch.due_at <= now)
        .group_by(SavedSearch.member_id)
        .order_by(SavedSearch.member_id)
        .limit(BATCH)
    ).all()
    for member_id in due:
        with transaction():
            _tell(member_id, now)
    return len(due)


def _tell(member_id: int, now: datetime) -> None:
    searches = db.session.scalars(
        select(SavedSearch)
        .where(SavedSearch.member_id == member_id, SavedSearch.due_at <= now)
        .order_by(SavedSearch.id)
        .with_for_update()
    ).all()
    member = db.session.get_one(Member, member_id)
    # What is told names posts, so it is put together when it can leave, not before.
    waits_until = rules.quiet_until(now, member.zone, hours_of(member))
    for row in searches:
        row.due_at = waits_until
    if waits_until or not searches:
        return
    found = _settle(member, searches, now)
    if found and reads_news(member):
        _notify(member, [row for row in searches if row.id in found], found)


def _settle(member: Member, searches: Sequence[SavedSearch], now: datetime) -> Found:
    """What each search is to tell of; what becomes of everything that waited is written down."""
    waiting = db.session.execute(
        select(SearchAlert, Listing)
        .join(SearchAlert.listing)
        .where(
            SearchAlert.search_id.in_([row.id for row in searches]), SearchAlert.outcome == WAITING
        )
        .order_by(SearchAlert.search_id, Listing.published_at.desc(), Listing.id.desc())
    ).all()
    posts = {listing.id: listing for _, listing in waiting}
    shown = tellable(member, posts)
    heard = _heard_of(member, posts)
    found: Found = {}
    for alert, listing in waiting:
        if listing.id not in shown:
            alert.outcome = HIDDEN
        elif listing.id in heard:
            alert.outcome = ELSEWHERE
        else:
            alert.outcome, alert.told_at = TOLD, now
            heard.add(listing.id)
            found.setdefault(alert.search_id, []).append(listing)
    for row in searches:
        row.told_at = now if row.id in found else row.told_at
    return found


def tellable(member: Member, ids: Collection[int]) -> set[int]:
    """Those that the member may be told of: open, of somebody else, hidden from neither side. Staff
    see more when they look, but are told no more than others."""
    return set(
        db.session.scalars(
            select(Listing.id).where(
                Listing.id.in_(ids),
                visible_to(member),
                visible_to(None),
                Listing.open_now(utcnow()),
                ~own(member),
                ~blocked_with(member.id),
            )
        )
    )


def _heard_of(member: Member, posts: Mapping[int, Listing]) -> set[int]:
    """Those that the member was told of already: as a match, or by one of their searches."""
    told = select(SearchAlert.listing_id).join(SavedSearch, SavedSearch.id == SearchAlert.search_id)
    heard = set(
        db.session.scalars(
            told.where(
                SavedSearch.member_id == member.id,
                SearchAlert.listing_id.in_(posts),
                SearchAlert.outcome == TOLD,
            )
        )
    )
    about = Notification.params["about"].as_string()
    by_public_id = {one.public_id: one.id for one in posts.values()}
    matched = db.session.scalars(
        select(about).where(
            Notification.member_id == member.id,
            Notification.topic == "match",
            about.in_(by_public_id),
        )
    )
    return heard | {by_public_id[one] for one in matched}


def _notify(member: Member, searches: Sequence[SavedSearch], found: Found) -> None:
    """One piece of news; a mail of it lists the posts, and its link turns off just this."""
    total = sum(len(posts) for posts in found.values())
    first = searches[0]
    if total == 1:
        (post,) = found[first.id]
        kind, params = "search_found", {"title": post.title, "about": post.public_id}
    else:
        kind, params = "search_found_more" if len(searches) == 1 else "searches_found", {}
    notify(
        member,
        "alert",
        kind,
        {"search": first.name, "num": total} | params,
        link=link_of(first) if len(searches) == 1 else "/me/searches",
        in_mail={"searches": _sections(member, searches, found)},
        off=saved_links.off_token(member, first) if len(searches) == 1 else None,
    )


def _sections(
    member: Member, searches: Sequence[SavedSearch], found: Found
) -> list[dict[str, Any]]:
    each = max(SHOWN_LEAST, SHOWN // len(searches))
    return [
        {
            "name": row.name,
            "id": row.public_id,
            "posts": _entries(member, found[row.id][:each]),
            "more": max(0, len(found[row.id]) - each),
            "off": saved_links.off_token(member, row),
        }
        for row in searches
    ]


def _entries(member: Member, posts: Sequence[Listing]) -> list[dict[str, Any]]:
    """What may be said of posts; where they are as a band or the name of an area."""
    return [
        {
            "title": post.title,
            "id": post.public_id,
            "direction": post.direction,
            "online": where.kind == "online",
            "band": dict(where.band[1]) if where.band else None,
            "area": where.area_name,
        }
        for post, where in zip(posts, public_locations(posts, member), strict=True)
    ]
