"""Photos of listings: cleaned, stored under a random name, attached at once.

Files are written before their row and stay until the sweep ``listings.clear`` takes both, so that a
row always has its files; a file without a row is only waste, and a name is never used twice.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import select

from marketplace import images, picture_files
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.listings import rules
from marketplace.listings.models import Listing, Photo
from marketplace.listings.service import get_own, visible_to

CHANGEABLE = ("draft", "pending", "open")


def is_held(name: str) -> bool:
    """Whether the moderators hid a post that shows the picture ``name``; one indexed query."""
    held = select(Photo.id).join(Listing, Listing.id == Photo.listing_id)
    return (
        db.session.scalar(held.where(Photo.name == name, Listing.state == "held").limit(1))
        is not None
    )


def require_shown(actor: Member | None, name: str) -> None:
    """Raise NotFound unless a post that ``actor`` may see shows the picture ``name``."""
    shown = select(Photo.id).join(Listing, Listing.id == Photo.listing_id)
    if db.session.scalar(shown.where(Photo.name == name, visible_to(actor)).limit(1)) is None:
        raise NotFound("photo")


def attach_photo(
    actor: Member, public_id: str, data: bytes, *, folder: Path, alt: str = ""
) -> Photo:
    """Clean the picture and add it to the actor's listing.

    Raises PictureRefused for what is no photo, Invalid beyond the sixth, Conflict when over.
    """
    _require_room(get_own(actor, public_id))
    picture = images.render(data)
    name = picture_files.new_name()
    try:
        picture_files.store(folder, name, picture)
        with transaction() as session:
            listing = get_own(actor, public_id, lock=True)
            _require_room(listing)
            photo = Photo(
                listing_id=listing.id,
                position=1 + max((p.position for p in listing.photos), default=0),
                name=name,
                alt=rules.one_line(alt)[: rules.ALT_MAX],
                width=picture.width,
                height=picture.height,
            )
            session.add(photo)
            listing.updated_at = utcnow()
    except BaseException:
        picture_files.remove_files(folder, name)
        raise
    return photo


def remove_photo(actor: Member, public_id: str, name: str) -> None:
    """Take a photo off the actor's listing; NotFound when it has no such photo.

    It comes back by ``return_photo`` until the sweep ``listings.clear`` takes its files.
    """
    with transaction() as session:
        listing = _changeable(actor, public_id)
        _named(listing.photos, name).removed_at = listing.updated_at = utcnow()
        session.flush()
        session.expire(listing, ["photos"])


def return_photo(actor: Member, public_id: str, name: str) -> None:
    """Undo a removal: the photo is where it was. NotFound when it is not to be had any more."""
    with transaction() as session:
        listing = _changeable(actor, public_id)
        _require_room(listing)
        photo = _named(_removed(listing), name)
        photo.removed_at, listing.updated_at = None, utcnow()
        session.flush()
        session.expire(listing, ["photos"])


def removed_photo(listing: Listing) -> Photo | None:
    """The photo that was taken off last and can be brought back."""
    return next(iter(_removed(listing)), None)


def move_photo(actor: Member, public_id: str, name: str, where: str) -> None:
    """Move a photo ``earlier`` or ``later`` by one, or ``first``; the first is what lists show."""
    with transaction() as session:
        listing = _changeable(actor, public_id)
        row = list(listing.photos)
        moved = _named(row, name)
        at = row.index(moved)
        row.remove(moved)
        row.insert({"first": 0, "earlier": max(0, at - 1), "later": at + 1}[where], moved)
        for position, photo in enumerate(row, 1):
            photo.position = position
        listing.updated_at = utcnow()
        session.flush()
        session.expire(listing, ["photos"])


def describe_photos(actor: Member, public_id: str, alts: Mapping[str, str]) -> None:
    """Set the alternative texts by photo name; names of other listings are left out."""
    with transaction():
        listing = _changeable(actor, public_id)
        for photo in listing.photos:
            if photo.name in alts:
                photo.alt = rules.one_line(alts[photo.name])[: rules.ALT_MAX]


def _changeable(actor: Member, public_id: str) -> Listing:
    listing = get_own(actor, public_id, lock=True)
    _require_changeable(listing)
    return listing


def _named(rows: Sequence[Photo], name: str) -> Photo:
    for photo in rows:
        if photo.name == name:
            return photo
    raise NotFound("photo")


def _removed(listing: Listing) -> Sequence[Photo]:
    """What was taken off the listing, the last first."""
    query = select(Photo).where(Photo.listing_id == listing.id, Photo.removed_at.is_not(None))
    return db.session.scalars(query.order_by(Photo.removed_at.desc(), Photo.id.desc())).all()


def _require_changeable(listing: Listing) -> None:
    if listing.state not in CHANGEABLE:
        raise Conflict("listing_closed")


def _require_room(listing: Listing) -> None:
    _require_changeable(listing)
    if len(listing.photos) >= rules.PHOTOS_MAX:
        raise Invalid([Problem("photo", "too_many_photos", {"max": rules.PHOTOS_MAX})])
