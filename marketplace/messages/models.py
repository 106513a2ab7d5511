"""Conversations of two members about a listing."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Member
from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.listings.models import Listing


class Conversation(db.Model):
    """Between the owner of a listing and the one member (opener) who wrote to them about it."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("listing_id", "opener_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    match_id: Mapped[int | None] = mapped_column(ForeignKey("matches.id", ondelete="SET NULL"))
    opener_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    last_message_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    listing: Mapped[Listing] = relationship()
    opener: Mapped[Member] = relationship(foreign_keys=[opener_id])
    owner: Mapped[Member] = relationship(foreign_keys=[owner_id])

    @classmethod
    def of(cls, member: Member) -> ColumnElement[bool]:
        """SQL: is ``member`` one of the two. The only definition of who may see it."""
        return or_(cls.opener_id == member.id, cls.owner_id == member.id)


class Message(db.Model):
    """One message; plain text."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_conversation_id_id", "conversation_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # by the moderators

    conversation: Mapped[Conversation] = relationship()
    sender: Mapped[Member] = relationship()
    photos: Mapped[list["MessagePhoto"]] = relationship(
        order_by="MessagePhoto.id", cascade="all, delete-orphan", passive_deletes=True
    )


class MessagePhoto(db.Model):
    """A re-encoded picture in a message, for the two alone; ``name`` is the stem of its files."""

    __tablename__ = "message_photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(40), unique=True)
    width: Mapped[int]
    height: Mapped[int]


class ReadMark(db.Model):
    """How far a member has read a conversation, and what they were last told by mail."""

    __tablename__ = "read_marks"
    __table_args__ = (UniqueConstraint("conversation_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    read_message_id: Mapped[int] = mapped_column(default=0)
    told_message_id: Mapped[int] = mapped_column(default=0)


def unread_of(member: Member) -> Select[int]:
    """SELECT of the ids of the messages that wait for ``member``."""
    return (
        select(Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(ReadMark, ReadMark.conversation_id == Conversation.id)
        .where(
            ReadMark.member_id == member.id,
            Message.sender_id != member.id,
            Message.id > ReadMark.read_message_id,
        )
    )
