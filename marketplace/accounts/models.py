"""Members and what lets them in: credentials, sign-ins, consents, one-time tokens, blocks."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.places.models import PlaceMixin, place_constraints

DEFAULT_REACH_KM = 10


def new_link_key() -> str:
    """A random key (128 bits, hex) that signs the links in one member's mail."""
    return secrets.token_hex(16)


AWAY = text("erased_at IS NULL AND coalesce(erase_after, paused_at, suspended_at) IS NOT NULL")


class Member(PlaceMixin, db.Model):
    """Somebody who can own things here: a person, a person who is helped, an organisation."""

    __tablename__ = "members"
    __table_args__ = (
        *place_constraints("members"),
        CheckConstraint("type IN ('person', 'helped', 'organisation')", name="type"),
        Index("ix_members_away", "id", sqlite_where=AWAY, postgresql_where=AWAY),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    type: Mapped[str] = mapped_column(String(12), default="person")
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    language: Mapped[str] = mapped_column(String(2), default="id")
    bio: Mapped[str] = mapped_column(Text, default="")
    reach_km: Mapped[int] = mapped_column(Integer, default=DEFAULT_REACH_KM)
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    adult_stated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    last_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    erase_after: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # paused by staff
    suspended_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    warned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    photo_name: Mapped[str] = mapped_column(String(40), default="")
    languages_spoken: Mapped[list[str]] = mapped_column(JSON, default=list)
    link_key: Mapped[str] = mapped_column(String(32), default=new_link_key)
    # Whether the profile says how often what she gave went on.
    shows_passing_on: Mapped[bool] = mapped_column(default=False)

    sign_in_token = ""  # of the present request, set by accounts.login; never stored
    is_authenticated = is_active = True
    is_anonymous = False

    @hybrid_property
    def is_confirmed(self) -> bool:
        """Whether this is a member for others too. The only definition.

        Only an address can wait for its confirmation: who signs in by number has none, and people
        who are helped and organisations are vouched for by somebody else.
        """
        waits = self.type == "person" and self.email is not None
        return not waits or self.email_confirmed_at is not None

    @is_confirmed.inplace.expression
    @classmethod
    def _is_confirmed(cls) -> ColumnElement[bool]:
        return or_(cls.type != "person", cls.email.is_(None), cls.email_confirmed_at.is_not(None))

    @classmethod
    def shows_posts(cls) -> ColumnElement[bool]:
        """SQL: neither gone, nor about to go, nor pausing; others have no post on show."""
        stays = and_(cls.erased_at.is_(None), cls.erase_after.is_(None))
        return and_(stays, cls.paused_at.is_(None), ~cls.suspended_at_time(utcnow()))

    @classmethod
    def hides_posts(cls) -> ColumnElement[bool]:
        """SQL: not gone, yet no post on show; worded so that the index of these few serves."""
        since = func.coalesce(cls.erase_after, cls.paused_at, cls.suspended_at)
        return and_(cls.erased_at.is_(None), since.is_not(None), ~cls.shows_posts())

    @property
    def is_leaving(self) -> bool:
        """Asked for deletion and may still come back; told of nothing but her account."""
        return self.erase_after is not None and self.erased_at is None

    @classmethod
    def staff_here(cls) -> tuple[ColumnElement[bool], ...]:
        """SQL: is the member of staff, and here."""
        return cls.is_staff.is_(True), cls.erased_at.is_(None)

    def set_staff(self, whether: bool) -> bool:
        """Make the member staff, or no longer; whether that changed anything."""
        before, self.is_staff = self.is_staff, whether
        return before != whether

    def get_id(self) -> str:
        """What flask-login keeps in the cookie: the token of this sign-in, never the row's id."""
        return self.sign_in_token

    @classmethod
    def suspended_at_time(cls, now: datetime) -> ColumnElement[bool]:
        """SQL: is the member paused by staff at ``now``. It ends by itself."""
        not_over = or_(cls.suspended_until.is_(None), cls.suspended_until > now)
        return and_(cls.suspended_at.is_not(None), not_over)

    @property
    def is_suspended(self) -> bool:
        """The same as ``suspended_at_time``, for a loaded row and now."""
        if self.suspended_at is None:
            return False
        return self.suspended_until is None or self.suspended_until > utcnow()


class MemberSkill(db.Model):
    """What a member can do for others (offer) or would like to learn or get help with (request).

    A weak standing offer or request: ``matching`` reads it and never shows it as a post.
    ``matched_at``: since when its matches are those of its present text and place; ``reading``: the
    name of the way in which its text was read for them.
    """

    __tablename__ = "member_skills"
    __table_args__ = (
        CheckConstraint("direction IN ('offer', 'request')", name="direction"),
        Index("ix_member_skills_matched_at_id", "matched_at", "id"),
        Index("ix_member_skills_reading", "reading"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    direction: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    matched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reading: Mapped[str] = mapped_column(String(16), default="", server_default="")
    member: Mapped[Member] = relationship()


class Credential(db.Model):
    """A way to prove who one is; ``login`` is the normalised name typed at sign-in.

    A member may have two names, an address and a number; both have the one password.
    """

    __tablename__ = "credentials"
    __table_args__ = (UniqueConstraint("kind", "login"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12), default="password")
    login: Mapped[str] = mapped_column(String(254))
    secret_hash: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    member: Mapped[Member] = relationship()


class SignIn(db.Model):
    """One log-in on one device. Only the hash of its token is here; ending it is immediate."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    member: Mapped[Member] = relationship()


class Consent(db.Model):
    """What a member agreed to: which text, in which version and language, when."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    agreed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class OneTimeToken(db.Model):
    """A link sent by mail that works once; only its hash is stored."""

    __tablename__ = "one_time_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    value: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ResetRequest(db.Model):
    """Somebody typed this address to get a new password; a sweep answers, and deletes the row."""

    __tablename__ = "reset_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))


class RecoveryCode(db.Model):
    """A code that sets a new password once; only its hash is stored.

    ``given_by_id``: the member of staff who handed it out in person, else it is the member's own.
    """

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AccountEvent(db.Model):
    """Something about an account that its member has to be told; a sweep does it."""

    __tablename__ = "account_events"
    __table_args__ = (Index("ix_account_events_told_at_id", "told_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Block(db.Model):
    """``blocker`` wants nothing to do with ``blocked``; it works both ways and silently."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("blocker_id", "blocked_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    blocker_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    blocked_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class AuditEvent(db.Model):
    """Something that staff, or the operator by a command (no actor), did. Never changed."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    action: Mapped[str] = mapped_column(String(40))
    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    thing: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
