"""What the pages need beyond the services of single features."""

from dataclasses import asdict

from sqlalchemy import select

from marketplace.accounts.audit import record
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.listings.service import visible_to
from marketplace.pages.site_rules import SiteDraft
from marketplace.permissions import require
from marketplace.places import service as places
from marketplace.places.cells import Place
from marketplace.places.service import PublicLocation
from marketplace.site_settings import SiteValues, set_site_values, stored_values

LISTINGS_OF_A_MEMBER = 48


def keep_language(actor: Member | None, language: str) -> None:
    """Make it the member's language; for a visitor nothing is stored."""
    if actor is None or actor.language == language:
        return
    with transaction():
        actor.language = language


def edit_site(actor: Member, draft: SiteDraft) -> None:
    """Let the (checked) draft hold for the site; each change is recorded, with old and new."""
    require(actor, "site.edit")
    with transaction():
        before, after = asdict(stored_values()), asdict(draft)
        for name, new in after.items():
            if before[name] != new:
                record(actor, "site.edit", thing=f"site:{name}", old=before[name], new=new)
        set_site_values(SiteValues(**after))


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
