"""Search in one's own conversations: in what was written, the name of the other, and the post.

Nothing of anybody else is ever looked at; what the moderators hid is not found.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, selectinload

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation, Message
from marketplace.messages.service import other_of

PER_PAGE = 15  # messages found
QUERY_MAX = 80  # characters that are looked at
WORDS_MAX = 6
MARKS_MAX = 3  # in one text: whoever looks for "a" knows where it stands
AROUND = 60  # characters of a message on each side of the first word that was found


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; ``found``: it is one of the words that were looked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, and the conversation that it stands in."""

    message: Message
    conversation: Conversation
    other: Member
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, the latest first; pages count from 1."""

    hits: list[Hit]
    page: int
    pages: int
    total: int


def words_of(query: str) -> list[str]:
    """What to look for: the different words of a query, as far as it is read."""
    return list(dict.fromkeys(query[:QUERY_MAX].lower().split()))[:WORDS_MAX]


def search(actor: Member, query: str, page: int = 1) -> Found:
    """The actor's messages in which every word occurs, in the text, in the title of the post or in
    the name of the other. Where the text has none of them, the last message stands for its
    conversation.
    """
    words = words_of(query)
    if not words:
        return Found([], 1, 1, 0)
    matching = _matching(actor, words)
    total = db.session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    ids = db.session.scalars(
        matching.order_by(Message.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    ).all()
    rows = db.session.scalars(
        select(Message)
        .where(Message.id.in_(ids))
        .order_by(Message.id.desc())
        .options(
            joinedload(Message.conversation).options(
                joinedload(Conversation.listing),
                joinedload(Conversation.opener),
                joinedload(Conversation.owner),
            ),
            selectinload(Message.photos),
        )
    ).all()
    return Found([_hit(actor, row, words) for row in rows], page, pages, total)


def marked(text: str, words: Sequence[str]) -> list[Piece]:
    """The text in pieces, cut to what stands around the first of the words."""
    pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))), re.I)
    text = " ".join(text.split())
    first = pattern.search(text)
    start = max(0, first.start() - AROUND) if first else 0
    end = (first.end() if first else 0) + 2 * AROUND
    shown = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    pieces, at = [], 0
    for hit in islice(pattern.finditer(shown), MARKS_MAX):
        pieces.append(Piece(shown[at : hit.start()], False))
        pieces.append(Piece(hit.group(), True))
        at = hit.end()
    pieces.append(Piece(shown[at:], False))
    return [piece for piece in pieces if piece.text]


def _matching(actor: Member, words: Sequence[str]) -> Select[int]:
    """SELECT of the ids of the actor's messages in which all words occur."""
    other = aliased(Member)
    other_id = case(
        (Conversation.owner_id == actor.id, Conversation.opener_id), else_=Conversation.owner_id
    )
    last = (
        select(func.max(Message.id))
        .where(Message.conversation_id == Conversation.id)
        .correlate(Conversation)
        .scalar_subquery()
    )
    shown = Message.hidden_at.is_(None)
    in_text = [and_(shown, _has(Message.body, word)) for word in words]
    beside = [or_(_has(Listing.title, word), _has(other.name, word)) for word in words]
    return (
        select(Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(Listing, Listing.id == Conversation.listing_id)
        .join(other, other.id == other_id)
        .where(
            Conversation.of(actor),
            *(or_(one, two) for one, two in zip(in_text, beside, strict=True)),
            or_(*in_text, Message.id == last),
        )
    )


def _has(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    return func.lower(column).contains(word, autoescape=True)


def _hit(actor: Member, message: Message, words: Sequence[str]) -> Hit:
    conversation = message.conversation
    text = "" if message.hidden_at else message.body
    return Hit(message, conversation, other_of(conversation, actor), marked(text, words))
