"""What the worker does so that members hear of things: the account's events, mail that waited.

Each row is settled in one transaction of its own, beginning with a conditional UPDATE that only
one worker wins; a sweep may die at any line and neither loses nor doubles anything.
"""

from typing import TYPE_CHECKING

from babel.dates import format_datetime, get_timezone
from sqlalchemy import select, update

from marketplace.accounts.models import AccountEvent, Member
from marketplace.db import changed, db, transaction, utcnow
from marketplace.notifications import rules
from marketplace.notifications.models import Notification
from marketplace.notifications.service import decide_again, notify

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 50  # some milliseconds each
SECURITY = "/account/security"
LINKS = {"new_device": "/account/sign-ins"}  # where to act; the others lead to SECURITY


def tell_account_events(parts: "Parts") -> int:
    """Tell members what happened to their accounts; each event once, returns how many."""
    due = db.session.scalars(
        select(AccountEvent.id)
        .where(AccountEvent.told_at.is_(None))
        .order_by(AccountEvent.id)
        .limit(BATCH)
    ).all()
    for event_id in due:
        with transaction() as session:
            claim = update(AccountEvent).where(
                AccountEvent.id == event_id, AccountEvent.told_at.is_(None)
            )
            if changed(claim.values(told_at=utcnow())):
                _tell(session.get_one(AccountEvent, event_id))
    return len(due)


def _tell(event: AccountEvent) -> None:
    member = db.session.get_one(Member, event.member_id)
    when = format_datetime(
        event.at, "long", tzinfo=get_timezone(member.zone), locale=member.language
    )
    device = " · ".join(filter(None, (event.params.get("browser"), event.params.get("system"))))
    params = event.params | {"time": when, "device": device or "?"}
    link = LINKS.get(event.kind, SECURITY)
    notify(member, "account", event.kind, params, link=link, once=f"account:{event.id}")


def deliver(parts: "Parts") -> int:
    """Decide again about what is due, at most a batch; returns how many rows were settled."""
    now = utcnow()
    is_due = (Notification.mail == rules.WAITING, Notification.mail_due_at <= now)
    due = db.session.scalars(
        select(Notification.id)
        .where(*is_due)
        .order_by(Notification.mail_due_at, Notification.id)
        .limit(BATCH)
    ).all()
    for row_id in due:
        with transaction() as session:
            claim = (
                update(Notification)
                .where(Notification.id == row_id, *is_due)
                .values(mail=rules.NONE, mail_due_at=None)
                .execution_options(synchronize_session=False)
            )
            if changed(claim):
                decide_again(session.get_one(Notification, row_id), now)
    return len(due)
