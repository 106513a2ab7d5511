"""Three questions after an exchange, answered with one tap each and blindly: what one side said is
shown to the other when both have answered everything, or two weeks after the end. For the two
alone; never stars, and no words against anybody."""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import afterwards
from marketplace.exchanges.models import Exchange, Feedback
from marketplace.exchanges.moves import exchange_of
from marketplace.exchanges.thanks import end_of
from marketplace.permissions import require

Answers = dict[str, bool | None]
NOTHING_SAID: Answers = dict.fromkeys(afterwards.QUESTIONS)


@dataclass(frozen=True, slots=True)
class Said:
    """What one of the two may know: own answers by question; those of the other once they are
    shown, else None. ``open``: the questions that may be answered (again) now."""

    own: Answers
    other: Answers | None
    open: frozenset[str]


def answer(actor: Member, public_id: str, question: str, said: str) -> Exchange:
    """Answer one question: yes, no, or none (take the answer back).

    Raises NotFound, Invalid (no such question or answer), Conflict: too early, too late, or the
    other has seen this answer.
    """
    with transaction() as session:
        exchange = exchange_of(actor, public_id, lock=True)
        require(actor, "exchange.carry_on", exchange)
        if question not in afterwards.QUESTIONS or said not in afterwards.ANSWERS:
            raise Invalid([Problem("answer", "choice_missing")])
        if not afterwards.may_answer(end_of(exchange), utcnow()):
            raise Conflict("feedback_closed")
        found = said_in(actor, exchange)
        if found.own[question] == afterwards.ANSWERS[said]:
            return exchange
        if question not in found.open:
            raise Conflict("feedback_shown")
        row = _of(actor, exchange)
        if row is None:
            other = exchange.other(actor)
            row = Feedback(exchange_id=exchange.id, by_id=actor.id, about_id=other.id)
            session.add(row)
        setattr(row, question, afterwards.ANSWERS[said])
    return exchange


def said_in(actor: Member, exchange: Exchange) -> Said:
    """What the actor may know of what was said, derived anew each time."""
    query = select(Feedback).where(Feedback.exchange_id == exchange.id)
    rows = {row.by_id: _answers(row) for row in db.session.scalars(query)}
    own = rows.get(actor.id, NOTHING_SAID)
    other = rows.get(exchange.other(actor).id, NOTHING_SAID)
    end, now = end_of(exchange), utcnow()
    shown = afterwards.are_shown(end, (_is_whole(own), _is_whole(other)), now)
    is_open = afterwards.may_answer(end, now)
    may = {one for one in own if is_open and afterwards.may_change(own[one] is not None, shown)}
    return Said(own, other if shown else None, frozenset(may))


def _of(member: Member, exchange: Exchange) -> Feedback | None:
    return db.session.scalar(
        select(Feedback).where(Feedback.exchange_id == exchange.id, Feedback.by_id == member.id)
    )


def _answers(row: Feedback) -> Answers:
    return {one: getattr(row, one) for one in afterwards.QUESTIONS}


def _is_whole(answers: Answers) -> bool:
    return None not in answers.values()
