"""What staff decide about a reported thing: done, written down and told in one transaction."""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.accounts import suspension
from marketplace.accounts.audit import record
from marketplace.accounts.models import Member
from marketplace.db import (
    CROCKFORD,
    PUBLIC_ID_LENGTH,
    db,
    new_public_id,
    transaction,
    utcnow,
)
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.listings import holding, waiting
from marketplace.messages import hiding
from marketplace.moderation import rules, telling
from marketplace.moderation.models import Case, Decision
from marketplace.permissions import require


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDraft:
    """What a member of staff filled in. ``days`` of a pause; 0: until further notice.

    ``key`` becomes the decision's public id, so that sending it twice decides once.
    """

    action: str
    reason: str = ""
    words: str = ""
    days: int = 0
    key: str


def find_case(public_id: str) -> Case:
    """The case of this id; NotFound. For staff, which the views see to."""
    case = db.session.scalar(select(Case).where(Case.public_id == public_id))
    if case is None:
        raise NotFound("case")
    return case


def possible_actions(case: Case) -> list[str]:
    """What can be done about the thing and its member as they are now."""
    return rules.actions(_states(case))


def dismiss(actor: Member, public_id: str) -> Case:
    """Close a case without doing anything; a second time changes nothing."""
    with transaction():
        case = _locked(actor, public_id)
        if case.closed_at is None:
            record(actor, "case.dismiss", about=case.member, thing=f"case:{case.public_id}")
            _close(actor, case, "dismissed")
    return case


def decide(actor: Member, public_id: str, draft: DecisionDraft) -> Decision:
    """Do what the draft says, close the case, and tell everybody concerned.

    Raises Invalid, and Conflict when somebody else was faster.
    """
    words = rules.tidy(draft.words)
    with transaction() as session:
        case = _locked(actor, public_id)
        if done := _done_already(actor, draft.key):
            return done
        possible = possible_actions(case)
        if draft.action not in possible and draft.action in telling.KINDS:
            raise Conflict("decided_meanwhile")
        if problems := rules.check_decision(draft.action, draft.reason, words, possible):
            raise Invalid(problems)
        decision = Decision(
            public_id=_free_key(draft.key),
            case_id=case.id,
            member_id=case.member_id,
            staff_id=actor.id,
            listing_id=case.listing_id if "listing" in draft.action else None,
            message_id=case.message_id if "message" in draft.action else None,
            action=draft.action,
            reason=draft.reason if draft.action in rules.UNDONE_BY else "",
            words=words,
            until=rules.until_of(draft.days, utcnow()) if draft.action == "pause" else None,
        )
        session.add(decision)
        session.flush()
        carry_out(actor, decision, decision.action)
        if earlier := _taken_back_by(decision):
            earlier.undone_at = utcnow()
        write_down(actor, decision)
        telling.tell_concerned(decision)
        _close(actor, case, "acted")
    return decision


def carry_out(actor: Member, decision: Decision, action: str) -> None:
    """Do ``action`` to what the decision is about. Conflict when it cannot be done any more."""
    member, listing, message = decision.member, decision.listing, decision.message
    if listing is not None and action == "hide_listing":
        holding.hold_listing(actor, listing, decision.reason)
    elif listing is not None and action == "unhide_listing":
        holding.release_listing(actor, listing, decision.reason)
    elif listing is not None and action == "open_listing":
        waiting.open_listing(actor, listing)
    elif message is not None and action == "hide_message":
        hiding.hide_message(actor, message)
    elif message is not None and action == "unhide_message":
        hiding.show_message(actor, message)
    elif action == "warn":
        suspension.warn_member(actor, member)
    elif action == "pause":
        suspension.suspend_member(actor, member, decision.until)
    elif action == "end_pause":
        suspension.end_suspension(actor, member)
    else:
        raise Conflict("decided_meanwhile")  # the post or the message is gone


def write_down(actor: Member, decision: Decision) -> None:
    """The audit record of a decision."""
    record(
        actor,
        f"decision.{decision.action}",
        about=decision.member,
        thing=f"case:{decision.case.public_id}" if decision.case else "",
        reason=decision.words,
        code=decision.reason,
    )


def _locked(actor: Member, public_id: str) -> Case:
    case = find_case(public_id)
    require(actor, "case.decide", case)
    db.session.refresh(case, with_for_update=True)
    return case


def _done_already(actor: Member, key: str) -> Decision | None:
    return db.session.scalar(
        select(Decision).where(Decision.public_id == key, Decision.staff_id == actor.id)
    )


def _free_key(key: str) -> str:
    """The key of the form, unless it is none of ours or taken."""
    usable = len(key) == PUBLIC_ID_LENGTH and set(key) <= set(CROCKFORD)
    taken = usable and db.session.scalar(select(Decision.id).where(Decision.public_id == key))
    return key if usable and not taken else new_public_id()


def _states(case: Case) -> list[tuple[str, str]]:
    states = []
    if case.listing is not None:
        states.append(("listing", case.listing.state))
    if case.message is not None:
        states.append(("message", "hidden" if case.message.hidden_at else "shown"))
    if case.member.erased_at is None:
        states.append(("member", "paused" if case.member.is_suspended else "free"))
    return states


def _taken_back_by(decision: Decision) -> Decision | None:
    """The decision that this one ends, if it does."""
    return db.session.scalar(
        select(Decision)
        .where(
            Decision.action == rules.TAKES_BACK.get(decision.action, ""),
            Decision.member_id == decision.member_id,
            Decision.listing_id.is_not_distinct_from(decision.listing_id),
            Decision.message_id.is_not_distinct_from(decision.message_id),
            Decision.undone_at.is_(None),
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )


def _close(actor: Member, case: Case, outcome: str) -> None:
    if case.closed_at is not None:
        return
    case.closed_at, case.outcome = utcnow(), outcome
    telling.tell_reporters(case, "report_closed", besides=actor)
