"""A member who has been here for years: hundreds of conversations and exchanges in every state.

Written with plain inserts, so that a test can afford five hundred.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, update

from marketplace.accounts.models import Member
from marketplace.db import db, new_public_id, transaction, utcnow
from marketplace.exchanges import rules
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation, Message, ReadMark
from marketplace.notifications.models import Notification
from tests import factories

NEIGHBOURS = 30
LONG_TALK = 300  # messages in the longest conversation
OWN_POSTS = 12
TERMS_OF = {"out": "loan", "returned": "loan", "lost": "loan", "partly": "swap"}
WORDS = (
    "Selamat sore, apakah barangnya masih ada? Saya tinggal dekat masjid dan bisa mengambilnya "
    "besok pagi sebelum berangkat kerja."
)


@dataclass(frozen=True, slots=True)
class Busy:
    """The member, and public ids: the long conversation, an exchange of each state, a post that
    many wait for."""

    member: Member
    conversation: str
    exchanges: dict[str, str]
    post: str

    def addresses(self, app: Flask) -> dict[str, str]:
        """The pages that must stay light and quick for such a member, by name."""
        pages = {
            "inbox": "/messages",
            "found messages": "/messages?q=a",
            "conversation": f"/messages/{self.conversation}",
            "exchange": f"/exchanges/{self.exchanges['arranged']}",
            "loan": f"/exchanges/{self.exchanges['out']}",
            "closed exchange": f"/exchanges/{self.exchanges['closed']}",
            "my page": "/me",
            "my exchanges": "/me/exchanges",
            "my loans": "/me/loans",
            "queue": f"/listings/{self.post}/queue",
        }
        urls = app.url_map.bind("localhost")
        return {name: to for name, to in pages.items() if urls.test(to.partition("?")[0], "GET")}


def busy_member(conversations: int = 500) -> Busy:
    """Make it, in one transaction."""
    member = factories.member("Ibu Ratna Kusumaningtyas", language="id")
    others = [factories.member(f"Tetangga Nomor {number}") for number in range(NEIGHBOURS)]
    own = [_post(member, number) for number in range(OWN_POSTS)]
    asked = _asked(others, own, conversations)
    with transaction():
        rows = _conversations(member, asked)
        _messages(rows)
        _exchanges(rows)
        _count(own)
        _news(member, conversations)
    return Busy(member, rows[0]["public_id"], _by_state(member), own[0].public_id)


def _post(owner: Member, number: int) -> Listing:
    values: dict[str, Any] = {"gift": True, "loan": True, "swap": True, "quantity": 5000}
    return factories.offer(owner, f"Buku cerita anak, kardus nomor {number}", **values)


def _asked(others: list[Member], own: list[Listing], count: int) -> list[tuple[Listing, Member]]:
    """(listing, who asked): half about the member's own posts, the first of them the most; half
    about posts of neighbours, the member being who asks."""
    mine = [(listing, other) for listing in own for other in others]
    found: list[tuple[Listing, Member]] = []
    for number in range(count):
        if number % 2 == 0 and number // 2 < len(mine):
            found.append(mine[number // 2])
        else:
            theirs = _post(others[number % NEIGHBOURS], number)
            found.append((theirs, own[0].owner))
    return found


def _ids(model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Insert the rows; their ids, in order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))


def _conversations(member: Member, asked: list[tuple[Listing, Member]]) -> list[dict[str, Any]]:
    now = utcnow()
    rows = [
        {
            "public_id": new_public_id(),
            "listing_id": listing.id,
            "owner_id": listing.owner_id,
            "opener_id": opener.id,
            "created_at": now - timedelta(days=90),
            "last_message_at": now - timedelta(minutes=10 * number),
        }
        for number, (listing, opener) in enumerate(asked)
    ]
    numbers = _ids(Conversation, rows)
    return [row | {"id": number} for row, number in zip(rows, numbers, strict=True)]


def _messages(conversations: list[dict[str, Any]]) -> None:
    rows, marks = [], []
    for number, one in enumerate(conversations):
        both = itertools.cycle((one["opener_id"], one["owner_id"]))
        count = LONG_TALK if number == 0 else 2
        for turn in range(count):
            at = one["last_message_at"] - timedelta(minutes=7 * (count - turn))
            rows.append(
                {
                    "conversation_id": one["id"],
                    "sender_id": next(both),
                    "body": f"{WORDS} ({turn})",
                    "created_at": at,
                }
            )
        marks += [
            {"conversation_id": one["id"], "member_id": one[side]}
            for side in ("opener_id", "owner_id")
        ]
    numbers = _ids(Message, rows)
    last = {row["conversation_id"]: number for row, number in zip(rows, numbers, strict=True)}
    for number, mark in enumerate(marks):
        is_read = number % 7 > 0
        mark["read_message_id"] = last[mark["conversation_id"]] if is_read else 0
    db.session.execute(insert(ReadMark), marks)


def _exchanges(conversations: list[dict[str, Any]]) -> None:
    now, rows = utcnow(), []
    states = itertools.cycle(rules.STATES + ("interested",) * 4)
    for number, one in enumerate(conversations):
        state = next(states)
        rows.append(_exchange(one, state, now - timedelta(hours=number)))
    numbers = _ids(Exchange, rows)
    events = []
    for row, number in zip(rows, numbers, strict=True):
        steps = [("ask", "", "interested")]
        if row["state"] != "interested":
            steps += [("promise", "interested", "promised"), ("arrange", "promised", row["state"])]
        events += [
            {
                "exchange_id": number,
                "at": row["queued_at"] + timedelta(minutes=turn),
                "actor_id": row["opener_id"],
                "verb": verb,
                "from_state": before,
                "to_state": after,
                "params": {"quantity": 1},
            }
            for turn, (verb, before, after) in enumerate(steps)
        ]
    db.session.execute(insert(ExchangeEvent), events)


def _exchange(one: dict[str, Any], state: str, at: Any) -> dict[str, Any]:
    now = utcnow()
    was_promised = state in rules.RESERVING or state in ("closed", "lost")
    handed = state in ("handed_over", "partly", "out", "returned", "closed", "lost")
    return {
        "public_id": new_public_id(),
        "conversation_id": one["id"],
        "listing_id": one["listing_id"],
        "owner_id": one["owner_id"],
        "opener_id": one["opener_id"],
        "giver_id": one["owner_id"],
        "receiver_id": one["opener_id"],
        "terms": TERMS_OF.get(state, "gift"),
        "in_return": "Sayur dari kebun" if state == "partly" else "",
        "state": state,
        "queued_at": at,
        "promised_at": at if was_promised else None,
        "there_said_by_id": one["owner_id"] if handed else None,
        "there_said_at": at if handed else None,
        "there_at": at if handed and state != "handed_over" else None,
        "back_said_by_id": one["opener_id"] if state == "returned" else None,
        "back_said_at": at if state == "returned" else None,
        "due_on": (now + timedelta(days=4)).date() if state in ("out", "returned") else None,
        "meets_at": now + timedelta(days=1) if state == "arranged" else None,
        "meets_zone": "Asia/Jakarta" if state == "arranged" else "",
        "meets_where": "Perpustakaan desa" if state == "arranged" else "",
        "wake_at": now + timedelta(days=3) if state in rules.RESERVING else None,
        "ended_at": at if state in rules.ENDS else None,
        "passed_on_at": now if state in rules.ENDS else None,
        "created_at": at,
        "updated_at": at,
    }


def _count(own: list[Listing]) -> None:
    """The counters of each post, as its exchanges have them."""
    of_it: Callable[[tuple[str, ...]], Any] = lambda states: (  # noqa: E731
        select(db.func.count())
        .select_from(Exchange)
        .where(Exchange.listing_id == Listing.id, Exchange.state.in_(states))
        .scalar_subquery()
    )
    counters = {"promised": of_it(rules.RESERVING), "given": of_it(("closed", "lost"))}
    db.session.execute(
        update(Listing).values(counters).execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _news(member: Member, count: int) -> None:
    rows = [
        {
            "member_id": member.id,
            "public_id": new_public_id(),
            "topic": "promise",
            "kind": "exchange_confirm",
            "params": {"title": "Buku cerita anak", "other": "Tetangga", "terms": "gift"},
            "link": "/me/exchanges",
        }
        for _ in range(count // 5)
    ]
    db.session.execute(insert(Notification), rows)


def _by_state(member: Member) -> dict[str, str]:
    rows = db.session.execute(
        select(Exchange.state, Exchange.public_id)
        .where(Exchange.owner_id == member.id)
        .order_by(Exchange.id.desc())
    )
    return {row.state: row.public_id for row in rows}
