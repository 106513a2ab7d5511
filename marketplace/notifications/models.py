"""Which topics a member wants to hear of by mail."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import db

TOPICS = ("message", "match", "promise", "reminder", "alert", "event", "account", "staff")


class Preference(db.Model):
    """A member's choice for one topic; no row means mail."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        UniqueConstraint("member_id", "topic"),
        CheckConstraint("channel IN ('mail', 'off')", name="channel"),
        CheckConstraint("topic != 'account' OR channel != 'off'", name="account_stays_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(8))
