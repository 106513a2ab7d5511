"""An answer to a decision: once, within weeks, looked at by somebody else where there is one."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import exists, select

from marketplace.accounts import suspension
from marketplace.accounts.audit import record
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.moderation import rules, telling
from marketplace.moderation.models import Appeal, Decision
from marketplace.moderation.service import carry_out
from marketplace.permissions import require


def own_decision(actor: Member, public_id: str) -> Decision:
    """A decision about the actor; NotFound for everybody else's."""
    found = db.session.scalar(
        select(Decision).where(Decision.public_id == public_id, Decision.member_id == actor.id)
    )
    if found is None:
        raise NotFound("decision")
    return found


def may_appeal(decision: Decision) -> bool:
    """Whether an appeal is still possible: once, in time, and while the decision stands."""
    if decision.appeal is not None or decision.undone_at is not None:
        return False
    return rules.may_appeal(decision.action, decision.made_at, utcnow())


def appeal(actor: Member, public_id: str, words: str) -> Appeal:
    """Say why it should be otherwise. The same again, as a double tap does, changes nothing.

    Raises NotFound, Invalid, Conflict when it is too late or was done.
    """
    words = rules.tidy(words)
    with transaction() as session:
        decision = own_decision(actor, public_id)
        require(actor, "decision.appeal", decision)
        session.refresh(decision, with_for_update=True)
        if decision.appeal is not None and decision.appeal.words == words:
            return decision.appeal
        if not may_appeal(decision):
            raise Conflict("appeal_over")
        if problems := rules.check_appeal(words):
            raise Invalid(problems)
        made = Appeal(decision=decision, words=words)
        session.add(made)
        telling.tell_staff("new_appeal", link="/staff/appeals")
    return made


def waiting_appeals() -> Sequence[Appeal]:
    """The appeals that nobody has decided, the oldest first."""
    return db.session.scalars(
        select(Appeal).where(Appeal.decided_at.is_(None)).order_by(Appeal.id)
    ).all()


def find_appealed(public_id: str) -> Decision:
    """A decision that was appealed against; NotFound. For staff, which the views see to."""
    found = db.session.scalar(select(Decision).join(Appeal).where(Decision.public_id == public_id))
    if found is None:
        raise NotFound("appeal")
    return found


def needs_another(actor: Member, decision: Decision) -> bool:
    """Whether somebody else of staff has to decide, because the actor made the decision."""
    if decision.staff_id != actor.id:
        return False
    others = exists().where(*Member.staff_here(), Member.id.not_in((actor.id, decision.member_id)))
    return bool(db.session.scalar(select(others)))


def decide_appeal(actor: Member, public_id: str, upheld: bool | None, answer: str) -> Decision:
    """Let the decision stand, or undo it; the member and who had reported are told.

    Raises Invalid, NotAllowed when it concerns the actor, Conflict when another has to decide or
    has decided otherwise meanwhile.
    """
    answer = rules.tidy(answer)
    with transaction() as session:
        decision = find_appealed(public_id)
        require(actor, "appeal.decide", decision)
        made = session.scalars(
            select(Appeal).where(Appeal.decision_id == decision.id).with_for_update()
        ).one()
        if made.decided_at is not None and made.upheld == upheld:
            return decision
        if made.decided_at is not None or needs_another(actor, decision):
            raise Conflict("decided_meanwhile")
        if problems := rules.check_answer(upheld, answer):
            raise Invalid(problems)
        made.decided_at, made.staff_id = utcnow(), actor.id
        made.upheld, made.answer = upheld, answer
        if upheld:
            _undo(actor, decision)
            telling.tell_reporters(decision.case, "report_reversed", besides=actor)
        record(
            actor,
            "appeal.uphold" if upheld else "appeal.deny",
            about=decision.member,
            thing=f"appeal:{decision.public_id}",
            reason=answer,
        )
        telling.tell_appellant(decision, bool(upheld), answer)
    return decision


def _undo(actor: Member, decision: Decision) -> None:
    """Make it as if it had not been decided, as far as the thing is still there."""
    if decision.undone_at is not None:
        return
    decision.undone_at = utcnow()
    undoing = rules.UNDONE_BY[decision.action]
    if undoing and rules.is_still(decision.action, _state(decision)):
        # A post that was sent back and changed since may be incomplete: then it stays a draft.
        with suppress(Conflict):
            carry_out(actor, decision, undoing)
    if decision.action in ("warn", "pause"):
        suspension.clear_warning(actor, decision.member)


def _state(decision: Decision) -> str:
    if decision.listing is not None:
        return decision.listing.state
    if decision.message is not None:
        return "hidden" if decision.message.hidden_at else "shown"
    return "paused" if decision.member.is_suspended else "free"
