"""The record of what staff did: who, what, about whom, why. Written in the deed's transaction."""

from typing import Any

from marketplace.accounts.models import AuditEvent, Member
from marketplace.db import db

REASON_MAX = 500


def record(
    actor: Member | None,
    action: str,
    *,
    about: Member | None = None,
    thing: str = "",
    reason: str = "",
    **params: Any,
) -> AuditEvent:
    """Add a row to the caller's transaction.

    ``actor`` None: a command of the operator. ``action`` is a dotted code ("listing.hide"),
    ``thing`` names what it was done to ("listing:<public id>"); ``params`` hold no member's text.
    """
    row = AuditEvent(
        actor_id=actor.id if actor else None,
        action=action,
        member_id=about.id if about else None,
        thing=thing,
        reason=reason[:REASON_MAX],
        params=params,
    )
    db.session.add(row)
    return row
