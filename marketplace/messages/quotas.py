"""How many new conversations a member may still open today; running ones are never limited."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.accounts import trust
from marketplace.accounts.models import Member
from marketplace.accounts.trust import Quota
from marketplace.db import db, utcnow
from marketplace.errors import Problem
from marketplace.listings.quotas import quotas_of
from marketplace.messages.models import Conversation


def opened_today(actor: Member) -> Quota:
    """What the actor opened in the last day."""
    now = utcnow()
    times = db.session.scalars(
        select(Conversation.created_at).where(
            Conversation.opener_id == actor.id,
            Conversation.created_at > now - timedelta(days=1),
        )
    ).all()
    return trust.quota(times, quotas_of(actor).conversations, now)


def too_many_new(actor: Member) -> list[Problem]:
    """The problem of one more today; empty when there is room."""
    today = opened_today(actor)
    if not today.is_used_up:
        return []
    params = {"max": today.most, "hours": today.hours_left(utcnow())}
    return [Problem("body", "too_many_conversations", params)]
