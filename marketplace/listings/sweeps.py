"""The sweeps of listings: ends that are near are told, questions answered, leftovers cleared away.

Each asks the database what is due and does it row by row, each row in a transaction of its own:
dying in between means that the rest is due again.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, text

from marketplace import picture_files
from marketplace.accounts.service import are_blocked
from marketplace.db import db, transaction, utcnow
from marketplace.listings import lifecycle, times
from marketplace.listings.asking import tell_owner, tell_owner_of_many
from marketplace.listings.models import UNPLANNED, Listing, Photo, Question
from marketplace.notifications.service import notify

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 100
MANY = 20  # listings in one mail


def expire(parts: "Parts") -> int:
    """Plan when owners are told that something ends, and tell those whose time has come."""
    return _plan() + _each(_due(), _tell)


def answer(parts: "Parts") -> int:
    """Tell those who asked what became of it."""
    return _each(_answered(), _tell_asker)


def clear(parts: "Parts") -> int:
    """Erase empty and deleted drafts, and photos that nobody can bring back any more."""
    folder = parts.settings.uploads_dir
    now = utcnow()
    drafts = _each(_over_drafts(now), lambda row: _erase(row, folder))
    withdrawn = _each(_withdrawn_with_photos(now), lambda row: _erase_photos(row, folder))
    removed = _each(_removed_photos(now), lambda row: _erase_photo(row, folder))
    return drafts + withdrawn + removed


def _each(query: Any, handle: Any) -> int:
    """Handle each row that the query still finds once it is locked; how many there were."""
    model = query.column_descriptions[0]["entity"]
    ids = db.session.scalars(query.with_only_columns(model.id).limit(BATCH)).all()
    for number in ids:
        with transaction() as session:
            locked = query.where(model.id == number).with_for_update(of=model, skip_locked=True)
            row = session.scalar(locked.execution_options(populate_existing=True))
            if row is not None:
                handle(row)
    return len(ids)


def _plan() -> int:
    """Write down when to tell of ends that are new or have moved; how many there were."""
    now = utcnow()
    with transaction() as session:
        query = select(Listing).where(text(UNPLANNED)).order_by(Listing.updated_at).limit(BATCH)
        rows = session.scalars(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            expires, dated = row.expires_at or now, row.available_until is not None
            row.notice_at = times.plan(row.last_confirmed or row.created_at, expires, dated, now)
            row.notice_for = row.expires_at
    return len(rows)


def _due() -> Any:
    due = Listing.state == "open", Listing.notice_at <= utcnow()
    return select(Listing).where(*due).order_by(Listing.notice_at)


def _tell(listing: Listing) -> None:
    """Once before the end and once after it; only after it when the worker slept that long. What
    else of the same owner's is due by tomorrow goes along, so that many ends make one mail."""
    near = listing.is_open(utcnow())
    told = [listing, *_along(listing, near)]
    if len(told) > 1:
        tell_owner_of_many(told, "listings_expire" if near else "listings_expired")
    else:
        tell_owner(listing, "listing_expires" if near else "listing_expired")
    for one in told:
        one.notice_at = one.expires_at if near else None


def _along(listing: Listing, near: bool) -> list[Listing]:
    """The owner's other listings of which the same has to be told within a day."""
    now = utcnow()
    ahead = Listing.notice_at < Listing.expires_at if near else ~Listing.open_now(now)
    due = Listing.notice_at <= (now + times.TOLD_ALONG if near else now)
    others = Listing.owner_id == listing.owner_id, Listing.id != listing.id
    query = select(Listing).where(*others, Listing.state == "open", due, ahead)
    query = query.order_by(Listing.expires_at).limit(MANY - 1)
    return list(db.session.scalars(query.with_for_update(skip_locked=True)))


def _answered() -> Any:
    """Open questions whose listing says what the answer is. An end may still be undone."""
    yes = and_(Listing.state == "open", Listing.confirmed_at >= Question.asked_at)
    settled = Listing.updated_at <= utcnow() - times.GONE_TOLD_AFTER
    no = and_(Listing.state.in_(("fulfilled", "withdrawn")), settled)
    return (
        select(Question)
        .join(Question.listing)
        .where(Question.told_at.is_(None), or_(yes, no))
        .order_by(Question.id)
    )


def _tell_asker(question: Question) -> None:
    listing = question.listing
    question.told_at = utcnow()
    if are_blocked(question.member, listing.owner):
        return
    there = listing.state == "open"
    similar = f"/search?direction={listing.direction}&category={listing.category}"
    notify(
        question.member,
        "reminder",
        "listing_there" if there else "listing_gone",
        {"title": listing.title, "direction": listing.direction, "about": listing.public_id},
        link=f"/listings/{listing.public_id}" if there else similar,
    )


def _over_drafts(now: datetime) -> Any:
    empty = and_(
        Listing.state == "draft",
        Listing.updated_at <= now - times.EMPTY_DRAFT,
        lifecycle.EMPTY,
    )
    deleted = and_(lifecycle.deleted(), Listing.updated_at <= now - times.UNDO)
    return select(Listing).where(or_(empty, deleted)).order_by(Listing.id)


def _withdrawn_with_photos(now: datetime) -> Any:
    over = Listing.state == "withdrawn", Listing.updated_at <= now - times.UNDO
    has_photos = select(Photo.id).where(Photo.listing_id == Listing.id).exists()
    return select(Listing).where(*over, has_photos).order_by(Listing.id)


def _removed_photos(now: datetime) -> Any:
    return select(Photo).where(Photo.removed_at <= now - times.PHOTO_UNDO).order_by(Photo.id)


def _erase(listing: Listing, folder: Path) -> None:
    _erase_photos(listing, folder)
    db.session.delete(listing)


def _erase_photos(listing: Listing, folder: Path) -> None:
    every = db.session.scalars(select(Photo).where(Photo.listing_id == listing.id))
    for photo in list(every):
        _erase_photo(photo, folder)
    db.session.expire(listing, ["photos"])


def _erase_photo(photo: Photo, folder: Path) -> None:
    """The files go with the last row that names them: copies and drawings share theirs."""
    db.session.delete(photo)
    db.session.flush()
    if not db.session.scalar(select(func.count()).where(Photo.name == photo.name)):
        picture_files.remove_files(folder, photo.name)
