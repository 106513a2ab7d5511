"""What members asked of us under their rights: deletion, and copies of their data."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import UTCDateTime, db, utcnow

OUTCOMES = ("kept", "erased")


class ErasureRequest(db.Model):
    """A wish to be forgotten: who asked, when, and what came of it (none yet: days of grace).

    ``asked_by`` is the member, or the operator for a request that came by letter.
    """

    __tablename__ = "erasure_requests"
    __table_args__ = (
        CheckConstraint("asked_by IN ('member', 'operator')", name="asked_by"),
        CheckConstraint("outcome IN ('', 'kept', 'erased')", name="outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    asked_by: Mapped[str] = mapped_column(String(10), default="member")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    erase_after: Mapped[datetime] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(8), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DataExport(db.Model):
    """A copy of their data that a member, or the operator for them, was handed."""

    __tablename__ = "data_exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    size_bytes: Mapped[int] = mapped_column(Integer, default=0)
