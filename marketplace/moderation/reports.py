"""Reporting: only what the reporter may see, one case for each thing, one report for each person.

Whoever is reported never learns by whom; who reported learns that it was looked at.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, func, select

from marketplace.accounts import service as accounts
from marketplace.accounts import trust
from marketplace.accounts.models import Member
from marketplace.accounts.trust import Quota
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Invalid, NotFound, Problem
from marketplace.listings import service as listings
from marketplace.listings.models import Listing
from marketplace.listings.quotas import quotas_of
from marketplace.messages import service as messages
from marketplace.messages.models import Message
from marketplace.moderation import rules
from marketplace.moderation.models import Case, Report
from marketplace.moderation.telling import tell_staff
from marketplace.permissions import require


@dataclass(frozen=True, slots=True)
class Reported:
    """What is to be reported: loaded through the reporter. ``member``: whom it concerns."""

    thing: str
    key: str
    member: Member
    listing: Listing | None = None
    message: Message | None = None


def reported_listing(actor: Member, public_id: str) -> Reported:
    """A listing that the actor may see. Raises NotFound, NotAllowed for one's own."""
    listing = listings.get_visible(actor, public_id)
    require(actor, "listing.report", listing)
    return Reported("listing", f"listing:{listing.id}", listing.owner, listing=listing)


def reported_member(actor: Member, public_id: str) -> Reported:
    """A member whose page the actor may see. Raises NotFound, NotAllowed for oneself."""
    member = accounts.visible_member(actor, public_id)
    require(actor, "member.report", member)
    return Reported("member", f"member:{member.id}", member)


def reported_message(actor: Member, public_id: str, message_id: int) -> Reported:
    """A message to the actor, in a conversation of theirs. Raises NotFound, NotAllowed."""
    conversation = messages.conversation_of(actor, public_id)
    message = db.session.scalar(
        select(Message).where(
            Message.id == message_id,
            Message.conversation_id == conversation.id,
            Message.hidden_at.is_(None),
        )
    )
    if message is None:
        raise NotFound("message")
    require(actor, "message.report", message)
    return Reported("message", f"message:{message.id}", message.sender, message=message)


def report(actor: Member, reported: Reported, reason: str, words: str) -> Report:
    """Hand it to staff. Reporting the same again, while it waits, replaces what was said.

    Raises Invalid: for what was filled in, or too many reports today.
    """
    words = rules.tidy(words)
    if problems := rules.check_report(reason, words):
        raise Invalid(problems)
    with transaction() as session:
        # One report of, and one about, a member at a time: on PostgreSQL too a double tap finds
        # the first, and two reporters make one case. In the same order always: no deadlock.
        for member_id in sorted((actor.id, reported.member.id)):
            session.get(Member, member_id, with_for_update=True)
        case = _case_of(reported)
        row = session.scalar(
            select(Report).where(Report.case_id == case.id, Report.reporter_id == actor.id)
        )
        if row is None:
            today = reports_today(actor)
            if today.is_used_up:
                raise Invalid([Problem("reason", "too_many_reports", {"max": today.most})])
            row = Report(case=case, reporter_id=actor.id)
            session.add(row)
        row.reason, row.words = reason, words
        session.flush()
    return row


def own_report(actor: Member, public_id: str) -> Report:
    """A report that the actor made; NotFound for everybody else's."""
    found = db.session.scalar(
        select(Report).where(Report.public_id == public_id, Report.reporter_id == actor.id)
    )
    if found is None:
        raise NotFound("report")
    return found


def reports_today(actor: Member) -> Quota:
    """How many the actor made in the last day."""
    now = utcnow()
    times = db.session.scalars(
        select(Report.made_at).where(
            Report.reporter_id == actor.id, Report.made_at > now - timedelta(days=1)
        )
    ).all()
    return trust.quota(times, quotas_of(actor).reports, now)


def _case_of(reported: Reported) -> Case:
    """The open case of the thing, else a new one. Staff are told when their queue was empty."""
    waiting = select(Case).where(Case.key == reported.key, Case.closed_at.is_(None))
    case = db.session.scalar(waiting)
    if case is None:
        was_empty = not db.session.scalar(select(exists().where(Case.closed_at.is_(None))))
        case = Case(
            thing=reported.thing,
            key=reported.key,
            member_id=reported.member.id,
            listing_id=reported.listing.id if reported.listing else None,
            message_id=reported.message.id if reported.message else None,
        )
        db.session.add(case)
        db.session.flush()
        if was_empty:
            tell_staff("new_report", link="/staff/reports")
    return case


def times_reported(member: Member) -> int:
    """How many cases there were about a member and what is theirs."""
    about = select(func.count()).select_from(Case).where(Case.member_id == member.id)
    return db.session.scalar(about) or 0
