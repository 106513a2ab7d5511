"""Many exchanges of one member, written straight into the tables: for pages that must stay small
and quick however much somebody has going on."""

from datetime import timedelta
from typing import Any

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.exchanges.models import Exchange
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation, Message, ReadMark
from tests import factories


def exchange(listing: Listing, opener: Member, state: str, **values: Any) -> Exchange:
    """One exchange in any state, with its conversation, and one message that nobody has read yet
    where ``unread`` says so. The counters of the listing stay as they are."""
    unread = values.pop("unread", False)
    owner_gives = listing.direction == "offer"
    sides = (listing.owner_id, opener.id) if owner_gives else (opener.id, listing.owner_id)
    with transaction() as session:
        talk = Conversation(listing_id=listing.id, opener_id=opener.id, owner_id=listing.owner_id)
        session.add(talk)
        session.flush()
        for who in (opener.id, listing.owner_id):
            session.add(ReadMark(conversation_id=talk.id, member_id=who))
        if unread:
            session.add(Message(conversation_id=talk.id, sender_id=opener.id, body="Halo tetangga"))
        row = Exchange(
            conversation_id=talk.id,
            listing_id=listing.id,
            owner_id=listing.owner_id,
            opener_id=opener.id,
            giver_id=sides[0],
            receiver_id=sides[1],
            state=state,
            **({"terms": "gift"} | values),
        )
        session.add(row)
    return row


def crowd(owner: Member, number: int) -> None:
    """So many conversations of ``owner``, with exchanges in every stage, a third of them unread."""
    neighbours = [factories.member(f"Tetangga {count}") for count in range(20)]
    things = [factories.offer(owner, f"Barang {count}", quantity=99) for count in range(25)]
    ahead, now = timedelta(hours=5), utcnow()
    stages: list[tuple[str, dict[str, Any]]] = [
        ("interested", {}),
        ("promised", {}),
        ("arranged", {"meets_at": now + ahead}),
        ("arranged", {"meets_at": now - ahead}),
        ("handed_over", {}),
        ("out", {"terms": "loan", "due_on": now.date()}),
        ("returned", {"terms": "loan", "due_on": now.date()}),
        ("closed", {"ended_at": now}),
    ]
    with transaction():
        for count in range(number):
            state, values = stages[count % len(stages)]
            neighbour, thing = neighbours[count % 20], things[count // 20]
            values = values | {"unread": count % 3 == 0}
            if values.get("due_on") or state == "handed_over":
                values = values | {"there_said_by_id": neighbour.id, "there_said_at": now}
            exchange(thing, neighbour, state, **values)
