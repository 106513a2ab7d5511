"""Telling members: the one place that writes news and decides what becomes of them by mail.

News are rows in the caller's transaction, so they exist exactly when what they tell of does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, distinct, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.db import changed, db, is_postgresql, new_public_id, transaction, utcnow
from marketplace.errors import NotFound
from marketplace.mail import queue_mail
from marketplace.notifications import rules
from marketplace.notifications.choices import channels, has_address, hours_of
from marketplace.notifications.links import off_token
from marketplace.notifications.models import Notification

ELSEWHERE = "message"  # told of among the messages themselves, and counted there
PER_PAGE = 20
FEW = 3  # on my page


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of news as its member sees it; ``is_new`` until it was shown once."""

    public_id: str
    topic: str
    kind: str
    params: Mapping[str, Any]
    link: str
    created_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail about a piece of news holds besides its params; ``off``: instead of the link
    that turns its topic off."""

    params: Mapping[str, Any] = field(default_factory=dict)
    off: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """A page of news, newest first; pages count from 1."""

    lines: list[Line]
    page: int
    pages: int


def notify(
    member: Member,
    topic: str,
    kind: str,
    params: Mapping[str, Any] | None = None,
    *,
    link: str = "",
    once: str | None = None,
    by_mail: bool = True,
    in_mail: Mapping[str, Any] | None = None,
    off: str | None = None,
) -> Notification | None:
    """Tell ``member`` of something, in the caller's transaction when there is one.

    ``kind`` names the sentence in ``wording.NEWS`` and the mail template; both get ``params``, the
    template also ``name`` and ``link``: the path of this site where to act. With ``once`` the same
    is told to a member one time only; without ``by_mail`` on the site alone. A sentence that names
    what somebody else wrote carries its public id as ``params["about"]``, for ``take_back``.
    ``in_mail``: further params of a mail that leaves at once, kept nowhere else; ``off``: the token
    of a link that turns off less than the topic.
    Returns None when nothing was written: told before, or the member is gone. Raises ValueError for
    an unknown topic, kind, or a link that is no path.
    """
    if topic not in rules.TOPICS or kind not in wording.NEWS or link[:1] not in ("", "/"):
        raise ValueError(f"{topic} {kind} {link}")
    with transaction():
        if member.erased_at is not None:
            return None
        now = utcnow()
        row = _insert(
            member_id=member.id,
            topic=topic,
            kind=kind,
            params=dict(params or {}),
            link=link,
            once=once,
            created_at=now,
            mail=rules.NONE,
            mail_reason="",
        )
        if row is not None:
            decided = rules.decide(topic, _reader(member, topic, now), now)
            here = rules.Decision(rules.NONE, "here")
            carry_out(row, member, decided if by_mail else here, Mail(in_mail or {}, off))
        return row


def _insert(**values: Any) -> Notification | None:
    """The new row; None when the member has one of the same ``once``."""
    insert: Any = postgresql.insert if is_postgresql() else sqlite.insert
    statement = (
        insert(Notification)
        .values(public_id=new_public_id(), **values)
        .on_conflict_do_nothing(index_elements=["member_id", "once"])
        .returning(Notification)
    )
    row: Notification | None = db.session.scalar(statement)
    return row


def take_back(posts: Select[str], member: Member | None = None) -> None:
    """Remove news that name these posts (or thanks) of others, by public ids, read or not, and with
    them the mail that waits; those of one member or of all. In the caller's transaction."""
    names_one = Notification.params["about"].as_string().in_(posts)
    of_whom = (Notification.member_id == member.id,) if member else ()
    changed(
        delete(Notification).where(names_one, *of_whom).execution_options(synchronize_session=False)
    )


def decide_again(row: Notification, now: datetime) -> None:
    """What becomes of mail that had to wait; in the caller's transaction."""
    member = row.member
    if row.seen_at is not None or member.erased_at is not None:
        reason = "seen" if member.erased_at is None else "erased"
        carry_out(row, member, rules.Decision(rules.NONE, reason))
        return
    carry_out(row, member, rules.decide(row.topic, _reader(member, row.topic, now), now))


def carry_out(
    row: Notification,
    member: Member,
    decision: rules.Decision,
    more: Mail = Mail(),
) -> None:
    """Write down what was decided and, when it is now, hand it to the outgoing mail."""
    row.mail, row.mail_reason, row.mail_due_at = decision.mail, decision.reason, decision.at
    if decision.mail == rules.MAILED:
        mail = queue_mail(
            row.kind,
            to=member.email or "",
            to_name=member.name,
            language=member.language,
            zone=member.zone,
            params={"name": member.name, "link": row.link, **row.params, **more.params},
            unsubscribe_token=more.off or _off_token(member, row.topic),
        )
        db.session.flush()
        row.mailed_at, row.mail_id = utcnow(), mail.id
    if row.topic == ELSEWHERE and decision.mail != rules.WAITING:
        row.params = {}  # what a neighbour wrote is kept in one place only


def _off_token(member: Member, topic: str) -> str | None:
    return None if topic == rules.ALWAYS_ON else off_token(member, topic)


def _reader(member: Member, topic: str, now: datetime) -> rules.Reader:
    today = rules.day_began(now, member.zone)
    mails_today = db.session.scalar(
        select(func.count(distinct(Notification.mail_id))).where(
            Notification.member_id == member.id,
            Notification.mailed_at >= today,
            Notification.topic != rules.ALWAYS_ON,
        )
    )
    return rules.Reader(
        has_address=has_address(member),
        is_paused=member.paused_at is not None or member.is_leaving,
        channel=channels(member)[topic],
        zone=member.zone,
        hours=hours_of(member),
        mails_today=mails_today or 0,
    )


def news(member: Member, page: int = 1) -> News:
    """A page of what the member was told, messages aside; it marks nothing as seen."""
    mine = select(Notification).where(*_own(member))
    total = db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.scalars(
        mine.order_by(Notification.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    ).all()
    return News([_line(row) for row in rows], page, pages)


def newest_unseen(member: Member) -> list[Line]:
    """The few newest that were not shown yet; they stay unseen."""
    rows = db.session.scalars(
        select(Notification)
        .where(*_own(member), Notification.seen_at.is_(None))
        .order_by(Notification.id.desc())
        .limit(FEW)
    )
    return [_line(row) for row in rows]


def unseen_count(member: Member) -> int:
    """How many news wait for the member, messages aside; one query."""
    return (
        db.session.scalar(
            select(func.count(Notification.id)).where(*_own(member), Notification.seen_at.is_(None))
        )
        or 0
    )


def open_news(actor: Member, public_id: str) -> str:
    """Where a piece of the actor's news leads; from now on it is seen. Raises NotFound."""
    link = db.session.scalar(
        select(Notification.link).where(
            Notification.public_id == public_id, Notification.member_id == actor.id
        )
    )
    if link is None:
        raise NotFound
    mark_seen(actor, {public_id})
    return link


def mark_seen(actor: Member, public_ids: Collection[str]) -> None:
    """Remember that these of the actor's news were shown."""
    if public_ids:
        _see(actor, Notification.public_id.in_(public_ids))


def mark_all_seen(actor: Member) -> None:
    _see(actor, *_own(actor))


def mark_link_seen(actor: Member, link: str) -> None:
    """The actor stands where ``link`` leads: what led there is seen, and no mail tells of it."""
    unseen = (Notification.member_id == actor.id, Notification.seen_at.is_(None))
    there = (Notification.link == link, *unseen)
    if db.session.scalar(select(Notification.id).where(*there).limit(1)) is not None:
        _see(actor, Notification.link == link)


def _see(actor: Member, *which: ColumnElement[bool]) -> None:
    with transaction():
        changed(
            update(Notification)
            .where(Notification.member_id == actor.id, Notification.seen_at.is_(None), *which)
            .values(seen_at=utcnow())
            .execution_options(synchronize_session=False)
        )


def _own(member: Member) -> tuple[ColumnElement[bool], ...]:
    return Notification.member_id == member.id, Notification.topic != ELSEWHERE


def _line(row: Notification) -> Line:
    return Line(
        row.public_id,
        row.topic,
        row.kind,
        row.params,
        row.link,
        row.created_at,
        row.seen_at is None,
    )
