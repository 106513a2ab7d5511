"""Changing what lets a member in: password, address, number, recovery code.

Every verb asks for the present password again, for a phone is left lying about, and leaves a
notice, for its member may not be the one who did it.
"""

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import (
    account_events,
    account_mail,
    logins,
    passwords,
    recovery,
    rules,
    tokens,
)
from marketplace.accounts.credentials import (
    find_credential,
    is_password_of,
    logins_of,
    set_password,
)
from marketplace.accounts.models import Credential, Member, OneTimeToken
from marketplace.accounts.sign_ins import end_other_sign_ins
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.permissions import require


def require_password(actor: Member, present: str) -> None:
    """Raise Invalid unless it is the actor's password."""
    if not is_password_of(actor, present):
        raise Invalid([Problem("present", "present_wrong")])


def phone_of(member: Member) -> str | None:
    """The number with which the member signs in."""
    return next(filter(logins.is_phone, logins_of(member)), None)


def change_password(actor: Member, present: str, new: str) -> None:
    """Set a new password; every other sign-in of the actor ends, this one stays. Raises Invalid."""
    require_password(actor, present)
    problems = rules.check_password(new, actor.name, *logins_of(actor))
    if problems:
        raise Invalid(problems)
    secret_hash = passwords.hash_password(new)
    with transaction():
        require(actor, "member.edit", actor)
        set_password(actor, secret_hash)
        end_other_sign_ins(actor, actor.sign_in_token)
        account_events.note(actor, "password_changed")


def new_code(actor: Member, present: str) -> str:
    """A new recovery code; the old one ends. Raises Invalid."""
    require_password(actor, present)
    with transaction():
        require(actor, "member.edit", actor)
        account_events.note(actor, "recovery_code_made")
        return recovery.make_code(actor)


def ask_email(actor: Member, present: str, email: str, *, may_mail: bool = True) -> None:
    """Send a link to a new address (normalised), which counts only when it is opened there.

    An address of another account gets a mail that says so, and the actor the same answer.
    ``may_mail`` False, when too many mails went there already: nothing is sent. Raises Invalid.
    """
    require_password(actor, present)
    problems = logins.check_email(email)
    if email == actor.email:
        problems.append(Problem("email", "email_same"))
    if problems:
        raise Invalid(problems)
    if not may_mail:
        return
    with transaction():
        require(actor, "member.edit", actor)
        other = find_credential(email)
        if other is not None and other.member_id != actor.id:
            account_mail.write(other.member, "already_member", {})
            return
        token = tokens.make_token(actor, "change_email", rules.CONFIRM_WITHIN, value=email)
        account_mail.write(actor, "confirm_new_email", {"token": token}, to=email)


def new_address(token: str) -> str | None:
    """The address that a link would make the member's; None when the link no longer works."""
    row = tokens.find_token(token, "change_email")
    return row.value if row is not None and tokens.is_usable(row, utcnow()) else None


def confirm_new_email(token: str) -> Member:
    """Make the new address count. The old one gets a mail that says so. Raises Conflict."""
    try:
        with transaction():
            row = tokens.find_token(token, "change_email")
            member = db.session.get(Member, row.member_id) if row else None
            if row is None or member is None or member.erased_at is not None:
                raise Conflict("link_used_up")
            taken = find_credential(row.value)
            if not tokens.use_token(row) or (taken and taken.member_id != member.id):
                raise Conflict("link_used_up")
            _move_address(member, row)
            return member
    except IntegrityError:  # somebody signed up with it at the same moment
        raise Conflict("link_used_up") from None


def change_phone(actor: Member, present: str, phone: str) -> None:
    """Sign in with another number (normalised) from now on; empty: with none.

    Raises Invalid, also for the last name that a member has, and for a number that is taken.
    """
    require_password(actor, present)
    if not phone and actor.email is None:
        raise Invalid([Problem("phone", "phone_needed")])
    problems = logins.check_phone(phone) if phone else []
    if problems:
        raise Invalid(problems)
    try:
        with transaction():
            require(actor, "member.edit", actor)
            _move_login(actor, phone_of(actor), phone)
            account_events.note(actor, "phone_changed")
    except IntegrityError:
        raise Invalid([Problem("phone", "phone_taken")]) from None


def _move_address(member: Member, row: OneTimeToken) -> None:
    old = member.email
    _move_login(member, old, row.value)
    member.email, member.email_confirmed_at = row.value, utcnow()
    for purpose in ("reset_password", "confirm_email"):  # they lie in the old mailbox
        tokens.end_tokens(member, purpose)
    account_events.note(member, "email_changed")
    if old and old != row.value:
        account_mail.write(member, "email_replaced", {}, to=old)


def _move_login(member: Member, old: str | None, new: str) -> None:
    """Replace one name by another, add it, or (``new`` empty) drop it; the password stays."""
    mine = Credential.member_id == member.id
    row = db.session.scalar(select(Credential).where(mine, Credential.login == (old or "")))
    if not new:
        db.session.execute(delete(Credential).where(mine, Credential.login == old))
    elif row is not None:
        row.login = new
    else:
        present = db.session.scalars(select(Credential.secret_hash).where(mine).limit(1)).one()
        db.session.add(Credential(member_id=member.id, login=new, secret_hash=present))
    db.session.flush()
