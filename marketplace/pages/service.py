"""What the pages need beyond the services of single features."""

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.listings.service import visible_to
from marketplace.places import service as places
from marketplace.places.cells import Place
from marketplace.places.service import PublicLocation

LISTINGS_OF_A_MEMBER = 48


def keep_language(actor: Member | None, language: str) -> None:
    """Make it the member's language; for a visitor nothing is stored."""
    if actor is None or actor.language == language:
        return
    with transaction():
        actor.language = language


def listings_of(
    actor: Member | None, owner: Member, viewer: Place | None = None
) -> list[tuple[Listing, PublicLocation]]:
    """What of ``owner`` is open and may be seen by ``actor``, newest first, with about where."""
    rows = db.session.scalars(
        select(Listing)
        .where(Listing.owner_id == owner.id, visible_to(actor), Listing.open_now(utcnow()))
        .order_by(Listing.published_at.desc(), Listing.id.desc())
        .limit(LISTINGS_OF_A_MEMBER)
    ).all()
    return list(zip(rows, places.public_locations(rows, viewer), strict=True))
