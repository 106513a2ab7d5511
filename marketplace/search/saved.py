"""Searches that a member keeps: saved, looked at, changed, deleted and brought back.

Nobody else learns of them. What is open when a search is saved is no news; what comes later is
found by ``alerts`` and told by ``alert_news``.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, insert, select, update

from marketplace.accounts.models import Member
from marketplace.db import changed, db, transaction, utcnow
from marketplace.errors import Invalid, NotFound, Problem
from marketplace.listings.models import Listing
from marketplace.listings.service import visible_to
from marketplace.notifications.choices import hours_of
from marketplace.notifications.service import mark_link_seen
from marketplace.permissions import require
from marketplace.places.cells import Place, place_of
from marketplace.search import keying, standing
from marketplace.search.models import KNOWN, NAME_MAX, WAITING, SavedSearch, SearchAlert
from marketplace.search.service import SearchRequest
from marketplace.search.standing import Standing
from marketplace.search.whole import standing_of, whole

if TYPE_CHECKING:
    from marketplace import Parts

SEARCHES_MAX = 20  # of one member
REMOVED_MOST = 5  # deleted ones of a member that can be brought back, the last ones
KNOWN_MOST = 300  # posts, the newest, that are remembered as no news when a search is saved
UNDO = timedelta(days=1)  # a deleted search can be brought back; then the retention sweep ends it


@dataclass(frozen=True, slots=True)
class Kept:
    """``new``: how many posts were found since its member last looked."""

    search: SavedSearch
    new: int


def request_of(row: SavedSearch, member: Member) -> SearchRequest:
    """The search that is kept."""
    place = Place.at(row.cell, row.area_code) if row.cell is not None else place_of(member)
    return SearchRequest(
        text=row.text,
        as_typed=row.as_typed,
        direction=row.direction,
        kinds=frozenset(row.kinds),
        category=row.category,
        terms=frozenset(row.terms),
        place=place,
        radius_km=row.radius_km,
        online=row.online,
    )


def find_saved(actor: Member, wanted: SearchRequest) -> SavedSearch | None:
    """The search that the actor saved and that means the same."""
    same = standing_of(wanted, actor).fingerprint()
    return db.session.scalar(select(SavedSearch).where(*_mine(actor), SavedSearch.same_as == same))


def save_search(parts: "Parts", actor: Member, wanted: SearchRequest, name: str) -> SavedSearch:
    """Keep a search; what means the same is kept once. A misspelt word that nothing holds is kept
    as it was read. Invalid for a search for everything, and beyond SEARCHES_MAX."""
    if problems := _check(name) or _check_search(standing_of(wanted, actor)):
        raise Invalid(problems)
    there, text = whole(parts, actor, wanted, KNOWN_MOST)
    wanted = replace(wanted, text=text)
    what = standing_of(wanted, actor)
    keyed = keying.keyed(parts.search_index, what, actor.cell)
    known = [one.id for one in there]
    with transaction() as session:
        require(actor, "search.save")
        session.get(Member, actor.id, with_for_update=True)  # one tap of a member at a time
        row = session.scalar(
            select(SavedSearch).where(
                SavedSearch.member_id == actor.id, SavedSearch.same_as == what.fingerprint()
            )
        )
        if row is not None and row.removed_at is None:
            return row
        if _count(actor) >= SEARCHES_MAX:
            raise Invalid([Problem("saving", "too_many_searches", {"max": SEARCHES_MAX})])
        row = row or _new(actor, what, wanted, name)
        row.removed_at, row.seen_at = None, utcnow()
        session.add(row)
        session.flush()
        keying.write(row.id, keyed)
        _remember(row, known)
    return row


def searches_of(actor: Member) -> list[Kept]:
    """The actor's searches, the last saved first; two queries, however many there are."""
    rows = db.session.scalars(
        select(SavedSearch).where(*_mine(actor)).order_by(SavedSearch.id.desc())
    ).all()
    found = select(SearchAlert.search_id, func.count()).join(SearchAlert.listing)
    new = found.join(SavedSearch, SavedSearch.id == SearchAlert.search_id).where(
        *_mine(actor),
        SearchAlert.found_at > SavedSearch.seen_at,
        visible_to(actor),
        Listing.open_now(utcnow()),
    )
    counted = db.session.execute(new.group_by(SearchAlert.search_id)).all()
    counts = {row[0]: row[1] for row in counted}
    return [Kept(row, counts.get(row.id, 0)) for row in rows]


def removed_searches(actor: Member) -> list[SavedSearch]:
    """Those that the actor deleted and can bring back."""
    recent = SavedSearch.removed_at > utcnow() - UNDO
    chosen = select(SavedSearch).where(SavedSearch.member_id == actor.id, recent)
    return list(db.session.scalars(chosen.order_by(SavedSearch.removed_at.desc())))


def get_search(actor: Member, public_id: str) -> SavedSearch:
    """One of the actor's own. Raises NotFound for anybody else's."""
    row = db.session.scalar(
        select(SavedSearch).where(*_mine(actor), SavedSearch.public_id == public_id)
    )
    if row is None:
        raise NotFound("search")
    return row


def look(actor: Member, public_id: str) -> SavedSearch:
    """The actor looks at its results: from now on nothing of them is new, nor told any more."""
    with transaction():
        row = get_search(actor, public_id)
        row.seen_at = utcnow()
        _forget_waiting(row)
    mark_link_seen(actor, link_of(row))
    return row


def change_search(actor: Member, public_id: str, name: str, how_often: str) -> SavedSearch:
    """Call it something else, hear of it at other times. What waits is told by the new choice."""
    name = " ".join(name.split())
    problems = _check(name)
    if how_often not in standing.HOW_OFTEN:
        problems.append(Problem("how_often", "choice_missing"))
    if problems:
        raise Invalid(problems)
    with transaction():
        row = get_search(actor, public_id)
        row.name = name
        set_how_often(row, how_often, utcnow())
    return row


def set_how_often(row: SavedSearch, how_often: str, now: datetime) -> None:
    """In the caller's transaction."""
    row.how_often = how_often
    if how_often == standing.NEVER:
        _forget_waiting(row)
    elif row.due_at is not None:
        row.due_at = telling_of(row, now)


def telling_of(row: SavedSearch, now: datetime) -> datetime | None:
    """When what is found at ``now`` is to be told."""
    member = row.member
    hour = hours_of(member).digest_hour
    return standing.next_telling(row.how_often, now, row.told_at, zone=member.zone, hour=hour)


def remove_search(actor: Member, public_id: str) -> SavedSearch:
    """Delete a search; for a while it can be brought back."""
    with transaction() as session:
        row = get_search(actor, public_id)
        row.removed_at = utcnow()
        _forget_waiting(row)
        session.flush()
        for older in removed_searches(actor)[REMOVED_MOST:]:
            session.delete(older)
    return row


def restore_search(actor: Member, public_id: str) -> SavedSearch:
    """Bring a deleted search back. Invalid when there is no more room."""
    with transaction() as session:
        session.get(Member, actor.id, with_for_update=True)
        row = next((r for r in removed_searches(actor) if r.public_id == public_id), None)
        if row is None:
            raise NotFound("search")
        if _count(actor) >= SEARCHES_MAX:
            raise Invalid([Problem("saving", "too_many_searches", {"max": SEARCHES_MAX})])
        row.removed_at = None
    return row


def new_feed_address(actor: Member, public_id: str) -> SavedSearch:
    """From now on the feed has another secret address; the one before is dead."""
    with transaction():
        row = get_search(actor, public_id)
        row.feed_number += 1
    return row


def link_of(row: SavedSearch) -> str:
    """The path where its member looks at it."""
    return f"/me/searches/{row.public_id}"


def _mine(actor: Member) -> tuple[ColumnElement[bool], ...]:
    return SavedSearch.member_id == actor.id, SavedSearch.removed_at.is_(None)


def _count(actor: Member) -> int:
    return db.session.scalar(select(func.count(SavedSearch.id)).where(*_mine(actor))) or 0


def _check(name: str) -> list[Problem]:
    if not name.strip():
        return [Problem("name", "required")]
    if len(name) > NAME_MAX:
        return [Problem("name", "too_long", {"max": NAME_MAX})]
    return []


def _check_search(what: Standing) -> list[Problem]:
    return [] if what.says_something else [Problem("saving", "search_empty")]


def _new(actor: Member, what: Standing, wanted: SearchRequest, name: str) -> SavedSearch:
    area_code = wanted.place.area_code if wanted.place and what.cell is not None else None
    return SavedSearch(
        member_id=actor.id,
        name=name,
        text=what.text,
        as_typed=wanted.as_typed,
        direction=what.direction,
        kinds=list(what.kinds),
        category=what.category,
        terms=list(what.terms),
        cell=what.cell,
        area_code=area_code,
        radius_km=what.radius_km,
        online=what.online,
        same_as=what.fingerprint(),
        how_often=standing.USUALLY,
        feed_number=1,
    )


def _remember(row: SavedSearch, known: Collection[int]) -> None:
    """These posts are no news for the search."""
    told = set(
        db.session.scalars(select(SearchAlert.listing_id).where(SearchAlert.search_id == row.id))
    )
    there = set(db.session.scalars(select(Listing.id).where(Listing.id.in_(set(known) - told))))
    values = {"search_id": row.id, "outcome": KNOWN, "found_at": row.seen_at}
    if there:
        db.session.execute(insert(SearchAlert), [values | {"listing_id": one} for one in there])


def _forget_waiting(row: SavedSearch) -> None:
    row.due_at = None
    changed(
        update(SearchAlert)
        .where(SearchAlert.search_id == row.id, SearchAlert.outcome == WAITING)
        .values(outcome=KNOWN)
        .execution_options(synchronize_session=False)
    )
