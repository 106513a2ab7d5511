"""What becomes of a listing once it is there: renewed, brought back, copied; and one's drafts."""

from dataclasses import replace

from sqlalchemy import ColumnElement, and_, exists, or_, select

from marketplace.accounts.models import Member
from marketplace.db import db, new_public_id, transaction, utcnow
from marketplace.errors import Conflict
from marketplace.listings import times
from marketplace.listings.models import Listing, ListingEvent, Photo
from marketplace.listings.moves import move_listing
from marketplace.listings.rows import draft_of, expiry_of, write_draft
from marketplace.listings.service import get_own, own, step
from marketplace.permissions import require

COPYABLE = ("open", "pending", "fulfilled", "withdrawn")

# SQL: nothing was written and no photo taken: somebody opened the form and went away.
EMPTY = (
    (Listing.title == "")
    & (Listing.description == "")
    & ~exists().where(Photo.listing_id == Listing.id, Photo.removed_at.is_(None))
)


def renew_listing(actor: Member, public_id: str, reason: str = "renewal") -> Listing:
    """The owner says it is still there: it stays for its usual time from now.

    Never shorter than it was. A last day that its owner gave stays; one that is over is dropped.
    One that has run out is open again. Conflict in any other state.
    """
    with transaction():
        listing = get_own(actor, public_id, lock=True)
        step(actor, listing, "renew")
        now = utcnow()
        if not listing.is_open(now):
            listing.available_until = None
        before, listing.confirmed_at = listing.expires_at, now
        expires = expiry_of(listing, now)
        if before is None or expires > before:
            listing.expires_at = expires
            listing.revision += 1  # the index knows the end as well
        _note_renewal(actor, listing, reason)
    return listing


def restore_listing(actor: Member, public_id: str) -> Listing:
    """Undo the actor's own withdrawal, deletion or mark as given. Its time ran on meanwhile.

    Conflict when there is nothing to undo any more.
    """
    with transaction():
        listing = get_own(actor, public_id, lock=True)
        require(actor, "listing.edit", listing)
        ended = undoable(listing)
        if ended is None or ended.actor_id not in (listing.owner_id, listing.created_by_id):
            raise Conflict("listing_closed")
        move_listing(actor, listing, ended.from_state, "restoration")
    return listing


def undoable(listing: Listing) -> ListingEvent | None:
    """How the listing ended, as long as that can be undone."""
    ended = next((one for one in reversed(listing.events) if one.to_state == listing.state), None)
    if ended is None or not times.may_be_restored(listing.state, ended.at, utcnow()):
        return None
    if listing.is_used_up:  # what was promised when it was closed has been given since
        return None
    return ended


def copy_listing(actor: Member, public_id: str) -> Listing:
    """A new draft that says the same, with the same photos. The second of two taps finds it."""
    with transaction() as session:
        source = get_own(actor, public_id, lock=True)
        require(actor, "listing.create")
        if source.state not in COPYABLE:
            raise Conflict("listing_closed")
        just_made = session.scalar(
            select(Listing).where(
                Listing.owner_id == actor.id,
                Listing.state == "draft",
                Listing.title == source.title,
                Listing.created_at > utcnow() - times.SAME_TAP,
            )
        )
        if just_made is not None:
            return just_made
        copy = Listing(public_id=new_public_id(), owner_id=actor.id, created_by_id=actor.id)
        write_draft(copy, replace(draft_of(source), key="", available_until=None))
        copy.giving_rule, copy.window_hours = source.giving_rule, source.window_hours
        if copy.giving_rule == "draw" and copy.window_hours is None:  # drawn already
            copy.giving_rule = "order"
        copy.photos = [
            Photo(position=p.position, name=p.name, alt=p.alt, width=p.width, height=p.height)
            for p in source.photos
        ]
        session.add(copy)
    return copy


def drafts(actor: Member) -> list[Listing]:
    """What the actor began and did not put up, the last touched first; none that is empty."""
    return _newest(own(actor), Listing.state == "draft", ~EMPTY)


def deleted_drafts(actor: Member) -> list[Listing]:
    """Drafts that the actor deleted and can still bring back."""
    return _newest(own(actor), deleted(), Listing.updated_at > utcnow() - times.UNDO, ~EMPTY)


def deleted() -> ColumnElement[bool]:
    """SQL: a draft that was deleted: it never was anything but a draft."""
    more = exists().where(
        ListingEvent.listing_id == Listing.id,
        or_(
            ListingEvent.to_state.not_in(("draft", "withdrawn")),
            ListingEvent.from_state.not_in(("", "draft", "withdrawn")),
        ),
    )
    return and_(Listing.state == "withdrawn", Listing.published_at.is_(None), ~more)


def _newest(*conditions: ColumnElement[bool]) -> list[Listing]:
    query = select(Listing).where(*conditions)
    return list(db.session.scalars(query.order_by(Listing.updated_at.desc(), Listing.id.desc())))


def _note_renewal(actor: Member, listing: Listing, reason: str) -> None:
    same = {"from_state": listing.state, "to_state": listing.state, "reason": reason}
    listing.events.append(ListingEvent(at=utcnow(), actor_id=actor.id, **same))
