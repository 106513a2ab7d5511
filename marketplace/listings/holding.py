"""What staff do with a listing: hide it, show it again, let a waiting one up or send it back.

Every verb joins the caller's transaction and writes its event; who is told is the caller's.
"""

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict
from marketplace.listings import rules
from marketplace.listings.models import Listing, ListingEvent
from marketplace.listings.moves import move_listing
from marketplace.notifications.service import take_back
from marketplace.permissions import require


def hold_listing(actor: Member, listing: Listing, reason: str = "") -> None:
    """Hide it from everybody but its owner and staff, and take back the news that name it.

    Conflict unless it is open or pending.
    """
    with transaction():
        require(actor, "listing.moderate", listing)
        after = rules.state_after(_locked(listing).state, "hold")
        if after is None:
            raise Conflict("listing_closed")
        move_listing(actor, listing, after, reason)
        take_back(select(Listing.public_id).where(Listing.id == listing.id))


def release_listing(actor: Member, listing: Listing, reason: str = "") -> None:
    """Make it what it was before it was hidden; the time it lost is given back to it.

    Conflict when it is not hidden (its owner may have withdrawn it).
    """
    with transaction() as session:
        require(actor, "listing.moderate", listing)
        if _locked(listing).state != "held":
            raise Conflict("listing_closed")
        held = session.scalars(
            select(ListingEvent)
            .where(
                ListingEvent.listing_id == listing.id,
                ListingEvent.to_state == "held",
                ListingEvent.from_state != "withdrawn",  # its owner took that back
            )
            .order_by(ListingEvent.id.desc())
            .limit(1)
        ).one()
        if listing.expires_at is not None and listing.available_until is None:
            listing.expires_at += utcnow() - held.at
        used_up = held.from_state == "open" and listing.is_used_up  # given while it was hidden
        move_listing(actor, listing, "fulfilled" if used_up else held.from_state, reason)


def _locked(listing: Listing) -> Listing:
    db.session.refresh(listing, with_for_update=True)
    return listing
