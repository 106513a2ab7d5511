"""Telling members by mail, unless they turned the topic off."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.errors import Conflict, NotFound
from marketplace.mail import OutgoingMail, queue_mail
from marketplace.notifications.links import off_token, read_off_token
from marketplace.notifications.models import TOPICS, Preference

ALWAYS_ON = "account"
CHOOSABLE = ("message",)  # the topics of which this site writes mail today, besides account


def notify(
    member: Member,
    topic: str,
    kind: str,
    params: Mapping[str, Any] | None = None,
    *,
    link: str = "",
) -> OutgoingMail | None:
    """Tell ``member`` of something, in the caller's transaction when there is one.

    ``kind`` names the mail template; ``link`` is the path of this site where to act on it.
    Returns None when nothing goes out: the topic is off, or there is no confirmed address.
    ``name`` is always among the template's parameters. Raises ValueError for an unknown topic.
    """
    if topic not in TOPICS:
        raise ValueError(topic)
    with transaction():
        if not member.email or member.email_confirmed_at is None or member.erased_at is not None:
            return None
        if not is_on(member, topic):
            return None
        return queue_mail(
            kind,
            to=member.email,
            to_name=member.name,
            language=member.language,
            params={"name": member.name, "link": link} | dict(params or {}),
            unsubscribe_token=None if topic == ALWAYS_ON else off_token(member, topic),
        )


def is_on(member: Member, topic: str) -> bool:
    """Whether ``member`` gets mail about ``topic``."""
    return topic == ALWAYS_ON or topic not in _off_topics(member)


def preferences(member: Member) -> dict[str, bool]:
    """The topics that can be chosen, each with whether it is on."""
    off = _off_topics(member)
    return {topic: topic not in off for topic in CHOOSABLE}


def set_preferences(actor: Member, on: set[str]) -> None:
    """Turn the choosable topics in ``on`` on and the others off."""
    with transaction():
        for topic in CHOOSABLE:
            _write(actor, topic, topic in on)


def topic_of_link(token: str) -> tuple[Member, str]:
    """Whom and what an off link is about. Raises NotFound for one that we did not make."""
    public_id, topic = token.split(".")[:2] if token.count(".") == 2 else ("", "")
    member = db.session.scalar(
        select(Member).where(Member.public_id == public_id, Member.erased_at.is_(None))
    )
    if member is None or topic not in TOPICS or not read_off_token(member, token):
        raise NotFound("link")
    return member, topic


def turn_by_link(token: str, on: bool) -> None:
    """Turn the link's topic off or on again. Doing it twice changes nothing more."""
    with transaction():
        member, topic = topic_of_link(token)
        if topic == ALWAYS_ON:
            raise Conflict("topic_stays_on")
        _write(member, topic, on)


def _off_topics(member: Member) -> set[str]:
    rows = select(Preference.topic).where(
        Preference.member_id == member.id, Preference.channel == "off"
    )
    return set(db.session.scalars(rows))


def _write(member: Member, topic: str, on: bool) -> None:
    row = db.session.scalar(
        select(Preference).where(Preference.member_id == member.id, Preference.topic == topic)
    )
    if row is None:
        row = Preference(member_id=member.id, topic=topic)
        db.session.add(row)
    row.channel = "mail" if on else "off"
