"""The sweeps of matches: ``refresh`` keeps them as listings are now, ``tell`` tells the owners.

First everything is calculated from what is read, then one short transaction writes it; a listing
that changed in between is left for the next run. May die anywhere with nothing lost.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.accounts.models import Member
from marketplace.db import changed, db, is_postgresql, new_public_id, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import answers, core, skills
from marketplace.matching.candidates import candidate_ids, word_stats
from marketplace.matching.loading import load_sides
from marketplace.matching.models import Match
from marketplace.matching.service import seen_by
from marketplace.matching.sides import Scored, Side
from marketplace.notifications.digests import reads_news
from marketplace.notifications.models import Notification
from marketplace.notifications.rules import local_day
from marketplace.notifications.service import notify
from marketplace.search import rereading
from marketplace.search.port import IndexUnusable, SearchIndex

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 20  # listings; some hundredths of a second each
TELL_BATCH = 100  # matches; a few queries for each post that has some for the first time today
GOOD_GRAINS = 2  # what only may fit is shown on the pages, but is no news
KEPT = 20  # best new counterparts of one listing that are stored

Sides = dict[int, tuple[Side, int]]


def refresh(parts: "Parts") -> int:
    """One batch; 0 when nothing is due, or while the index cannot answer."""
    try:
        return refresh_batch(parts.search_index)
    except IndexUnusable:
        return 0


def refresh_batch(index: SearchIndex) -> int:
    """Match again what changed, the newest first; returns how many listings were looked at.

    An open listing waits until the index holds its present revision: then whichever of two
    counterparts comes last finds the other. One that was only read anew waits until all are: of
    two that fit neither is lost, and told again, because the other is still to be read. Raises
    IndexUnusable.
    """
    now = utcnow()
    due = _due(now)
    if not due:
        return 0
    known = _counterparts(list(due))
    sides = load_sides(list(due), now)
    wanted = {
        listing_id: candidate_ids(index, side, now) | known[listing_id]
        for listing_id, (side, _) in sides.items()
    }
    sides |= load_sides({one for ids in wanted.values() for one in ids} - sides.keys(), now)
    fitting = _rank_all(index, wanted, sides, known)
    lines = skills.fitting({one: sides[one][0] for one in due if one in sides}, index, now)
    with transaction():
        claimed = [
            listing_id for listing_id, revision in due.items() if _claim(listing_id, revision)
        ]
        pairs = [
            one
            for listing_id in claimed
            for one in _settle(listing_id, fitting.get(listing_id, []), known[listing_id])
        ]
        if pairs:
            db.session.execute(_upsert(), _rows(pairs, sides))
        answers.follow_listings(claimed, now)
        for listing_id in claimed:
            skills.settle_listing(listing_id, lines.get(listing_id, []))
    return len(due)


def _due(now: datetime) -> dict[int, int]:
    """Listing -> revision of those whose matches are not those of their present text."""
    ready = Listing.indexed_revision >= Listing.revision
    if rereading.is_under_way():
        edited = or_(Listing.reread_at.is_(None), Listing.reread_at <= Listing.updated_at)
        ready = and_(ready, edited)
    rows = db.session.execute(
        select(Listing.id, Listing.revision)
        .where(
            Listing.revision > Listing.matched_revision,
            or_(~Listing.open_now(now), ready),
        )
        .order_by(Listing.updated_at.desc(), Listing.id.desc())
        .limit(BATCH)
    )
    return {row.id: row.revision for row in rows}


def _counterparts(ids: list[int]) -> dict[int, set[int]]:
    """For each listing those with which a match is stored."""
    rows = db.session.execute(
        select(Match.offer_id, Match.request_id).where(
            or_(Match.offer_id.in_(ids), Match.request_id.in_(ids))
        )
    )
    found: dict[int, set[int]] = defaultdict(set)
    for offer_id, request_id in rows:
        found[offer_id].add(request_id)
        found[request_id].add(offer_id)
    return found


def _rank_all(
    index: SearchIndex, wanted: dict[int, set[int]], sides: Sides, known: dict[int, set[int]]
) -> dict[int, list[Scored]]:
    """Of each listing the best of those that are wanted, and of those that are known whatever
    still fits: a pair that is among the best of its other side is kept though this side has
    better."""
    now = utcnow()
    involved = wanted.keys() | {one for ids in wanted.values() for one in ids}
    needs = [sides[one][0] for one in involved if one in sides]
    stats = word_stats(index, (side for side in needs if side.direction == "request"))
    return {
        listing_id: core.rank(
            sides[listing_id][0],
            [sides[one][0] for one in ids if one in sides],
            now=now,
            stats=stats,
            most=KEPT,
            always=known[listing_id],
        )
        for listing_id, ids in wanted.items()
    }


def _claim(listing_id: int, revision: int) -> bool:
    """Whether the listing is still as it was calculated; then it counts as matched."""
    claim = (
        update(Listing)
        .where(
            Listing.id == listing_id,
            Listing.revision == revision,
            Listing.matched_revision < revision,
        )
        .values(matched_revision=revision)
        .execution_options(synchronize_session=False)
    )
    return changed(claim) > 0


def _settle(listing_id: int, fitting: list[Scored], known: set[int]) -> list[Scored]:
    """Drop the stored pairs that no longer fit; returns those to keep or add. What somebody has
    answered stays, whatever becomes of the texts."""
    stale = known - {one.candidate_id for one in fitting}
    if stale:
        unanswered = Match.state.in_(("suggested", "seen"))
        db.session.execute(delete(Match).where(unanswered, _pairs(listing_id, stale)))
    return fitting


def _pairs(listing_id: int, others: Collection[int]) -> ColumnElement[bool]:
    return or_(
        and_(Match.offer_id == listing_id, Match.request_id.in_(others)),
        and_(Match.request_id == listing_id, Match.offer_id.in_(others)),
    )


def _rows(kept: Iterable[Scored], sides: Sides) -> list[dict[str, Any]]:
    now = utcnow()
    return [
        {
            "public_id": new_public_id(),
            "offer_id": one.offer_id,
            "request_id": one.request_id,
            "score": one.score,
            "parts": one.parts.as_dict(),
            "reasons": [[reason.code, dict(reason.params)] for reason in one.reasons],
            "offer_revision": sides[one.offer_id][1],
            "request_revision": sides[one.request_id][1],
            "created_at": now,
            "updated_at": now,
        }
        for one in kept
    ]


def _upsert() -> Any:
    insert: Any = postgresql.insert if is_postgresql() else sqlite.insert
    statement = insert(Match)
    renewed = ("score", "parts", "reasons", "offer_revision", "request_revision", "updated_at")
    return statement.on_conflict_do_update(
        index_elements=["offer_id", "request_id"],
        set_={name: statement.excluded[name] for name in renewed},
    )


def tell(parts: "Parts") -> int:
    """Tell the owners of new matches, of each post once a day; returns how many were looked at."""
    due = db.session.scalars(
        select(Match.id).where(Match.told_at.is_(None)).order_by(Match.id).limit(TELL_BATCH)
    ).all()
    if due:
        with transaction():
            claimed = db.session.execute(
                update(Match)
                .where(Match.id.in_(due), Match.told_at.is_(None))
                .values(told_at=utcnow())
                .returning(Match.id, Match.score, Match.offer_id, Match.request_id)
                .execution_options(synchronize_session=False)
            ).all()
            good = [one for one in claimed if core.grains(one.score) >= GOOD_GRAINS]
            told = _told_today({side for one in good for side in one[2:]})
            for one in sorted(good, key=lambda one: (-one.score, one.id)):
                for mine in (one.offer_id, one.request_id):
                    if mine not in told and _tell_owner(db.session.get_one(Match, one.id), mine):
                        told.add(mine)
    return len(due)


def _told_today(ids: Collection[int]) -> set[int]:
    """Of which of these posts it was said today that they have matches. One of many pairs is told:
    to know that, nothing of the others needs to be loaded."""
    rows = db.session.execute(
        select(Listing.id, Listing.public_id, Listing.owner_id, Member.zone)
        .join(Member, Member.id == Listing.owner_id)
        .where(Listing.id.in_(ids))
    ).all()
    keys = {(row.owner_id, _once(row.public_id, row.zone)): row.id for row in rows}
    known = select(Notification.member_id, Notification.once).where(
        Notification.member_id.in_({owner_id for owner_id, _ in keys}),
        Notification.once.in_([once for _, once in keys]),
    )
    found = (keys.get((row.member_id, row.once or "")) for row in db.session.execute(known))
    return {listing_id for listing_id in found if listing_id is not None}


def _once(public_id: str, zone: str) -> str:
    """One piece of news for each post and day of its owner."""
    return f"match:{public_id}:{local_day(utcnow(), zone)}"


def _tell_owner(match: Match, listing_id: int) -> bool:
    """Tell the owner of this one of the two that it has matches; whether that was news."""
    mine = match.offer if match.offer_id == listing_id else match.request
    owner = mine.owner
    found = seen_by(owner, mine, match) if reads_news(owner) else None
    if found is None or found.lowered is not None:  # what resembles a no is shown, but is no news
        return False
    notify(
        owner,
        "match",
        "new_match",
        {"title": mine.title, "other": found.other.title, "about": found.other.public_id},
        link=f"/listings/{mine.public_id}/matches",
        once=_once(mine.public_id, owner.zone),
    )
    return True
