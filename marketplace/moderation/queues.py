"""What waits for staff, with as much around it as is needed to judge, and what was done before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from marketplace.accounts.audit import record
from marketplace.accounts.models import AuditEvent, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import NotFound
from marketplace.listings.models import Listing
from marketplace.mail import OutgoingMail
from marketplace.messages.models import Message
from marketplace.moderation.models import Appeal, Case, Decision, Report
from marketplace.moderation.service import find_case
from marketplace.notifications.outbox import stuck

Row = TypeVar("Row")
PER_PAGE = 20
AUDIT_PER_PAGE = 50
AROUND = 2  # messages before and after the reported one: enough to judge, and no more
EARLIER_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for staff."""

    reports: int
    listings: int
    appeals: int
    mails: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of rows; pages count from 1."""

    rows: Sequence[Row]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with what is needed to judge it. ``around``: messages, the reported one among them."""

    case: Case
    around: Sequence[Message]
    earlier: Sequence[Decision]
    cases: int  # about the same member, this one included


def waiting() -> Waiting:
    """The counts of the overview."""
    return Waiting(
        reports=_count(Case, Case.closed_at.is_(None)),
        listings=_count(Listing, Listing.state == "pending"),
        appeals=_count(Appeal, Appeal.decided_at.is_(None)),
        mails=_count(OutgoingMail, stuck(utcnow())),
    )


def open_cases(page: int) -> Page[Case]:
    """The cases that wait: what most have reported first, then the oldest."""
    reports = select(func.count(Report.id)).where(Report.case_id == Case.id).scalar_subquery()
    pages = max(1, -(-_count(Case, Case.closed_at.is_(None)) // PER_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.scalars(
        select(Case)
        .where(Case.closed_at.is_(None))
        .order_by(reports.desc(), Case.id)
        .options(selectinload(Case.reports), selectinload(Case.member))
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    return Page(rows, page, pages)


def view_case(actor: Member, public_id: str) -> CaseView:
    """The case for a member of staff. Seeing messages of others is written down."""
    case = find_case(public_id)
    if case.message_id is not None:
        with transaction():
            record(actor, "conversation.view", about=case.member, thing=f"case:{case.public_id}")
        case = find_case(public_id)
    earlier = db.session.scalars(
        select(Decision)
        .where(Decision.member_id == case.member_id)
        .order_by(Decision.id.desc())
        .limit(EARLIER_SHOWN)
    ).all()
    return CaseView(
        case, _around(case.message), earlier, _count(Case, Case.member_id == case.member_id)
    )


def require_photo(public_id: str, name: str) -> None:
    """Raise NotFound unless a message that the case shows has this photo."""
    shown = _around(find_case(public_id).message)
    if name not in {photo.name for message in shown for photo in message.photos}:
        raise NotFound("photo")


def audit(page: int, *, who: str = "", about: str = "", action: str = "") -> Page[AuditEvent]:
    """What staff did, the latest first; ``who`` and ``about`` are public ids of members."""
    filters: list[ColumnElement[bool]] = []
    for column, public_id in ((AuditEvent.actor_id, who), (AuditEvent.member_id, about)):
        if public_id:
            filters.append(column.in_(select(Member.id).where(Member.public_id == public_id)))
    if action:
        filters.append(AuditEvent.action == action)
    pages = max(1, -(-_count(AuditEvent, *filters) // AUDIT_PER_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.scalars(
        select(AuditEvent)
        .where(*filters)
        .order_by(AuditEvent.id.desc())
        .limit(AUDIT_PER_PAGE)
        .offset((page - 1) * AUDIT_PER_PAGE)
    ).all()
    return Page(rows, page, pages)


def members_of(rows: Sequence[AuditEvent]) -> dict[int, Member]:
    """Those who are named in the rows, by their key."""
    ids = {row.actor_id for row in rows} | {row.member_id for row in rows}
    found = db.session.scalars(select(Member).where(Member.id.in_(ids - {None})))
    return {member.id: member for member in found}


def audited_actions() -> Sequence[str]:
    """Every action that there is a record of."""
    return db.session.scalars(
        select(AuditEvent.action).distinct().order_by(AuditEvent.action)
    ).all()


def audited_staff() -> Sequence[Member]:
    """Everybody who did something that there is a record of."""
    acted = select(AuditEvent.actor_id).distinct()
    return db.session.scalars(
        select(Member).where(Member.id.in_(acted)).order_by(Member.name)
    ).all()


def standing_decisions(member: Member) -> Sequence[Decision]:
    """What was decided about a member and still has an effect, the latest first."""
    rows = db.session.scalars(
        select(Decision)
        .where(
            Decision.member_id == member.id,
            Decision.undone_at.is_(None),
            Decision.action.in_(("hide_listing", "decline_listing", "pause")),
        )
        .order_by(Decision.id.desc())
        .limit(EARLIER_SHOWN)
    )
    return [one for one in rows if one.is_in_force]


def decision_about(listing: Listing) -> Decision | None:
    """Why a listing is hidden or was sent back; None when it is neither."""
    return db.session.scalar(
        select(Decision)
        .where(
            Decision.listing_id == listing.id,
            Decision.undone_at.is_(None),
            Decision.action.in_(("hide_listing", "decline_listing")),
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )


def _around(message: Message | None) -> Sequence[Message]:
    if message is None:
        return ()
    same = Message.conversation_id == message.conversation_id
    before = db.session.scalars(
        select(Message)
        .where(same, Message.id < message.id)
        .order_by(Message.id.desc())
        .limit(AROUND)
    ).all()
    after = db.session.scalars(
        select(Message).where(same, Message.id > message.id).order_by(Message.id).limit(AROUND)
    ).all()
    return [*reversed(before), message, *after]


def _count(table: type, *where: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0
