"""Place and time: one side proposes, the other accepts, proposes something else, or declines.

One proposal is open at a time. Accepting one arranges the exchange, or (for what is lent, and for
the second half of a swap) the next meeting; until a new one is accepted, the old meeting stands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.exchanges import forgetting, proposals, telling
from marketplace.exchanges.calendars import Meeting, meeting_of, spoken
from marketplace.exchanges.models import ExactPlace, Exchange, Proposal
from marketplace.exchanges.moves import Details, check_step, exchange_of, move
from marketplace.exchanges.suggesting import zone_of
from marketplace.listings.rules import one_line
from marketplace.messages.service import can_write
from marketplace.notifications.service import notify
from marketplace.permissions import require

if TYPE_CHECKING:
    from marketplace import Parts

DAY = timedelta(days=1)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What the two see of their meeting: the one that stands with what was said beside it, the
    proposal that waits for an answer, and whether somebody wrote down where exactly."""

    meeting: Meeting | None
    words: str
    proposal: Proposal | None
    has_exact_place: bool


def arrangement_of(exchange: Exchange) -> Arrangement:
    """Two queries for a running exchange, none for one that ended."""
    meeting = meeting_of(exchange)
    if not exchange.runs or exchange.state == "interested":
        return Arrangement(None, "", None, False)
    found = db.session.scalars(
        select(Proposal)
        .where(Proposal.exchange_id == exchange.id, Proposal.state.in_(("open", "accepted")))
        .order_by(Proposal.id.desc())
        .limit(2)
    ).all()
    waiting = next((one for one in found if one.state == "open"), None)
    agreed = next((one for one in found if one.state == "accepted"), None)
    exact = meeting is not None and db.session.get(ExactPlace, exchange.id) is not None
    return Arrangement(meeting, agreed.words if meeting and agreed else "", waiting, exact)


def proposable(actor: Member, public_id: str) -> Exchange:
    """The exchange, if the actor may propose a meeting now.

    Raises NotFound, NotAllowed (paused), Conflict (nothing to arrange, or no way to reach them).
    """
    exchange = exchange_of(actor, public_id)
    _check(actor, exchange)
    return exchange


def usual_place(actor: Member, exchange: Exchange) -> str:
    """Where the actor proposed to meet last, in this exchange or another: a place to start from."""
    if exchange.meets_where:
        return exchange.meets_where
    query = select(Proposal.place).where(Proposal.by_id == actor.id, Proposal.place != "")
    return db.session.scalar(query.order_by(Proposal.id.desc()).limit(1)) or ""


def propose(actor: Member, public_id: str, draft: proposals.Draft) -> Proposal:
    """Propose a meeting; what was open is replaced (one's own) or countered (the other's).

    The same once more is a second tap. Raises what ``proposable`` raises, and Invalid.
    """
    with transaction() as session:
        exchange = exchange_of(actor, public_id, lock=True)
        _check(actor, exchange)
        now, former = utcnow(), _open(exchange)
        if problems := proposals.check(draft, zone_of(exchange), now):
            raise Invalid(problems)
        made = _written(actor, exchange, draft)
        if former is not None:
            if _says_the_same(former, made):
                return former
            countered = former.by_id != actor.id
            _answer(former, "countered" if countered else "withdrawn")
        if _made_today(exchange, now) >= proposals.A_DAY_MAX:
            raise Invalid([Problem("", "too_many_proposals", {"max": proposals.A_DAY_MAX})])
        session.add(made)
        session.flush()
        kind = "meeting_countered" if former and former.by_id != actor.id else "meeting_proposed"
        _tell(actor, exchange, made, kind)
    return made


def accept(actor: Member, public_id: str, proposal_id: str) -> Exchange:
    """Agree with what the other side proposed: the meeting stands from now on.

    Raises NotFound, NotAllowed (paused), Conflict: answered or replaced meanwhile, or its time
    has passed.
    """
    with transaction():
        exchange, proposal = _load(actor, public_id, proposal_id)
        if proposal.state == "accepted" and exchange.meets_at == proposal.starts_at:
            return exchange
        _must_be_theirs(actor, proposal)
        _check(actor, exchange)
        if proposal.starts_at <= utcnow():
            raise Conflict("proposal_past")
        agreeing = Details(
            params={"at": proposal.starts_at.isoformat()},
            write=lambda: _agree(exchange, proposal),
        )
        move(actor, exchange, "arrange", agreeing)
    return exchange


def decline(actor: Member, public_id: str, proposal_id: str) -> Exchange:
    """Say no to what the other side proposed, without proposing anything else."""
    with transaction():
        exchange, proposal = _load(actor, public_id, proposal_id)
        if proposal.state != "declined" or proposal.by_id == actor.id:
            _must_be_theirs(actor, proposal)
            _answer(proposal, "declined")
            _tell(actor, exchange, proposal, "meeting_declined")
    return exchange


def withdraw(actor: Member, public_id: str, proposal_id: str) -> Exchange:
    """Take back one's own proposal while nobody has answered."""
    with transaction():
        exchange, proposal = _load(actor, public_id, proposal_id)
        if proposal.by_id != actor.id:
            raise NotFound("proposal")
        if proposal.state != "withdrawn":
            _must_be_open(proposal)
            _answer(proposal, "withdrawn")
            _tell(actor, exchange, proposal, "meeting_withdrawn")
    return exchange


def remind(parts: "Parts") -> int:
    """The sweep: a day before a second meeting (of a loan, of a swap) both are reminded, unless it
    was agreed on within that day. The first is among the deadlines of the state."""
    now = utcnow()
    agreed = and_(
        Proposal.exchange_id == Exchange.id,
        Proposal.state == "accepted",
        Proposal.starts_at == Exchange.meets_at,
    )
    due = (
        select(Exchange.id, Exchange.meets_at, func.max(Proposal.answered_at))
        .join(Proposal, agreed)
        .where(
            Exchange.state.in_(("partly", "out", "returned")),
            Exchange.meets_at > now,
            Exchange.meets_at <= now + DAY,
        )
        .group_by(Exchange.id, Exchange.meets_at)
        .limit(BATCH)
    )
    found = db.session.execute(due).all()
    return sum(_remind(number) for number, meets_at, at in found if _is_early(at, meets_at))


def _is_early(agreed_at: datetime | None, meets_at: datetime | None) -> bool:
    return agreed_at is not None and meets_at is not None and agreed_at < meets_at - DAY


def _remind(exchange_id: int) -> int:
    with transaction() as session:
        exchange = session.get_one(Exchange, exchange_id)
        once = f"meeting_soon:{exchange.public_id}:{exchange.meeting_revision}"
        told = [
            notify(
                member,
                "reminder",
                "meeting_soon",
                telling.params_of(member, exchange),
                link=telling.link_to(exchange),
                once=once,
            )
            for member in (exchange.owner, exchange.opener)
        ]
    return int(any(told))


def _check(actor: Member, exchange: Exchange) -> None:
    check_step(actor, exchange, "arrange")
    if not can_write(actor, exchange.other(actor)):
        raise Conflict("cannot_write")


def _load(actor: Member, public_id: str, proposal_id: str) -> tuple[Exchange, Proposal]:
    exchange = exchange_of(actor, public_id, lock=True)
    found = db.session.scalar(
        select(Proposal).where(
            Proposal.exchange_id == exchange.id, Proposal.public_id == proposal_id
        )
    )
    if found is None:
        raise NotFound("proposal")
    require(actor, "exchange.carry_on", exchange)
    return exchange, found


def _open(exchange: Exchange) -> Proposal | None:
    return db.session.scalar(
        select(Proposal).where(Proposal.exchange_id == exchange.id, Proposal.state == "open")
    )


def _must_be_theirs(actor: Member, proposal: Proposal) -> None:
    if proposal.by_id == actor.id:
        raise NotFound("proposal")  # nobody answers their own
    _must_be_open(proposal)


def _must_be_open(proposal: Proposal) -> None:
    if proposal.state != "open":
        raise Conflict("proposal_answered")


def _written(actor: Member, exchange: Exchange, draft: proposals.Draft) -> Proposal:
    zone = zone_of(exchange)
    return Proposal(
        exchange_id=exchange.id,
        by_id=actor.id,
        starts_at=proposals.starts_at(draft, zone),
        zone=zone,
        place=one_line(draft.place),
        words=one_line(draft.words),
    )


def _says_the_same(one: Proposal, other: Proposal) -> bool:
    names = ("by_id", "starts_at", "place", "words")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _made_today(exchange: Exchange, now: datetime) -> int:
    query = select(func.count(Proposal.id)).where(
        Proposal.exchange_id == exchange.id, Proposal.created_at > now - DAY
    )
    return db.session.scalar(query) or 0


def _answer(proposal: Proposal, state: str) -> None:
    proposal.state, proposal.answered_at = state, utcnow()


def _agree(exchange: Exchange, proposal: Proposal) -> None:
    _answer(proposal, "accepted")
    if exchange.meets_where != proposal.place:
        forgetting.forget_exact_place(exchange.id)  # it was the address of another place
    exchange.meets_at, exchange.meets_zone = proposal.starts_at, proposal.zone
    exchange.meets_where = proposal.place


def _tell(actor: Member, exchange: Exchange, proposal: Proposal, kind: str) -> None:
    other = exchange.other(actor)
    params = telling.params_of(other, exchange)
    params |= spoken(proposal.starts_at, proposal.place, other)
    notify(other, "promise", kind, params, link=telling.link_to(exchange))
