"""Leaving, and coming back within the days of grace; copies of one's data and how many are left."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import func, select, update

from marketplace.accounts import audit
from marketplace.accounts.models import Consent, Credential, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid
from marketplace.notifications.service import notify
from marketplace.permissions import require
from marketplace.privacy import rules
from marketplace.privacy.erasure import leaving_with, rows_of
from marketplace.privacy.models import DataExport, ErasureRequest


def ask_erasure(actor: Member) -> datetime:
    """Let the days of grace begin: posts and profile are hidden at once, and a mail says until
    when she may come back. Asking again changes nothing. Returns when she is erased."""
    with transaction():
        require(actor, "member.leave", actor)
        return _begin_leaving(actor, "member", utcnow())


def ask_erasure_for(member: Member, reason: str) -> datetime:
    """The same by the operator, for a request that came by letter; audited."""
    with transaction():
        if member.erased_at is not None:
            raise Conflict("member_erased")
        audit.record(None, "member.leave", about=member, reason=reason)
        return _begin_leaving(member, "operator", utcnow())


def _begin_leaving(member: Member, asked_by: str, now: datetime) -> datetime:
    if member.erase_after is not None:
        return member.erase_after
    member.erase_after = rules.erase_after(now)
    db.session.add(
        ErasureRequest(
            member_id=member.id, asked_by=asked_by, asked_at=now, erase_after=member.erase_after
        )
    )
    day = member.erase_after.astimezone(ZoneInfo(member.zone)).date()
    words = {"day": format_date(day, "d MMMM yyyy", locale=member.language)}
    notify(member, "account", "account_leaving", words, link="/account/deletion")
    return member.erase_after


def keep_account(actor: Member) -> None:
    """Come back: everything is shown again as it was. Conflict when nothing was asked for."""
    with transaction():
        require(actor, "member.leave", actor)
        if actor.erase_after is None:
            raise Conflict("not_leaving")
        actor.erase_after = None
        db.session.execute(
            update(ErasureRequest)
            .where(ErasureRequest.member_id == actor.id, ErasureRequest.outcome == "")
            .values(outcome="kept", ended_at=utcnow())
        )
        notify(actor, "account", "account_kept", link="/account/data")


def copies_left(member: Member) -> int:
    """How many copies of their data the member may still get today."""
    return rules.copies_left(_copies_lately(member))


def begin_copy(actor: Member) -> int:
    """Note that the actor takes a copy, before it is made; its id. Invalid beyond today's."""
    with transaction() as session:
        require(actor, "member.copy", actor)
        session.get(Member, actor.id, with_for_update=True)  # one at a time counts
        if problems := rules.check_copy(_copies_lately(actor)):
            raise Invalid(problems)
        return _note_copy(actor)


def begin_copy_for(member: Member, reason: str) -> int:
    """The same by the operator, for a request that came by letter; audited, without a limit."""
    with transaction():
        if member.erased_at is not None:
            raise Conflict("member_erased")
        audit.record(None, "member.copy", about=member, reason=reason)
        return _note_copy(member)


def _note_copy(member: Member) -> int:
    row = DataExport(member_id=member.id)
    db.session.add(row)
    db.session.flush()
    return row.id


def end_copy(number: int, size_bytes: int) -> None:
    """Note how large the copy became."""
    with transaction() as session:
        session.get_one(DataExport, number).size_bytes = size_bytes


def _copies_lately(member: Member) -> int:
    lately = select(func.count(DataExport.id)).where(
        DataExport.member_id == member.id, DataExport.made_at > utcnow() - rules.COPIES_WITHIN
    )
    return db.session.scalar(lately) or 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a member, as the page shows it: numbers, and what she agreed to."""

    posts: int
    photos: int
    conversations: int
    sign_ins: int
    consents: list[Consent]
    copies_left: int


def kept(member: Member) -> Kept:
    """What is kept of the member, in numbers."""

    def count(table: str) -> int:
        rows = select(func.count()).select_from(db.metadata.tables[table])
        return db.session.scalar(rows.where(rows_of(table, member.id))) or 0

    agreed = select(Consent).where(Consent.member_id == member.id).order_by(Consent.agreed_at)
    return Kept(
        count("listings"),
        count("photos"),
        count("conversations"),
        count("sign_ins"),
        list(db.session.scalars(agreed)),
        copies_left(member),
    )


def helped_by(member: Member) -> list[str]:
    """Names of the people whom the member helps and who leave with her."""
    return [one.name for one in leaving_with(member)]


def has_password(member: Member) -> bool:
    """Whether there is a password to ask for; demo members come in by a button."""
    credential = select(Credential.id).where(Credential.member_id == member.id).limit(1)
    return not member.is_demo and db.session.scalar(credential) is not None
