"""Sign-ins as rows: begun, seen, ended. Only hashes of their tokens are stored."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from marketplace.accounts import account_events
from marketplace.accounts.models import Member, SignIn
from marketplace.accounts.rules import device_summary
from marketplace.accounts.tokens import TOKEN_BYTES, hash_token
from marketplace.db import changed, db, transaction, utcnow
from marketplace.errors import NotFound

IDLE_LIMIT = timedelta(days=30)
ABSOLUTE_LIMIT = timedelta(days=180)
LAST_SEEN_EVERY = timedelta(minutes=10)  # each write costs an fsync
USER_AGENT_MAX = 200


def begin_sign_in(member: Member, user_agent: str, *, new_device: bool = False) -> str:
    """Begin a sign-in of ``member``; returns its token, which is stored nowhere.

    With ``new_device`` she is told, unless it is her first sign-in ever.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction() as session:
        if new_device and _has_signed_in(member):
            browser, system = device_summary(user_agent)
            account_events.note(member, "new_device", browser=browser, system=system)
        session.add(
            SignIn(
                token_hash=hash_token(token),
                member_id=member.id,
                user_agent=user_agent[:USER_AGENT_MAX],
            )
        )
    return token


def _has_signed_in(member: Member) -> bool:
    ever = select(SignIn.id).where(SignIn.member_id == member.id).limit(1)
    return db.session.scalar(ever) is not None


def find_sign_in(token: str) -> SignIn | None:
    """The living sign-in of a token, or None when it ended, was idle too long or is too old."""
    return db.session.scalar(
        select(SignIn)
        .join(SignIn.member)
        .where(SignIn.token_hash == hash_token(token), *_living(), Member.erased_at.is_(None))
    )


def living_sign_ins(actor: Member) -> Sequence[SignIn]:
    """The actor's living sign-ins, the one seen last first."""
    return db.session.scalars(
        select(SignIn)
        .where(SignIn.member_id == actor.id, *_living())
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
    ).all()


def mark_seen(token: str) -> None:
    """Write that the sign-in was used, at most every ten minutes."""
    now = utcnow()
    with transaction() as session:
        row = find_sign_in(token)
        if row is not None and now - row.last_seen_at >= LAST_SEEN_EVERY:
            row.last_seen_at = now
            member = session.get_one(Member, row.member_id)
            member.last_seen_at = now


def end_sign_in(actor: Member, public_id: str) -> SignIn:
    """End one of the actor's sign-ins, at once. Raises NotFound when it is not the actor's."""
    with transaction():
        row = db.session.scalar(
            select(SignIn).where(SignIn.public_id == public_id, SignIn.member_id == actor.id)
        )
        if row is None:
            raise NotFound("sign-in")
        row.ended_at = row.ended_at or utcnow()
    return row


def end_token(token: str) -> None:
    """End the sign-in of this token, if there is one."""
    with transaction():
        _end(SignIn.token_hash == hash_token(token))


def end_other_sign_ins(actor: Member, token: str) -> int:
    """End all of the actor's sign-ins but the one of ``token``; returns how many."""
    with transaction():
        return _end(SignIn.member_id == actor.id, SignIn.token_hash != hash_token(token))


def end_all_sign_ins(member: Member) -> int:
    """End all, inside the caller's transaction; returns how many."""
    return _end(SignIn.member_id == member.id)


def _living() -> tuple[ColumnElement[bool], ...]:
    now = utcnow()
    return (
        SignIn.ended_at.is_(None),
        SignIn.last_seen_at > now - IDLE_LIMIT,
        SignIn.created_at > now - ABSOLUTE_LIMIT,
    )


def _end(*which: ColumnElement[bool]) -> int:
    ended = update(SignIn).where(*which, SignIn.ended_at.is_(None)).values(ended_at=utcnow())
    return changed(ended)
