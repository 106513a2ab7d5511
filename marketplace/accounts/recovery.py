"""Recovery codes: made, handed out in person, and used once for a new password.

A code has 100 random bits, so that it needs no slow hash and no limit of tries per account, which
strangers could use up. Known and unknown names cost the same: one query and nothing else.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from marketplace.accounts import account_events, codes, passwords, rules
from marketplace.accounts.credentials import set_password
from marketplace.accounts.models import Credential, Member, RecoveryCode
from marketplace.accounts.sign_ins import end_all_sign_ins
from marketplace.db import changed, db, transaction, utcnow
from marketplace.errors import Conflict, Invalid

HANDED_OUT_FOR = timedelta(hours=24)
_OWN = RecoveryCode.expires_at.is_(None)


def make_code(member: Member, *, given_by: Member | None = None) -> str:
    """A new code of the member, in the caller's transaction; the older one of its kind ends.

    The member's own works until it is used or replaced, one that staff (``given_by``) hand out
    for a day. It is returned in groups, and stored nowhere.
    """
    now = utcnow()
    same_kind = ~_OWN if given_by else _OWN
    db.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.member_id == member.id, same_kind, RecoveryCode.ended_at.is_(None))
        .values(ended_at=now)
    )
    code = "".join(secrets.choice(codes.ALPHABET) for _ in range(codes.LENGTH))
    db.session.add(
        RecoveryCode(
            member_id=member.id,
            code_hash=_hash(code),
            given_by_id=given_by.id if given_by else None,
            created_at=now,
            expires_at=now + HANDED_OUT_FOR if given_by else None,
        )
    )
    return codes.grouped(code)


def recover(login: str, code: str, password: str) -> tuple[Member, str]:
    """Set a new password with a code; returns the member and a fresh code of hers.

    ``login`` is normalised. Every sign-in ends, and the code is used up. Raises Invalid when the
    password will not do (the code then still works), Conflict when name and code do not belong
    together, the code was used or its time is over.
    """
    problems = rules.check_password(password, login)
    if problems:
        raise Invalid(problems)
    found = db.session.execute(_usable(login, code)).first()
    if found is None:
        raise Conflict("code_wrong")
    row, member = found
    problems = rules.check_password(password, member.name, login)
    if problems:
        raise Invalid(problems)
    secret_hash = passwords.hash_password(password)
    with transaction():
        if member.erased_at is not None or not _use(row):
            raise Conflict("code_wrong")
        set_password(member, secret_hash)
        end_all_sign_ins(member)
        account_events.note(member, "recovered_by_code")
        return member, make_code(member)


def has_code(member: Member) -> bool:
    """Whether the member has a code of her own that still works."""
    mine = select(RecoveryCode.id).where(
        RecoveryCode.member_id == member.id, _OWN, *_living(utcnow())
    )
    return db.session.scalar(mine.limit(1)) is not None


def _usable(login: str, code: str) -> Any:
    return (
        select(RecoveryCode, Member)
        .join(Member, Member.id == RecoveryCode.member_id)
        .join(Credential, Credential.member_id == RecoveryCode.member_id)
        .where(
            RecoveryCode.code_hash == _hash(codes.normal_code(code)),
            Credential.login == login,
            Member.erased_at.is_(None),
            *_living(utcnow()),
        )
    )


def _use(row: RecoveryCode) -> bool:
    """Use it up; False when somebody else was faster or its time is over."""
    now = utcnow()
    using = update(RecoveryCode).where(RecoveryCode.id == row.id, *_living(now))
    return changed(using.values(ended_at=now)) == 1


def _hash(code: str) -> str:
    """SHA-256 is enough for 100 random bits."""
    return hashlib.sha256(code.encode()).hexdigest()


def _living(now: datetime) -> tuple[Any, ...]:
    in_time = or_(RecoveryCode.expires_at.is_(None), now < RecoveryCode.expires_at)
    return RecoveryCode.ended_at.is_(None), in_time
