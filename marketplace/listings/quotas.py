"""How many listings a member may still post today, and what they may do in a day at all."""

from datetime import timedelta

from sqlalchemy import func, select

from marketplace.accounts import trust
from marketplace.accounts.models import Member
from marketplace.accounts.trust import Quota, Quotas, Standing
from marketplace.db import db, utcnow
from marketplace.listings.models import Listing, ListingEvent
from marketplace.permissions import allows


def quotas_of(actor: Member) -> Quotas:
    """What the actor may do in a day."""
    if actor.is_demo or allows(actor, "staff.enter"):
        return trust.QUOTAS["trusted"]
    completed = db.session.scalar(
        select(func.count())
        .select_from(Listing)
        .where(Listing.owner_id == actor.id, Listing.state == "fulfilled")
    )
    standing = Standing(
        since=actor.created_at,
        confirmed=actor.email_confirmed_at is not None,
        completed=completed or 0,
        warned_at=actor.warned_at,
    )
    return trust.QUOTAS[trust.level(standing, utcnow())]


def listings_today(actor: Member) -> Quota:
    """What the actor posted in the last day, whatever became of it."""
    now = utcnow()
    times = db.session.scalars(
        select(ListingEvent.at).where(
            ListingEvent.actor_id == actor.id,
            ListingEvent.from_state == "draft",
            ListingEvent.to_state.in_(("open", "pending")),
            ListingEvent.at > now - timedelta(days=1),
        )
    ).all()
    return trust.quota(times, quotas_of(actor).listings, now)
