"""What staff do about a member: a pause that takes effect at once and ends by itself, a warning.

A member who is paused by staff can sign in, read, have their data and appeal; their posts are
hidden and they cannot post or write. Every verb joins the caller's transaction.
"""

from datetime import datetime

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.errors import Conflict
from marketplace.permissions import require


def suspend_member(actor: Member, member: Member, until: datetime | None) -> None:
    """Pause a member until then; None: until further notice. Conflict when paused already."""
    with transaction() as session:
        require(actor, "member.moderate", member)
        session.refresh(member, with_for_update=True)
        if member.is_suspended:
            raise Conflict("member_paused")
        member.suspended_at, member.suspended_until = utcnow(), until
        member.warned_at = member.suspended_at


def end_suspension(actor: Member, member: Member) -> None:
    """Let a paused member take part again. Conflict when they are not paused."""
    with transaction() as session:
        require(actor, "member.moderate", member)
        session.refresh(member, with_for_update=True)
        if not member.is_suspended:
            raise Conflict("member_not_paused")
        member.suspended_at = member.suspended_until = None


def warn_member(actor: Member, member: Member) -> None:
    """Remember that a member was warned; for some months they may do less in a day."""
    with transaction():
        require(actor, "member.moderate", member)
        member.warned_at = utcnow()


def clear_warning(actor: Member, member: Member) -> None:
    """Forget it: the decision did not stand."""
    with transaction():
        require(actor, "member.moderate", member)
        member.warned_at = None
