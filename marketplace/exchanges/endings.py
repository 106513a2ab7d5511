"""What cannot go on, as the sweeps ask the database for it, and how each of it ends.

Over is a listing that was given, met or withdrawn ten minutes ago (an end by mistake is undone
within that), that ran out a week ago, or that was hidden for a week. Gone is a member who is
erased, who asked for that, or whom the moderators paused some days ago.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, text

from marketplace.accounts.models import Block, Member
from marketplace.db import db, utcnow
from marketplace.exchanges import deadlines, handing, loans, queues
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import Details, move
from marketplace.exchanges.partial import RUNNING, WAITING
from marketplace.listings.models import UNANSWERED, Listing
from marketplace.listings.times import GONE_TOLD_AFTER
from marketplace.messages.models import Conversation, Message

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
# Before anything changed hands. What did is brought to its end by the deadlines, or at erasure.
BEFORE_THE_DOOR = ("interested", "promised", "arranged")
BEHIND_THE_DOOR = ("handed_over", "partly", "out", "returned")


def without_hope() -> Any:
    """Who waits for what will not come."""
    over = exists().where(Listing.id == Exchange.listing_id, _is_over())
    # From the few who wait, not from the many listings that are over: the order names the index.
    return select(Exchange).where(text(WAITING), over).order_by(Exchange.listing_id, Exchange.id)


def answer(exchange: Exchange) -> None:
    """Say no to one of them, in the words of the site."""
    nothing_left = exchange.listing.is_used_up and exchange.listing.direction == "offer"
    reason = "nothing_left" if nothing_left else "listing_closed"
    move(None, exchange, "decline", Details(reason))


def is_over(listing: Listing) -> bool:
    """Whether those who wait for it wait for what will not come."""
    query = select(exists().where(Listing.id == listing.id, _is_over()))
    return bool(db.session.scalar(query))


def asked_about_over() -> Any:
    """Listings that are over and about which nobody who only asked was told."""
    settled = Listing.updated_at <= utcnow() - GONE_TOLD_AFTER
    return select(Listing).where(text(UNANSWERED), settled).order_by(Listing.updated_at)


def unanswered(listing: Listing) -> list[Conversation]:
    """The conversations about it that wait for a word of its owner and carry no exchange."""
    newer = exists().where(
        Message.conversation_id == Conversation.id, Message.sender_id == Conversation.owner_id
    )
    asked = exists().where(Exchange.conversation_id == Conversation.id)
    here = exists().where(Member.id == Conversation.opener_id, Member.erased_at.is_(None))
    query = select(Conversation).where(Conversation.listing_id == listing.id, ~newer, ~asked, here)
    return list(db.session.scalars(query.order_by(Conversation.id)))


def parted() -> Any:
    """Running exchanges of which one is gone, or whose two blocked each other."""
    gone, erased = _gone(), select(Member.id).where(Member.erased_at.is_not(None))
    before, behind = Exchange.state.in_(BEFORE_THE_DOOR), Exchange.state.in_(BEHIND_THE_DOOR)
    return (
        select(Exchange)
        .where(
            text(RUNNING),
            or_(
                and_(before, or_(_one_of(gone), queues.are_blocked_sql())),
                and_(behind, _one_of(erased)),
            ),
        )
        .order_by(Exchange.conversation_id)
    )


def part(exchange: Exchange) -> None:
    """Bring it to its end; whoever stays is told.

    A block stays silent: to the other side something came up, or others were chosen.
    """
    if exchange.state in BEHIND_THE_DOOR:
        _settle(exchange)
        return
    owner_gone, opener_gone = (_is_gone(one) for one in (exchange.owner, exchange.opener))
    reason = "gone" if owner_gone or opener_gone else "not_possible"
    by_owner = owner_gone or (not opener_gone and _blocked_by_owner(exchange))
    if exchange.state == "interested":
        verb = "decline" if by_owner else "withdraw"
    else:
        verb = "release" if by_owner else "cancel"
    move(None, exchange, verb, Details(reason))


def _settle(exchange: Exchange) -> None:
    """What changed hands stays where it is: nobody is left to say more about it."""
    if exchange.state == "handed_over":
        handing.settle(None, exchange)
    elif exchange.state == "returned" or (
        exchange.state == "out" and exchange.giver.erased_at is not None
    ):
        loans.accept_return(None, exchange)  # there is nobody to bring it back to
    else:
        verb = "lose" if exchange.state == "out" else "break_off"
        move(None, exchange, verb, Details("gone"))


def _is_over() -> ColumnElement[bool]:
    now = utcnow()
    long_ago = now - deadlines.CLOSED_FOR_GOOD
    ended = and_(
        Listing.state.in_(("fulfilled", "withdrawn")), Listing.updated_at <= now - GONE_TOLD_AFTER
    )
    hidden = and_(Listing.state.in_(("draft", "pending", "held")), Listing.updated_at <= long_ago)
    ran_out = and_(Listing.state == "open", ~Listing.open_now(long_ago))
    return or_(ended, hidden, ran_out)


def _gone() -> Any:
    """SELECT of the ids of members who are gone."""
    now = utcnow()
    paused = and_(
        Member.suspended_at_time(now), Member.suspended_at <= now - deadlines.SUSPENDED_FOR
    )
    return select(Member.id).where(
        or_(Member.erased_at.is_not(None), Member.erase_after > _EVER, paused)
    )


def _is_gone(member: Member) -> bool:
    query = _gone().where(Member.id == member.id)
    return db.session.scalar(query) is not None


def _blocked_by_owner(exchange: Exchange) -> bool:
    pair = Block.blocker_id == exchange.owner_id, Block.blocked_id == exchange.opener_id
    return bool(db.session.scalar(select(exists().where(*pair))))


def _one_of(ids: Any) -> ColumnElement[bool]:
    return or_(Exchange.owner_id.in_(ids), Exchange.opener_id.in_(ids))
