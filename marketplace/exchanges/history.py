"""What happened to the exchanges of a conversation, for its page: lines between the messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from marketplace.db import db
from marketplace.exchanges.models import Exchange, ExchangeEvent, Proposal
from marketplace.messages.models import Conversation, Message

LINES_SHOWN = 20  # on one page of a conversation


@dataclass(frozen=True, slots=True)
class Line:
    """One step, and the exchange that it moved."""

    event: ExchangeEvent
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands on a page of a conversation: a message, or a line between two of them."""

    at: datetime
    message: Message | None = None
    line: Line | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """The last step, 0 before the first; ``code`` changes with every step, and with everything
    that is proposed or answered in between."""

    step: int
    code: str


def lines(
    conversation: Conversation, since: datetime | None = None, until: datetime | None = None
) -> list[Line]:
    """The latest steps from ``since`` to ``until``, the earliest first."""
    query = _steps(conversation)
    if since is not None:
        query = query.where(ExchangeEvent.at >= since)
    if until is not None:
        query = query.where(ExchangeEvent.at < until)
    rows = db.session.execute(query.order_by(ExchangeEvent.id.desc()).limit(LINES_SHOWN))
    return [Line(event, exchange) for event, exchange in reversed(rows.all())]


def lines_after(conversation: Conversation, event_id: int) -> list[Line]:
    """The steps that were taken after this one, the earliest first."""
    query = _steps(conversation).where(ExchangeEvent.id > event_id).order_by(ExchangeEvent.id)
    rows = db.session.execute(query.limit(LINES_SHOWN))
    return [Line(event, exchange) for event, exchange in rows]


def stand_of(conversation: Conversation) -> Stand:
    """How far the exchanges of a conversation are; one query."""
    here = select(Exchange.id).where(Exchange.conversation_id == conversation.id)
    proposals = Proposal.exchange_id.in_(here)
    row = db.session.execute(
        select(
            select(func.max(ExchangeEvent.id))
            .where(ExchangeEvent.exchange_id.in_(here))
            .scalar_subquery(),
            select(func.max(Proposal.id)).where(proposals).scalar_subquery(),
            select(func.count(Proposal.answered_at)).where(proposals).scalar_subquery(),
        )
    ).one()
    step, proposed, answered = (number or 0 for number in row)
    return Stand(step, f"{step}.{proposed}.{answered}")


def states(conversations: Iterable[Conversation]) -> dict[int, str]:
    """How far the latest exchange of each conversation is, by the key of the conversation."""
    latest = (
        select(func.max(Exchange.id))
        .where(Exchange.conversation_id.in_([one.id for one in conversations]))
        .group_by(Exchange.conversation_id)
    )
    rows = db.session.execute(
        select(Exchange.conversation_id, Exchange.state).where(Exchange.id.in_(latest))
    )
    return dict(rows.all())


def merged(messages: Sequence[Message], steps: Sequence[Line]) -> list[Entry]:
    """Both in the order of time; a message stands before what was done with it."""
    entries = [Entry(one.created_at, message=one) for one in messages]
    entries += [Entry(one.event.at, line=one) for one in steps]
    return sorted(entries, key=lambda entry: (entry.at, entry.line is not None))


def _steps(conversation: Conversation) -> Select[ExchangeEvent, Exchange]:
    return (
        select(ExchangeEvent, Exchange)
        .join(Exchange, Exchange.id == ExchangeEvent.exchange_id)
        .where(Exchange.conversation_id == conversation.id)
    )
