"""Rows of the database as sides that can be held against each other."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select

from marketplace.accounts.models import Block, Member
from marketplace.accounts.reputation import Reputation
from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.matching.candidates import COLUMNS, side_of
from marketplace.matching.sides import Side


def load_sides(ids: Collection[int], now: datetime) -> dict[int, tuple[Side, int]]:
    """The open ones among these listings, each with its revision.

    A pause of the owner does not count here: it hides at once and ends at once, which
    ``visible_to`` sees to whenever matches are shown.
    """
    if not ids:
        return {}
    rows = db.session.execute(
        select(*COLUMNS, Reputation.score)
        .join(Member, Member.id == Listing.owner_id)
        .outerjoin(Reputation, Reputation.member_id == Listing.owner_id)
        .where(Listing.id.in_(ids), Listing.open_now(now), Member.erased_at.is_(None))
    ).all()
    blocked = blocks_of({row.owner_id for row in rows})
    return {
        row.id: (
            side_of(row, blocked.get(row.owner_id, frozenset()), now, row.score),
            row.revision,
        )
        for row in rows
    }


def blocks_of(owners: Collection[int]) -> dict[int, frozenset[int]]:
    """For each of the owners: with whom there is a block, whoever set it."""
    rows = db.session.execute(
        select(Block.blocker_id, Block.blocked_id).where(
            or_(Block.blocker_id.in_(owners), Block.blocked_id.in_(owners))
        )
    )
    found: dict[int, set[int]] = {}
    for blocker, blocked in rows:
        found.setdefault(blocker, set()).add(blocked)
        found.setdefault(blocked, set()).add(blocker)
    return {owner: frozenset(others) for owner, others in found.items()}
