"""What members say of hard times: in private, of their own accord, for half a year at a time.

It counts among the need behind their requests (``matching.needs``) and is shown to nobody else,
staff included. Nobody has to prove it; it is taken back with one tap, and then it is gone.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.accounts.models import Member
from marketplace.db import UTCDateTime, changed, db, transaction, utcnow
from marketplace.errors import Conflict
from marketplace.permissions import require
from marketplace.site_settings import site_values

HOLDS = timedelta(days=183)  # half a year: long enough to rest, short enough to stay true
REMINDED_BEFORE = timedelta(days=14)


class Hardship(db.Model):
    """A member said that times are hard; it holds until ``ends_at`` and is deleted afterwards."""

    __tablename__ = "hardships"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), unique=True
    )
    said_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def is_asked() -> bool:
    """Whether this site asks for it at all; if not, it counts for nobody."""
    return site_values().hardship == "asked"


def hardship_of(actor: Member) -> Hardship | None:
    """What the actor said, while it holds."""
    return db.session.scalar(
        select(Hardship).where(Hardship.member_id == actor.id, Hardship.ends_at > utcnow())
    )


def say_hardship(actor: Member) -> None:
    """It holds from now on for half a year; said again, it is renewed. Conflict if not asked."""
    with transaction() as session:
        require(actor, "member.edit", actor)
        if not is_asked():
            raise Conflict("hardship_not_asked")
        session.get(Member, actor.id, with_for_update=True)  # a double tap makes one row
        row = session.scalar(select(Hardship).where(Hardship.member_id == actor.id))
        row = row or Hardship(member_id=actor.id)
        row.said_at = now = utcnow()
        row.ends_at, row.reminded_at = now + HOLDS, None
        session.add(row)


def take_hardship_back(actor: Member) -> None:
    """Nothing of it is kept. Twice changes nothing more."""
    with transaction():
        require(actor, "member.edit", actor)
        changed(delete(Hardship).where(Hardship.member_id == actor.id))


def in_hardship(ids: Collection[int]) -> frozenset[int]:
    """Those of the members for whom it counts now; one query, none where it is not asked."""
    if not ids or not is_asked():
        return frozenset()
    holds = (Hardship.member_id.in_(ids), Hardship.ends_at > utcnow())
    return frozenset(db.session.scalars(select(Hardship.member_id).where(*holds)))
