"""What staff see of outgoing mail: how its delivery goes, never what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from marketplace.accounts.audit import record
from marketplace.accounts.models import Member
from marketplace.db import changed, db, transaction, utcnow
from marketplace.errors import Conflict, NotFound
from marketplace.mail import OutgoingMail

STATES = ("waiting", "sending", "sent", "failed")
PER_PAGE = 50
DOUBTFUL_AFTER = timedelta(minutes=15)  # sending takes seconds: then its worker was killed


@dataclass(frozen=True, slots=True)
class Line:
    """One mail. ``to`` leaves of the address only what tells servers apart; ``is_stuck``: it will
    not move by itself."""

    public_id: str
    kind: str
    to: str
    state: str
    attempts: int
    created_at: datetime
    next_try_at: datetime
    sent_at: datetime | None
    error: str
    is_stuck: bool


@dataclass(frozen=True, slots=True)
class Outbox:
    """A page of mails, newest first; pages count from 1. ``counts``: state -> number of mails."""

    lines: list[Line]
    counts: Mapping[str, int]
    page: int
    pages: int


def outbox(state: str = "", page: int = 1) -> Outbox:
    """The mails of one state; of all when there is no such state."""
    rows = db.session.execute(
        select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
    ).all()
    counts = dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in rows}
    chosen = select(OutgoingMail)
    if state in counts:
        chosen = chosen.where(OutgoingMail.state == state)
    total = counts.get(state, sum(counts.values()))
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    mails = db.session.scalars(
        chosen.order_by(OutgoingMail.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
    now = utcnow()
    return Outbox([_line(mail, now) for mail in mails], counts, page, pages)


def try_again(actor: Member, public_id: str) -> None:
    """Let a mail go out that will not by itself; it keeps its message id.

    Raises NotFound, and Conflict when it is not stuck (any more).
    """
    now = utcnow()
    with transaction():
        moved = changed(
            update(OutgoingMail)
            .where(OutgoingMail.public_id == public_id, stuck(now))
            .values(state="waiting", next_try_at=now)
            .execution_options(synchronize_session=False)
        )
        if moved:
            record(actor, "mail.retry", thing=f"mail:{public_id}")
            return
    known = select(OutgoingMail.id).where(OutgoingMail.public_id == public_id)
    if db.session.scalar(known) is None:
        raise NotFound("mail")
    raise Conflict("mail_not_stuck")


def stuck(now: datetime) -> ColumnElement[bool]:
    """SQL: mail that will not go out by itself, given up or cut off while it was being sent."""
    doubtful = and_(
        OutgoingMail.state == "sending", OutgoingMail.next_try_at <= now - DOUBTFUL_AFTER
    )
    return or_(OutgoingMail.state == "failed", doubtful)


def _line(mail: OutgoingMail, now: datetime) -> Line:
    doubtful = mail.state == "sending" and mail.next_try_at <= now - DOUBTFUL_AFTER
    masked = mask(mail.to)
    return Line(
        mail.public_id,
        mail.template,
        masked,
        mail.state,
        mail.attempts,
        mail.created_at,
        mail.next_try_at,
        mail.sent_at,
        mail.error.replace(mail.to, masked),
        doubtful or mail.state == "failed",
    )


def mask(address: str) -> str:
    """ "alice@example.org" -> "a…@example.org": enough to see which server refuses."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
