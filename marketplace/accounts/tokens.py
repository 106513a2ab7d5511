"""Links that work once: random, hashed in the database, with an end.

Making and using stand inside the caller's transaction.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from marketplace.accounts.models import Member, OneTimeToken
from marketplace.db import changed, db, utcnow

TOKEN_BYTES = 32


def hash_token(token: str) -> str:
    """SHA-256 of a random token; it has 256 bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token(member: Member, purpose: str, lives: timedelta, *, value: str = "") -> str:
    """A new token for ``value``, else the member's present address; older ones of it end."""
    end_tokens(member, purpose)
    token, now = secrets.token_urlsafe(TOKEN_BYTES), utcnow()
    row = OneTimeToken(
        member_id=member.id,
        purpose=purpose,
        token_hash=hash_token(token),
        value=value or member.email or "",
        created_at=now,
        expires_at=now + lives,
    )
    db.session.add(row)
    return token


def end_tokens(member: Member, purpose: str) -> None:
    """No older link of this purpose works any longer."""
    now = utcnow()
    db.session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.member_id == member.id,
            OneTimeToken.purpose == purpose,
            OneTimeToken.used_at.is_(None),
            now < OneTimeToken.expires_at,
        )
        .values(expires_at=now)
    )


def find_token(token: str, purpose: str) -> OneTimeToken | None:
    """The row of a token, used up or not."""
    return db.session.scalar(
        select(OneTimeToken).where(
            OneTimeToken.token_hash == hash_token(token), OneTimeToken.purpose == purpose
        )
    )


def is_usable(row: OneTimeToken | None, now: datetime) -> bool:
    return row is not None and row.used_at is None and now < row.expires_at


def use_token(row: OneTimeToken) -> bool:
    """Use it up; False when somebody else was faster or its time is over."""
    now = utcnow()
    usable = (
        OneTimeToken.id == row.id,
        OneTimeToken.used_at.is_(None),
        now < OneTimeToken.expires_at,
    )
    return changed(update(OneTimeToken).where(*usable).values(used_at=now)) == 1
