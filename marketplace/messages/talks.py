"""One conversation as one of its two members sees it, a page of messages at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.errors import NotFound
from marketplace.listings import service as listings
from marketplace.messages.models import Conversation, Message, ReadMark
from marketplace.messages.service import can_write, other_of, read_mark
from marketplace.permissions import allows

MESSAGES_SHOWN = 30  # earlier ones are a link away; keeps the page within 400 nodes

SHOWN_AFTER = 8  # messages below one that was looked for


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation as one of its two members sees it; ``messages`` oldest first."""

    conversation: Conversation
    other: Member
    messages: list[Message]
    latest: int  # the id of the last of them; 0 without any
    earlier: int | None  # the id before which there are more
    until: datetime | None  # when the first message after these was sent; None: they are the latest
    read_by_other: int  # the last message id that the other has seen
    writable: bool
    listing_open: bool
    listing_shown: bool  # open, and to be seen by who reads
    may_close: bool


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far a conversation is: the last message, and how far each of the two has read."""

    conversation: Conversation
    latest: int
    read_by_other: int
    read_by_me: int


def pulse(actor: Member, public_id: str) -> Pulse:
    """In one query, for one of the two members; NotFound for everybody else."""
    latest = select(func.max(Message.id)).where(Message.conversation_id == Conversation.id)
    marks = select(func.max(ReadMark.read_message_id)).where(
        ReadMark.conversation_id == Conversation.id
    )
    row = db.session.execute(
        select(
            Conversation,
            latest.scalar_subquery(),
            marks.where(ReadMark.member_id != actor.id).scalar_subquery(),
            marks.where(ReadMark.member_id == actor.id).scalar_subquery(),
        ).where(Conversation.public_id == public_id, Conversation.of(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    conversation, *numbers = row
    return Pulse(conversation, *(number or 0 for number in numbers))


def messages_after(conversation: Conversation, message_id: int) -> list[Message]:
    """What came after this message, the earliest first, as much as one page shows."""
    query = select(Message).where(
        Message.conversation_id == conversation.id, Message.id > message_id
    )
    query = query.options(selectinload(Message.photos)).order_by(Message.id)
    return list(db.session.scalars(query.limit(MESSAGES_SHOWN)))


def talk(actor: Member, conversation: Conversation, before: int | None = None) -> Talk:
    """The conversation as ``actor`` sees it, with its latest messages before id ``before``."""
    query = select(Message).where(Message.conversation_id == conversation.id)
    query = query.options(selectinload(Message.photos))
    if before is not None:
        query = query.where(Message.id < before)
    newest_first = db.session.scalars(
        query.order_by(Message.id.desc()).limit(MESSAGES_SHOWN + 1)
    ).all()
    shown = list(reversed(newest_first[:MESSAGES_SHOWN]))
    other = other_of(conversation, actor)
    is_open = conversation.listing.is_open(utcnow())
    return Talk(
        conversation=conversation,
        other=other,
        messages=shown,
        latest=shown[-1].id if shown else 0,
        earlier=shown[0].id if len(newest_first) > MESSAGES_SHOWN else None,
        until=_time_of_first_from(conversation, before) if before is not None else None,
        read_by_other=read_mark(conversation, other).read_message_id,
        writable=can_write(actor, other),
        listing_open=is_open,
        listing_shown=shows_listing(actor, conversation),
        may_close=is_open and allows(actor, "listing.fulfil", conversation.listing),
    )


def shows_listing(actor: Member, conversation: Conversation) -> bool:
    """Whether the listing is open, and to be seen by ``actor``."""
    listing = conversation.listing
    return listing.is_open(utcnow()) and listings.is_visible(actor, listing)


def latest_id(conversation: Conversation, before: int | None = None) -> int:
    """The id of the last message (before id ``before``); 0 where there is none."""
    query = select(func.max(Message.id)).where(Message.conversation_id == conversation.id)
    if before is not None:
        query = query.where(Message.id < before)
    return db.session.scalar(query) or 0


def before_with(conversation: Conversation, message_id: int) -> int | None:
    """Before which id a page ends that shows this message and a few after it; None: the last."""
    later = select(Message.id).where(
        Message.conversation_id == conversation.id, Message.id > message_id
    )
    return db.session.scalar(later.order_by(Message.id).offset(SHOWN_AFTER).limit(1))


def _time_of_first_from(conversation: Conversation, message_id: int) -> datetime | None:
    return db.session.scalar(
        select(Message.created_at)
        .where(Message.conversation_id == conversation.id, Message.id >= message_id)
        .order_by(Message.id)
        .limit(1)
    )
