"""What has to be told when data got into wrong hands: the questions of UU PDP 46 and GDPR 33/34,
filled in as far as the database knows. Sends nothing."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from marketplace.accounts.models import Member, SignIn
from marketplace.db import db
from marketplace.privacy.erasure import rows_of
from marketplace.privacy.register import HELD

TELL_WITHIN = timedelta(hours=72)
TO_FILL_IN = (
    "what_happened",
    "likely_consequences",
    "measures_taken",
    "what_members_should_do",
    "reported_to_authority_at",
    "told_to_members_at",
)


def concerned(since: datetime, public_ids: Collection[str] | None = None) -> Select[int]:
    """SELECT of the ids of the members named, or of all who were here since then."""
    here = select(Member.id).where(Member.erased_at.is_(None))
    if public_ids is not None:
        return here.where(Member.public_id.in_(public_ids))
    signed_in = select(SignIn.member_id).where(SignIn.last_seen_at >= since)
    return here.where(
        or_(Member.created_at >= since, Member.last_seen_at >= since, Member.id.in_(signed_in))
    )


def report(since: datetime, now: datetime, who: Select[int], contact: str) -> dict[str, Any]:
    """The report as plain values; empty texts are for people to fill in."""
    members = db.session.execute(
        select(Member.public_id, Member.email).where(Member.id.in_(who)).order_by(Member.public_id)
    ).all()
    return {
        "since": since.isoformat(),
        "noticed_at": now.isoformat(),
        "tell_until": (now + TELL_WITHIN).isoformat(),
        "contact": contact,
        "members": len(members),
        "members_with_e_mail": sum(row.email is not None for row in members),
        "records": {name: _count(name, who) for name in HELD},
        **dict.fromkeys(TO_FILL_IN, ""),
        "member_ids": [row.public_id for row in members],
    }


def _count(table: str, who: Select[int]) -> int:
    """Rows that hold data of these members."""
    rows = select(func.count()).select_from(db.metadata.tables[table])
    return db.session.scalar(rows.where(rows_of(table, who))) or 0
