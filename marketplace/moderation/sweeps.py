"""What becomes due in moderation: first listings that have waited long enough go up, and members
whose pause is over are told."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, String, cast, exists, literal, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict
from marketplace.listings import waiting
from marketplace.moderation import telling
from marketplace.moderation.models import Decision
from marketplace.notifications.models import Notification

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 50
TOLD_WITHIN = timedelta(days=7)  # later it is no news, and a restored site tells nothing old


def open_waiting(parts: "Parts") -> int:
    """Let one batch up; returns how many. One that has become incomplete goes on waiting."""
    opened = 0
    for listing in waiting.due_listings(BATCH):
        try:
            with transaction():
                waiting.open_listing(None, listing)
                telling.tell_opened(listing)
            opened += 1
        except Conflict:
            continue
    return opened


def end_pauses(parts: "Parts") -> int:
    """Tell one batch of members that their pause has run out; returns how many. It ended by
    itself, so nothing else is to be done, and each is told once."""
    over = db.session.scalars(_pauses_over(utcnow()).limit(BATCH)).all()
    for decision in over:
        with transaction():
            telling.tell_pause_over(decision)
    return len(over)


def _pauses_over(now: datetime) -> Select[Decision]:
    """Timed pauses that ended lately and that nobody was told of; not of who is paused again."""
    mark = literal(telling.PAUSE_OVER).concat(cast(Decision.id, String))
    is_told = exists().where(
        Notification.member_id == Decision.member_id, Notification.once == mark
    )
    return (
        select(Decision)
        .join(Member, Member.id == Decision.member_id)
        .where(
            Decision.action == "pause",
            Decision.undone_at.is_(None),
            Decision.until.between(now - TOLD_WITHIN, now),
            Member.erased_at.is_(None),
            ~Member.suspended_at_time(now),
            ~is_told,
        )
        .order_by(Decision.id)
    )
