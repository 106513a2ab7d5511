"""Blocks: two members who neither find nor reach each other any more.

Mutual and silent: it does not matter who asked for it, and nobody is told. What a block hides is
decided where things are loaded (``listings.service.visible_to``, ``service.visible_member``).
"""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction
from marketplace.errors import NotFound
from marketplace.permissions import require


def block_member(actor: Member, other: Member) -> None:
    """Let the two not find each other any more. Doing it twice changes nothing more.

    ``other`` was loaded through the actor: by a profile they may see, or a conversation of theirs.
    """
    with transaction() as session:
        require(actor, "member.block", other)
        # One block of a member at a time, so that a double tap finds the first on PostgreSQL too.
        session.get(Member, actor.id, with_for_update=True)
        if _own_block(actor, other.public_id) is None:
            session.add(Block(blocker_id=actor.id, blocked_id=other.id))


def unblock_member(actor: Member, public_id: str) -> Member:
    """End the actor's block of this member. Raises NotFound when there is none.

    They find each other again unless the other one has blocked too.
    """
    with transaction() as session:
        block = _own_block(actor, public_id)
        if block is None:
            raise NotFound("block")
        session.delete(block)
        return session.get_one(Member, block.blocked_id)


def blocked_members(actor: Member) -> Sequence[Member]:
    """Whom the actor has blocked, the latest first; never who has blocked them."""
    return db.session.scalars(
        select(Member)
        .join(Block, Block.blocked_id == Member.id)
        .where(Block.blocker_id == actor.id, Member.erased_at.is_(None))
        .order_by(Block.id.desc())
    ).all()


def _own_block(actor: Member, public_id: str) -> Block | None:
    return db.session.scalar(
        select(Block)
        .join(Member, Member.id == Block.blocked_id)
        .where(Block.blocker_id == actor.id, Member.public_id == public_id)
    )
