"""A stored pair of an offer and a request that fit, with the reasons why."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Member, MemberSkill
from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import states


class Match(db.Model):
    """An offer and a request that fit. ``score`` is r in [0, 1]; ``parts`` are its components;
    ``reasons`` are [code, params] pairs for ``wording``. ``told_at``: when its owners were.

    What its two sides said stands in ``..._at`` of each; ``state`` follows from that (``states``).
    """

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("offer_id", "request_id"),
        CheckConstraint("score >= 0 AND score <= 1", name="score_in_unit"),
        CheckConstraint(f"state IN {states.STATES}", name="state"),
        Index(
            "ix_matches_untold",
            "id",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    offer_id: Mapped[int] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    request_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    score: Mapped[float] = mapped_column(Float)
    parts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(12), default="suggested")
    origin: Mapped[str] = mapped_column(String(12), default="refresh")
    offer_revision: Mapped[int] = mapped_column(Integer)
    request_revision: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    offer_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    request_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    offer_accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    request_accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    declined_by: Mapped[str] = mapped_column(String(7), default="", server_default="")
    decline_reason: Mapped[str] = mapped_column(String(16), default="", server_default="")
    declined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lesson_forgotten_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    offer: Mapped[Listing] = relationship(foreign_keys=[offer_id])
    request: Mapped[Listing] = relationship(foreign_keys=[request_id])

    @property
    def standing(self) -> states.Standing:
        accepted = {
            side for side in states.SIDES if getattr(self, f"{side}_accepted_at") is not None
        }
        return states.Standing(self.state, frozenset(accepted), self.declined_by)

    def is_open(self, now: datetime) -> bool:
        """Whether both of its listings are."""
        return self.offer.is_open(now) and self.request.is_open(now)

    def side_of(self, member: Member) -> str:
        """Which of the two is the member's: "offer" or "request"."""
        return "offer" if self.offer.owner_id == member.id else "request"

    def other_for(self, member: Member) -> Listing:
        """The listing of the two that is not the member's."""
        return self.request if self.side_of(member) == "offer" else self.offer

    def listing_of(self, side: str) -> Listing:
        return self.offer if side == "offer" else self.request


class SkillTerm(db.Model):
    """A term that a member's line says: how a post finds the lines that it fits."""

    __tablename__ = "skill_terms"

    skill_id: Mapped[int] = mapped_column(
        ForeignKey("member_skills.id", ondelete="CASCADE"), primary_key=True
    )
    term: Mapped[str] = mapped_column(String(90), primary_key=True, index=True)
    weight: Mapped[float] = mapped_column(Float)


class SkillMatch(db.Model):
    """A member's line and an open post of the opposite direction that fit; weaker than a match."""

    __tablename__ = "skill_matches"
    __table_args__ = (CheckConstraint("score >= 0 AND score <= 1", name="score_in_unit"),)

    skill_id: Mapped[int] = mapped_column(
        ForeignKey("member_skills.id", ondelete="CASCADE"), primary_key=True
    )
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    score: Mapped[float] = mapped_column(Float)
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)

    skill: Mapped[MemberSkill] = relationship()
    listing: Mapped[Listing] = relationship()
