"""News of members, what became of each by mail, and which mail a member wants when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Member
from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.notifications.rules import CHANNELS, MAIL_STATES, Hours


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Notification(db.Model):
    """One piece of news for one member, and what became of it by mail.

    ``kind`` is the key of its sentence (``wording.NEWS``) and of its mail template; ``link`` the
    path of this site where to act. No two rows of a member share a ``once`` that is not NULL.
    ``mail`` is waiting (until ``mail_due_at``), digest (for the next one), mailed or none;
    ``mail_reason`` is a code of ``rules.decide``, or "seen": read here before the mail left, or
    "here": never meant to be mailed.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("member_id", "once"),
        CheckConstraint(_one_of("mail", MAIL_STATES), name="mail"),
        CheckConstraint("(mail = 'waiting') = (mail_due_at IS NOT NULL)", name="due_iff_waiting"),
        Index("ix_notifications_member_id_id", "member_id", "id"),
        Index("ix_notifications_member_id_mailed_at", "member_id", "mailed_at"),
        Index("ix_notifications_mail_mail_due_at", "mail", "mail_due_at"),
        Index(
            "ix_notifications_unseen",
            "member_id",
            sqlite_where=text("seen_at IS NULL"),
            postgresql_where=text("seen_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    link: Mapped[str] = mapped_column(String(300), default="")
    once: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mail: Mapped[str] = mapped_column(String(8), default="none")
    mail_reason: Mapped[str] = mapped_column(String(12), default="")
    mail_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mail_id: Mapped[int | None] = mapped_column(
        ForeignKey("outgoing_mails.id", ondelete="SET NULL"), index=True
    )

    member: Mapped[Member] = relationship()


class Preference(db.Model):
    """A member's choice for one topic; without a row it is as ``rules.USUALLY`` says."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        UniqueConstraint("member_id", "topic"),
        CheckConstraint(_one_of("channel", CHANNELS), name="channel"),
        CheckConstraint("topic != 'account' OR channel = 'at_once'", name="account_stays_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(8))


class MailHours(db.Model):
    """When a member wants mail; without a row as ``rules.Hours`` says."""

    __tablename__ = "mail_hours"
    __table_args__ = (
        CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23 "
            "AND digest_hour BETWEEN 0 AND 23",
            name="hours",
        ),
    )

    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    quiet_from: Mapped[int] = mapped_column(Integer)
    quiet_until: Mapped[int] = mapped_column(Integer)
    digest_hour: Mapped[int] = mapped_column(Integer)
    has_digest: Mapped[bool] = mapped_column(default=True)

    def hours(self) -> Hours:
        return Hours(self.quiet_from, self.quiet_until, self.digest_hour, self.has_digest)


class Digest(db.Model):
    """The last day, where the member lives, whose digest was seen to; there is one a day at most.

    ``sent_at`` is None until the first that was worth sending.
    """

    __tablename__ = "digests"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
