"""One change of state of a listing, written down. Whether it may happen is asked before."""

from marketplace.accounts.models import Member
from marketplace.db import utcnow
from marketplace.listings.models import Listing, ListingEvent

REASON_MAX = 200  # characters


def move_listing(actor: Member | None, listing: Listing, after: str, reason: str = "") -> None:
    """Change the state and write it down, in the caller's transaction. ``actor`` None: a sweep."""
    listing.updated_at = utcnow()
    listing.events.append(
        ListingEvent(
            at=listing.updated_at,
            actor_id=actor.id if actor else None,
            from_state=listing.state,
            to_state=after,
            reason=reason[:REASON_MAX],
        )
    )
    listing.state, listing.answered_at = after, None
    listing.revision += 1
