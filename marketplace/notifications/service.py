"""Telling members: the one place that writes news and decides what becomes of them by mail.

News are rows in the caller's transaction, so they exist exactly when what they tell of does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, distinct, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.db import changed, db, is_postgresql, new_public_id, transaction, utcnow
from marketplace.errors import Conflict, NotFound
from marketplace.mail import queue_mail
from marketplace.notifications import rules
from marketplace.notifications.links import off_token, read_off_token
from marketplace.notifications.models import MailHours, Notification, Preference

CHOOSABLE = ("message",)  # the topics of which this site tells today, besides account
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
) -> Notification | None:
    """Tell ``member`` of something, in the caller's transaction when there is one.

    ``kind`` names the sentence in ``wording.NEWS`` and the mail template; both get ``params``, the
    template also ``name`` and ``link``: the path of this site where to act. With ``once`` the same
    is told to a member one time only. Returns None when nothing was written: told before, or the
    member is gone. Raises ValueError for an unknown topic, kind, or a link that is no path.
    """
    if topic not in rules.TOPICS or kind not in wording.NEWS or link[:1] not in ("", "/"):
        raise ValueError(f"{topic} {kind} {link}")
    with transaction():
        if member.erased_at is not None:
            return None
        now = utcnow()
        decision = rules.decide(topic, _reader(member, topic, now), now)
        row = _insert(
            member_id=member.id,
            topic=topic,
            kind=kind,
            params=dict(params or {}),
            link=link,
            once=once,
            created_at=now,
            mail=decision.mail,
            mail_reason=decision.reason,
            mail_due_at=decision.at,
        )
        if row is not None and decision.mail == rules.MAILED:
            mail_now(row, member)
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


def mail_now(row: Notification, member: Member) -> None:
    """Hand one piece of news to the outgoing mail, in the caller's transaction."""
    mail = queue_mail(
        row.kind,
        to=member.email or "",
        to_name=member.name,
        language=member.language,
        params={"name": member.name, "link": row.link} | row.params,
        unsubscribe_token=None if row.topic == rules.ALWAYS_ON else off_token(member, row.topic),
    )
    db.session.flush()
    row.mail, row.mail_due_at, row.mailed_at, row.mail_id = rules.MAILED, None, utcnow(), mail.id
    if row.topic == ELSEWHERE:
        row.params = {}  # what a neighbour wrote is kept in one place only


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
        has_address=bool(member.email and member.email_confirmed_at),
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


def channels(member: Member) -> dict[str, str]:
    """The channel of every topic."""
    rows = db.session.scalars(select(Preference).where(Preference.member_id == member.id))
    return rules.USUALLY | {row.topic: row.channel for row in rows}


def hours_of(member: Member) -> rules.Hours:
    """When the member wants mail."""
    row = db.session.get(MailHours, member.id)
    return row.hours() if row else rules.Hours()


def is_on(member: Member, topic: str) -> bool:
    """Whether ``member`` gets mail about ``topic``, at once or in the digest."""
    return channels(member)[topic] != rules.HERE


def set_channels(actor: Member, wanted: Mapping[str, str]) -> None:
    """Choose the channel of the topics in ``wanted``; those that are not choosable are ignored."""
    with transaction():
        for topic in set(CHOOSABLE) & wanted.keys():
            _write(actor, topic, wanted[topic])


def topic_of_link(token: str) -> tuple[Member, str]:
    """Whom and what an off link is about. Raises NotFound for one that we did not make."""
    public_id, topic = token.split(".")[:2] if token.count(".") == 2 else ("", "")
    member = db.session.scalar(
        select(Member).where(Member.public_id == public_id, Member.erased_at.is_(None))
    )
    if member is None or topic not in rules.TOPICS or not read_off_token(member, token):
        raise NotFound("link")
    return member, topic


def turn_by_link(token: str, on: bool) -> None:
    """Turn the link's topic off or on again. Doing it twice changes nothing more."""
    with transaction():
        member, topic = topic_of_link(token)
        if topic == rules.ALWAYS_ON:
            raise Conflict("topic_stays_on")
        if not on:
            _write(member, topic, rules.HERE)
        elif not is_on(member, topic):
            _write(member, topic, rules.AT_ONCE)


def _write(member: Member, topic: str, channel: str) -> None:
    row = db.session.scalar(
        select(Preference).where(Preference.member_id == member.id, Preference.topic == topic)
    )
    if row is None:
        row = Preference(member_id=member.id, topic=topic)
        db.session.add(row)
    row.channel = channel
