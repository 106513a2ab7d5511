"""Listings that a member put aside to find them again. Nobody else learns of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select

from marketplace.accounts.models import Member
from marketplace.db import changed, db, transaction
from marketplace.errors import Invalid, NotFound, Problem
from marketplace.listings.models import Listing, SavedListing
from marketplace.listings.service import get_visible, visible_to, was_shown_to
from marketplace.permissions import require

SAVED_MAX = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """``is_over``: it was open once; of what it was, no more is told."""

    listing: Listing
    saved_at: datetime
    is_over: bool


def save_listing(actor: Member, public_id: str) -> None:
    """Put somebody else's listing aside; twice is once. Invalid beyond SAVED_MAX."""
    with transaction() as session:
        session.get(Member, actor.id, with_for_update=True)  # one tap of a member at a time
        listing = get_visible(actor, public_id)
        require(actor, "listing.answer", listing)
        if is_saved(actor, listing):
            return
        mine = select(func.count()).where(SavedListing.member_id == actor.id)
        if (session.scalar(mine) or 0) >= SAVED_MAX:
            raise Invalid([Problem("saving", "too_many_saved", {"max": SAVED_MAX})])
        session.add(SavedListing(member_id=actor.id, listing_id=listing.id))


def forget_listing(actor: Member, public_id: str) -> None:
    """Take a listing out again, whatever became of it; NotFound when it was never in."""
    with transaction():
        there = select(Listing.id).where(Listing.public_id == public_id)
        mine = SavedListing.member_id == actor.id, SavedListing.listing_id.in_(there)
        if not changed(delete(SavedListing).where(*mine)):
            get_visible(actor, public_id)
            raise NotFound("listing")


def is_saved(actor: Member, listing: Listing) -> bool:
    mine = SavedListing.member_id == actor.id, SavedListing.listing_id == listing.id
    return db.session.scalar(select(SavedListing.id).where(*mine)) is not None


def saved_listings(actor: Member) -> list[Saved]:
    """What the actor put aside, the newest first, without what is hidden from them meanwhile."""
    over = was_shown_to(actor)
    rows = db.session.execute(
        select(Listing, SavedListing.saved_at, over.label("is_over"))
        .join(SavedListing, SavedListing.listing_id == Listing.id)
        .where(SavedListing.member_id == actor.id, or_(visible_to(actor), over))
        .order_by(SavedListing.saved_at.desc(), SavedListing.id.desc())
    )
    return [Saved(row.Listing, row.saved_at, bool(row.is_over)) for row in rows]
