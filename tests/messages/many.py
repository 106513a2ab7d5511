"""A member with five hundred conversations and ten thousand messages, written in bulk."""

from datetime import timedelta

from sqlalchemy import insert, select

from marketplace.accounts.models import Member
from marketplace.db import new_public_id, transaction, utcnow
from marketplace.exchanges.models import Exchange
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation, Message, ReadMark
from tests import factories

CONVERSATIONS = 500
EACH = 20  # messages


def fill(owner: Member, conversations: int = CONVERSATIONS, each: int = EACH) -> list[Conversation]:
    """``owner`` has an offer that so many neighbours asked for; every third carries an exchange."""
    offer = factories.offer(owner, "Buku paket kelas empat", quantity=1000)
    start = utcnow() - timedelta(days=30)
    people = [
        {"public_id": new_public_id(), "name": f"Tetangga {number}", "language": "id"}
        | factories.place()
        for number in range(conversations)
    ]
    with transaction() as session:
        session.execute(insert(Member), people)
        names = [one["public_id"] for one in people]
        ids = session.scalars(
            select(Member.id).where(Member.public_id.in_(names)).order_by(Member.id)
        ).all()
        rows = [_conversation(offer, number, start) for number in ids]
        session.execute(insert(Conversation), rows)
    with transaction() as session:
        made = session.scalars(
            select(Conversation)
            .where(Conversation.listing_id == offer.id)
            .order_by(Conversation.id)
        ).all()
        marks = [
            {"conversation_id": one.id, "member_id": who}
            for one in made
            for who in (one.owner_id, one.opener_id)
        ]
        session.execute(insert(ReadMark), marks)
        texts = [
            {
                "conversation_id": one.id,
                "sender_id": one.opener_id if number % 2 else one.owner_id,
                "body": f"Apakah bukunya masih ada, nomor {index * each + number}?",
                "created_at": start + timedelta(minutes=number),
            }
            for index, one in enumerate(made)
            for number in range(each)
        ]
        session.execute(insert(Message), texts)
        session.execute(insert(Exchange), [_exchange(one, offer) for one in made[::3]])
    return list(made)


def _conversation(offer: Listing, opener_id: int, start: object) -> dict[str, object]:
    return {
        "public_id": new_public_id(),
        "listing_id": offer.id,
        "opener_id": opener_id,
        "owner_id": offer.owner_id,
        "created_at": start,
        "last_message_at": start,
    }


def _exchange(one: Conversation, offer: Listing) -> dict[str, object]:
    return {
        "public_id": new_public_id(),
        "conversation_id": one.id,
        "listing_id": offer.id,
        "owner_id": one.owner_id,
        "opener_id": one.opener_id,
        "giver_id": one.owner_id,
        "receiver_id": one.opener_id,
        "terms": "gift",
        "state": "interested",
    }
