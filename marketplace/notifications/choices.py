"""What mail a member chose to get, and the links that turn it off without signing in."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.notifications import rules
from marketplace.notifications.links import read_off_token
from marketplace.notifications.models import MailHours, Preference
from marketplace.permissions import allows

CHOOSABLE = (
    "message",
    "match",
    "promise",
    "reminder",
    "alert",
)  # the topics of which this site tells members today
FOR_STAFF = ("staff",)  # and those of which it tells staff alone
THE_DIGEST = "digest"  # stands for a topic in the links that turn mail off


def has_address(member: Member) -> bool:
    """Whether any mail reaches the member; who signs in by number may have no address."""
    return bool(member.email and member.email_confirmed_at)


def choosable(member: Member) -> tuple[str, ...]:
    """The topics of which the member may choose the channel."""
    return CHOOSABLE + (FOR_STAFF if allows(member, "staff.enter") else ())


def channels(member: Member) -> dict[str, str]:
    """The channel of every topic."""
    rows = db.session.scalars(select(Preference).where(Preference.member_id == member.id))
    return rules.USUALLY | {row.topic: row.channel for row in rows}


def hours_of(member: Member) -> rules.Hours:
    """When the member wants mail."""
    row = db.session.get(MailHours, member.id)
    return row.hours() if row else rules.Hours()


def is_on(member: Member, topic: str) -> bool:
    """Whether ``member`` gets mail about ``topic`` (or the digest), at once or gathered."""
    if topic == THE_DIGEST:
        return hours_of(member).has_digest
    return channels(member)[topic] != rules.HERE


def choose(actor: Member, wanted: Mapping[str, str], hours: rules.Hours) -> None:
    """Set the channels of the actor's choosable topics, and the hours. Raises Invalid."""
    chosen = {topic: wanted.get(topic, "") for topic in choosable(actor)}
    if problems := rules.check_choice(chosen, hours):
        raise Invalid(problems)
    with transaction():
        for topic, channel in chosen.items():
            _write(actor, topic, channel)
        _write_hours(actor, hours)


def off_link(token: str) -> tuple[Member, str]:
    """Whom and what an off link is about. Raises NotFound for one that we did not make."""
    public_id, topic = token.split(".")[:2] if token.count(".") == 2 else ("", "")
    member = db.session.scalar(
        select(Member).where(Member.public_id == public_id, Member.erased_at.is_(None))
    )
    known = topic in rules.TOPICS or topic == THE_DIGEST
    if member is None or not known or not read_off_token(member, token):
        raise NotFound("link")
    return member, topic


def turn_by_link(token: str, on: bool) -> None:
    """Turn the link's topic, or the digest, off or on again. Twice changes nothing more."""
    with transaction():
        member, topic = off_link(token)
        if topic == rules.ALWAYS_ON:
            raise Conflict("topic_stays_on")
        if topic == THE_DIGEST:
            _write_hours(member, replace(hours_of(member), has_digest=on))
        elif not on:
            _write(member, topic, rules.HERE)
        elif not is_on(member, topic):
            _write(member, topic, rules.USUALLY[topic])


def _write_hours(member: Member, hours: rules.Hours) -> None:
    row = db.session.get(MailHours, member.id) or MailHours(member_id=member.id)
    row.quiet_from, row.quiet_until = hours.quiet_from, hours.quiet_until
    row.digest_hour, row.has_digest = hours.digest_hour, hours.has_digest
    db.session.add(row)


def _write(member: Member, topic: str, channel: str) -> None:
    row = db.session.scalar(
        select(Preference).where(Preference.member_id == member.id, Preference.topic == topic)
    )
    if row is None:
        row = Preference(member_id=member.id, topic=topic)
        db.session.add(row)
    row.channel = channel
