"""The conversations of a member as a list, the one with the latest message first.

However many there are, a page costs the same handful of queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.messages.models import Conversation, Message, unread_of
from marketplace.messages.service import other_of

PER_PAGE = 20  # conversations in the list


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the inbox."""

    conversation: Conversation
    other: Member
    last: Message
    unread: int


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of conversations; pages count from 1."""

    rows: list[Row]
    page: int
    pages: int


def inbox(actor: Member, page: int = 1) -> Inbox:
    """The actor's conversations, the one with the latest message first."""
    mine = select(Conversation).where(Conversation.of(actor))
    total = db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    found = db.session.scalars(
        mine.options(
            joinedload(Conversation.listing),
            joinedload(Conversation.opener),
            joinedload(Conversation.owner),
        )
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    last, unread = _last_messages(found), _unread(actor, found)
    rows = [
        Row(one, other_of(one, actor), last[one.id], unread.get(one.id, 0))
        for one in found
        if one.id in last
    ]
    return Inbox(rows, page, pages)


def _last_messages(conversations: Sequence[Conversation]) -> dict[int, Message]:
    newest = (
        select(func.max(Message.id))
        .where(Message.conversation_id.in_([one.id for one in conversations]))
        .group_by(Message.conversation_id)
    )
    with_photos = select(Message).options(selectinload(Message.photos))
    rows = db.session.scalars(with_photos.where(Message.id.in_(newest)))
    return {message.conversation_id: message for message in rows}


def _unread(actor: Member, conversations: Sequence[Conversation]) -> dict[int, int]:
    waiting = unread_of(actor).add_columns(Message.conversation_id).subquery()
    rows = db.session.execute(
        select(waiting.c.conversation_id, func.count())
        .where(waiting.c.conversation_id.in_([one.id for one in conversations]))
        .group_by(waiting.c.conversation_id)
    )
    return {row[0]: row[1] for row in rows}
