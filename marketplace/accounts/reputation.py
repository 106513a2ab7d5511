"""What may be relied on of a member. A fact stored here for everybody; ``exchanges`` writes it."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import UTCDateTime, db, utcnow

NEUTRAL_SCORE = 0.8  # of whom nothing is known yet; exchanges.reliability says why


class Reputation(db.Model):
    """What others may rely on, as facts of the last twelve months.

    ``completed`` exchanges (recent ones count no more than others); ``shows_up`` the smoothed share
    of agreed meetings to which the member came, ``replies_within`` hours in which they mostly
    answer; both None while there is too little to say. ``score`` in (0, 1) is the smoothed share
    whatever there is to say, for matching; who has no row has NEUTRAL_SCORE. ``received`` counts
    completed exchanges as receiver in the last 90 days: part of the need, for no other eyes.
    """

    __tablename__ = "reputations"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    completed: Mapped[int] = mapped_column(default=0)
    shows_up: Mapped[float | None] = mapped_column(Float)
    replies_within: Mapped[float | None] = mapped_column(Float)
    score: Mapped[float] = mapped_column(Float, default=NEUTRAL_SCORE)
    received: Mapped[int] = mapped_column(default=0)
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)
