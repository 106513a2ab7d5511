"""The first listings of new members: which wait, and how they go up or back."""

from collections.abc import Sequence

from sqlalchemy import exists, func, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.listings import review, rules
from marketplace.listings.models import Listing, ListingEvent
from marketplace.listings.moves import move_listing
from marketplace.listings.quotas import listings_today
from marketplace.listings.rows import draft_of, expiry_of
from marketplace.permissions import allows, require
from marketplace.site_settings import site_values


def verb_of_publishing(actor: Member) -> str:
    """Whether one more listing of the actor is published or submitted.

    Raises Invalid when they have posted as much as they may in a day.
    """
    today = listings_today(actor)
    if today.is_used_up:
        params = {"max": today.most, "hours": today.hours_left(utcnow())}
        raise Invalid([Problem("", "too_many_listings", params)])
    if actor.is_demo or allows(actor, "staff.enter"):
        return "publish"
    published = db.session.scalar(
        select(func.count())
        .select_from(Listing)
        .where(Listing.owner_id == actor.id, Listing.published_at.is_not(None))
    )
    values = site_values()
    return review.verb_of(values.review, values.review_first, published or 0)


def waiting_listings() -> Sequence[Listing]:
    """All that wait, the one that waits longest first."""
    return db.session.scalars(
        select(Listing).where(Listing.state == "pending").order_by(Listing.updated_at, Listing.id)
    ).all()


def open_listing(actor: Member | None, listing: Listing) -> None:
    """Let a waiting listing up, or one that was sent back. ``actor`` None: its time has come.

    Conflict when it is neither, or no longer complete.
    """
    with transaction() as session:
        if actor is not None:
            require(actor, "listing.moderate", listing)
        session.refresh(listing, with_for_update=True)
        after = rules.state_after(listing.state, "open")
        now = utcnow()
        if after is None or rules.check(draft_of(listing), now.date()):
            raise Conflict("listing_closed")
        listing.published_at = now
        listing.expires_at = expiry_of(listing, now)
        move_listing(actor, listing, after)


def decline_listing(actor: Member, listing: Listing, reason: str = "") -> None:
    """Make a waiting listing its owner's draft again. Conflict when it does not wait."""
    with transaction() as session:
        require(actor, "listing.moderate", listing)
        session.refresh(listing, with_for_update=True)
        after = rules.state_after(listing.state, "decline")
        if after is None:
            raise Conflict("listing_closed")
        move_listing(actor, listing, after, reason)


def due_listings(limit: int) -> Sequence[Listing]:
    """Those that have waited as long as the site wants."""
    values = site_values()
    since = review.goes_up_from(values.review, values.review_delay_hours, utcnow())
    if since is None:
        return ()
    waits_long = exists().where(
        ListingEvent.listing_id == Listing.id,
        ListingEvent.to_state == "pending",
        ListingEvent.at <= since,
    )
    came_lately = exists().where(
        ListingEvent.listing_id == Listing.id,
        ListingEvent.to_state == "pending",
        ListingEvent.at > since,
    )
    return db.session.scalars(
        select(Listing)
        .where(Listing.state == "pending", waits_long, ~came_lately)
        .order_by(Listing.id)
        .limit(limit)
    ).all()
