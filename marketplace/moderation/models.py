"""Reports, the cases they make together, what staff decided, and appeals against it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Member
from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.listings.models import Listing
from marketplace.messages.models import Message

_OPEN = text("closed_at IS NULL")


class Case(db.Model):
    """One thing that was reported, by however many; a new one begins when it is closed.

    ``member`` is whom it concerns: the owner, the sender, or the reported member.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("thing IN ('listing', 'member', 'message')", name="thing"),
        CheckConstraint("outcome IN ('', 'acted', 'dismissed')", name="outcome"),
        Index("uq_cases_open_key", "key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    thing: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(30))  # thing and row, e.g. "listing:12"
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    listing_id: Mapped[int | None] = mapped_column(
        ForeignKey("listings.id", ondelete="SET NULL"), index=True
    )
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("messages.id", ondelete="SET NULL"), index=True
    )
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(10), default="")

    member: Mapped[Member] = relationship()
    listing: Mapped[Listing | None] = relationship()
    message: Mapped[Message | None] = relationship()
    reports: Mapped[list["Report"]] = relationship(
        back_populates="case",
        order_by="Report.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class Report(db.Model):
    """What one member says about the thing of a case. Staff alone see who says it."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("case_id", "reporter_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    reporter_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    case: Mapped[Case] = relationship(back_populates="reports")
    reporter: Mapped[Member] = relationship()


class Decision(db.Model):
    """What staff did about a member or something of theirs, and what they were told.

    ``public_id`` comes from the form, so that a double tap decides once. ``undone_at``: an
    appeal was upheld, or staff took it back.
    """

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("cases.id", ondelete="SET NULL"), index=True
    )
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    listing_id: Mapped[int | None] = mapped_column(
        ForeignKey("listings.id", ondelete="SET NULL"), index=True
    )
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("messages.id", ondelete="SET NULL"), index=True
    )
    action: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20), default="")
    words: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    case: Mapped[Case | None] = relationship()
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    listing: Mapped[Listing | None] = relationship()
    message: Mapped[Message | None] = relationship()
    appeal: Mapped["Appeal | None"] = relationship(back_populates="decision", uselist=False)

    @property
    def is_in_force(self) -> bool:
        """Whether it still has an effect: a hidden post, a pause that goes on."""
        if self.undone_at is not None:
            return False
        if self.action == "hide_listing":
            return self.listing is not None and self.listing.state == "held"
        if self.action == "decline_listing":
            return self.listing is not None and self.listing.state == "draft"
        over = self.until is not None and self.until <= utcnow()
        return self.action == "pause" and not over and self.member.is_suspended


class Appeal(db.Model):
    """What the member says to a decision, once; and what came of it."""

    __tablename__ = "appeals"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(
        ForeignKey("decisions.id", ondelete="CASCADE"), unique=True
    )
    words: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    staff_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    upheld: Mapped[bool | None] = mapped_column()
    answer: Mapped[str] = mapped_column(Text, default="")

    decision: Mapped[Decision] = relationship(back_populates="appeal")
