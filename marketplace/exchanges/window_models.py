"""The time in which people may ask for a post before it is said who gets it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.db import UTCDateTime, db
from marketplace.exchanges.partial import index_where
from marketplace.listings.models import Listing

RUNS = "ended_at IS NULL"
NAMES_KEPT = "alias_key <> '' AND ended_at IS NOT NULL"


class GivingWindow(db.Model):
    """From ``opens_at`` to ``closes_at`` people ask and nothing is promised.

    ``seed`` decides a draw, and is published by ``record`` alone: all that a stranger needs to
    repeat it. ``alias_key`` makes the aliases of those who take part; it is never published, and
    forgotten some time after, so that nothing leads from an alias to a member any more.
    ``retry_at``: a sweep could not end it and leaves it alone until then.
    """

    __tablename__ = "giving_windows"
    __table_args__ = (
        CheckConstraint("rule IN ('choice', 'draw')", name="rule"),
        CheckConstraint(
            "outcome IN ('', 'drawn', 'chooses', 'nobody', 'called_off')", name="outcome"
        ),
        CheckConstraint("(ended_at IS NULL) = (outcome = '')", name="ended"),
        # A post has one at a time, whoever else opens one.
        Index(
            "ix_giving_windows_one_running",
            "listing_id",
            unique=True,
            sqlite_where=text(RUNS),
            postgresql_where=text(RUNS),
        ),
        index_where("ix_giving_windows_closes_at", "closes_at", RUNS),
        index_where("ix_giving_windows_names_kept", "ended_at", NAMES_KEPT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    rule: Mapped[str] = mapped_column(String(6))
    opens_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seed: Mapped[str] = mapped_column(String(64), default="")
    alias_key: Mapped[str] = mapped_column(String(64), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    record: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    retry_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    listing: Mapped[Listing] = relationship()

    def is_open(self, now: datetime) -> bool:
        """Whether people may still ask within it."""
        return self.ended_at is None and now < self.closes_at
