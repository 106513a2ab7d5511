"""Whose digest is due, what waits for it, and sending it once a day at most.

What is in it is gathered above, by ``pages.digest``: it needs all features.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.accounts.models import Member, SignIn
from marketplace.db import changed, db, is_postgresql, utcnow
from marketplace.mail import queue_mail
from marketplace.notifications import rules
from marketplace.notifications.choices import THE_DIGEST
from marketplace.notifications.links import off_token
from marketplace.notifications.models import Digest, MailHours, Notification

USUAL = rules.Hours()
LATE_HOURS = 12  # a digest that could not go out for so long is left for the next day
ROWS_MOST = 200


def somebody_reads() -> ColumnElement[bool]:
    """SQL over members: a real one, or a made-up one of the demo as whom somebody came in."""
    return or_(~Member.is_demo, exists().where(SignIn.member_id == Member.id))


def reads_news(member: Member) -> bool:
    """Whether there is somebody to tell."""
    asked = select(Member.id).where(Member.id == member.id, somebody_reads())
    return not member.is_demo or db.session.scalar(asked) is not None


def due(now: datetime, limit: int) -> list[tuple[int, date]]:
    """Members whose hour has come and whose digest of the day was not seen to, with that day."""
    zones = db.session.scalars(select(Member.zone).where(*_may_have_one()).distinct()).all()
    found: list[tuple[int, date]] = []
    for zone in sorted(zones):
        here = now.astimezone(ZoneInfo(zone))
        hour = func.coalesce(MailHours.digest_hour, USUAL.digest_hour)
        ids = db.session.scalars(
            select(Member.id)
            .outerjoin(MailHours, MailHours.member_id == Member.id)
            .outerjoin(Digest, Digest.member_id == Member.id)
            .where(
                *_may_have_one(),
                Member.zone == zone,
                func.coalesce(MailHours.has_digest, USUAL.has_digest),
                and_(hour <= here.hour, hour > here.hour - LATE_HOURS),
                or_(Digest.day.is_(None), Digest.day < here.date()),
                somebody_reads(),
            )
            .order_by(Member.id)
            .limit(limit - len(found))
        )
        found += [(member_id, here.date()) for member_id in ids]
        if len(found) >= limit:
            break
    return found


def _may_have_one() -> tuple[ColumnElement[bool], ...]:
    return (
        Member.email_confirmed_at.is_not(None),
        Member.email.is_not(None),
        Member.shows_posts(),  # neither pausing nor leaving
    )


def waiting(member_id: int) -> tuple[Member, Sequence[Notification], datetime | None]:
    """The member, what waits for the digest and was not seen here, and when the last one left."""
    rows = db.session.scalars(
        select(Notification)
        .where(
            Notification.member_id == member_id,
            Notification.mail == rules.IN_DIGEST,
            Notification.seen_at.is_(None),
        )
        .order_by(Notification.id.desc())
        .limit(ROWS_MOST)
    ).all()
    last = db.session.scalar(select(Digest.sent_at).where(Digest.member_id == member_id))
    return db.session.get_one(Member, member_id), rows, last


def claim(member_id: int, day: date) -> bool:
    """Whether this digest is ours to see to; then nobody gets that day of the member again."""
    insert: Any = postgresql.insert if is_postgresql() else sqlite.insert
    statement = insert(Digest).values(member_id=member_id, day=day)
    statement = statement.on_conflict_do_update(
        index_elements=["member_id"],
        set_={"day": statement.excluded.day},
        where=Digest.day < statement.excluded.day,
    )
    won: int | None = db.session.scalar(statement.returning(Digest.member_id))
    return won is not None


def queue(member: Member, rows: Collection[int], params: Mapping[str, Any]) -> None:
    """Mail the digest, in the caller's transaction; what it tells of is told."""
    now = utcnow()
    mail = queue_mail(
        THE_DIGEST,
        to=member.email or "",
        to_name=member.name,
        language=member.language,
        zone=member.zone,
        params={"name": member.name, **params},
        unsubscribe_token=off_token(member, THE_DIGEST),
    )
    db.session.flush()
    changed(update(Digest).where(Digest.member_id == member.id).values(sent_at=now))
    mine = (Notification.member_id == member.id, Notification.mail == rules.IN_DIGEST)
    changed(
        update(Notification)
        .where(*mine, Notification.id.in_(rows))
        .values(mail=rules.MAILED, mailed_at=now, mail_id=mail.id)
        .execution_options(synchronize_session=False)
    )
    changed(
        update(Notification)
        .where(*mine, Notification.seen_at.is_not(None))
        .values(mail=rules.NONE, mail_reason="seen")
        .execution_options(synchronize_session=False)
    )
