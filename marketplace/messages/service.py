"""Conversations of two members about a listing: open, write, read.

Promises: only the two see it; one conversation per listing and member who asks; a block in either
direction stops new messages without saying who set it; a burst makes one mail until it is read.
"""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from marketplace.accounts.models import Member
from marketplace.accounts.service import are_blocked
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.listings import service as listings
from marketplace.listings.models import Listing
from marketplace.matching.models import Match
from marketplace.messages import rules
from marketplace.messages.models import (
    Conversation,
    Message,
    MessagePhoto,
    ReadMark,
    unread_of,
)
from marketplace.messages.quotas import too_many_new
from marketplace.messages.rules import NewPhoto
from marketplace.notifications.service import mark_link_seen, notify
from marketplace.permissions import require


def answerable_listing(actor: Member, public_id: str) -> Listing:
    """The listing that ``actor`` may write about for the first time.

    Raises NotFound (not visible, or a block), NotAllowed (own), Conflict (no longer open).
    """
    now = utcnow()
    try:
        listing = listings.get_visible(actor, public_id)
    except NotFound:
        if listings.find_closed(actor, public_id) is None:
            raise
        raise Conflict("listing_closed") from None
    require(actor, "listing.answer", listing)
    if not listing.is_open(now):
        raise Conflict("listing_closed")
    return listing


def conversation_about(actor: Member, listing_public_id: str) -> Conversation | None:
    """The conversation that ``actor`` opened about this listing, if there is one."""
    return db.session.scalar(
        select(Conversation)
        .join(Conversation.listing)
        .where(Listing.public_id == listing_public_id, Conversation.opener_id == actor.id)
    )


def open_conversation(
    actor: Member, listing_public_id: str, body: str, *, invited: bool = False
) -> Conversation:
    """Send the first message about a listing; where a conversation runs, write into that.

    ``invited``: the owner has agreed to it already, so it counts for none of today's new ones.
    Raises what ``answerable_listing`` raises, Invalid for the body or too many new ones today.
    """
    with transaction() as session:
        # One opening of a member at a time, so that a double tap finds the first on PostgreSQL too.
        session.get(Member, actor.id, with_for_update=True)
        conversation = conversation_about(actor, listing_public_id)
        if conversation is None:
            listing = answerable_listing(actor, listing_public_id)
            _check(body, also=[] if invited else too_many_new(actor))
            conversation = Conversation(
                listing_id=listing.id,
                opener_id=actor.id,
                owner_id=listing.owner_id,
                match_id=_match_id(listing, actor),
            )
            session.add(conversation)
            session.flush()
            marks = (conversation.opener_id, conversation.owner_id)
            session.add_all(
                ReadMark(conversation_id=conversation.id, member_id=who) for who in marks
            )
        _write(actor, conversation, body)
    return conversation


def conversation_of(actor: Member, public_id: str) -> Conversation:
    """The conversation, for one of its two members; NotFound for everybody else."""
    conversation = db.session.scalar(
        select(Conversation).where(Conversation.public_id == public_id, Conversation.of(actor))
    )
    if conversation is None:
        raise NotFound
    return conversation


def reply(
    actor: Member, public_id: str, body: str, photos: Sequence[NewPhoto] = ()
) -> Conversation:
    """Send a message into a running conversation, whatever became of its listing.

    Raises NotFound, Conflict (a block, or the other is gone), Invalid.
    """
    with transaction():
        conversation = conversation_of(actor, public_id)
        _write(actor, conversation, body, photos)
    return conversation


def check_message(actor: Member, public_id: str, body: str, photos: int) -> None:
    """Raise what ``reply`` would raise for such a message, before the work of its photos."""
    conversation = conversation_of(actor, public_id)
    _require_writing(actor, conversation)
    _check(body, photos)


def close_listing(actor: Member, public_id: str) -> Conversation:
    """The owner marks the listing of this conversation as given or met.

    Raises NotFound, NotAllowed, and Conflict when it is closed already.
    """
    conversation = conversation_of(actor, public_id)
    listings.fulfil_listing(actor, conversation.listing.public_id, "here")
    return conversation_of(actor, public_id)


def other_of(conversation: Conversation, member: Member) -> Member:
    """Who the member is talking with."""
    return conversation.opener if member.id == conversation.owner_id else conversation.owner


def can_write(actor: Member, other: Member) -> bool:
    """Whether a message from one would reach the other: no block, nobody leaving or paused."""
    if other.erased_at or other.erase_after or actor.is_suspended or other.is_suspended:
        return False
    return not are_blocked(actor, other)


def mark_read(actor: Member, conversation: Conversation, upto: int) -> None:
    """Remember that ``actor`` has seen everything up to message id ``upto``; never goes back."""
    if read_mark(conversation, actor).read_message_id >= upto:
        return
    with transaction() as session:
        session.execute(
            update(ReadMark)
            .where(
                ReadMark.conversation_id == conversation.id,
                ReadMark.member_id == actor.id,
                ReadMark.read_message_id < upto,
            )
            .values(read_message_id=upto)
        )
        mark_link_seen(actor, link_to(conversation))


def link_to(conversation: Conversation) -> str:
    """The path of the conversation's page."""
    return f"/messages/{conversation.public_id}"


def read_mark(conversation: Conversation, member: Member) -> ReadMark:
    """How far the member has read; made together with the conversation."""
    return db.session.scalars(
        select(ReadMark).where(
            ReadMark.conversation_id == conversation.id, ReadMark.member_id == member.id
        )
    ).one()


def unread_count(member: Member) -> int:
    """How many messages wait for the member, over all conversations; one query."""
    return db.session.scalar(select(func.count()).select_from(unread_of(member).subquery())) or 0


def _check(body: str, photos: int = 0, also: list[Problem] | None = None) -> None:
    if problems := [*rules.check(rules.tidy(body), photos), *(also or [])]:
        raise Invalid(problems)


def _require_writing(actor: Member, conversation: Conversation) -> None:
    require(actor, "conversation.write", conversation)
    if not can_write(actor, other_of(conversation, actor)):
        raise Conflict("cannot_write")


def _match_id(listing: Listing, actor: Member) -> int | None:
    """The best match between the listing and something of the actor's own, if any."""
    this, other = (
        (Match.offer_id, Match.request_id)
        if listing.direction == "offer"
        else (Match.request_id, Match.offer_id)
    )
    return db.session.scalar(
        select(Match.id)
        .join(Listing, Listing.id == other)
        .where(this == listing.id, Listing.owner_id == actor.id)
        .order_by(Match.score.desc(), Match.id)
        .limit(1)
    )


def _write(
    actor: Member, conversation: Conversation, body: str, photos: Sequence[NewPhoto] = ()
) -> None:
    """Add the message, and tell the other by mail unless they know of unread ones already."""
    _check(body, len(photos))
    _require_writing(actor, conversation)
    one_at_a_time = select(Conversation.id).where(Conversation.id == conversation.id)
    db.session.execute(one_at_a_time.with_for_update())
    message = Message(conversation_id=conversation.id, sender_id=actor.id, body=rules.tidy(body))
    if _is_second_tap(message, photos):
        return
    message.photos = [
        MessagePhoto(name=one.name, width=one.width, height=one.height) for one in photos
    ]
    db.session.add(message)
    conversation.last_message_at = utcnow()
    db.session.flush()
    _tell(actor, conversation, message)


def _tell(actor: Member, conversation: Conversation, message: Message) -> None:
    other = other_of(conversation, actor)
    mark = read_mark(conversation, other)
    if rules.mail_due(told_message_id=mark.told_message_id, read_message_id=mark.read_message_id):
        params = {
            "sender": actor.name,
            "title": conversation.listing.title,
            "body": message.body,
            "photos": len(message.photos),
            "conversation": conversation.public_id,
        }
        if notify(other, "message", "new_message", params, link=link_to(conversation)):
            mark.told_message_id = message.id


def _is_second_tap(message: Message, photos: Sequence[NewPhoto]) -> bool:
    """Whether the last message says and shows the same, and was sent just now by the same."""
    last = db.session.scalar(
        select(Message)
        .where(Message.conversation_id == message.conversation_id)
        .order_by(Message.id.desc())
        .limit(1)
    )
    return (
        last is not None
        and (last.sender_id, last.body) == (message.sender_id, message.body)
        and utcnow() - last.created_at < rules.SAME_AGAIN
        and rules.shows_the_same([one.name for one in last.photos], [one.name for one in photos])
    )
