"""Becoming a member: by an address that has to be confirmed, or by a number at once.

Whether an address is known goes by mail to its owner and to nobody else. A number cannot be
written to, so one that is taken has to be told; ``docs/security.md`` says what that costs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from marketplace.accounts import account_mail, passwords, recovery, rules, tokens
from marketplace.accounts.credentials import find_credential
from marketplace.accounts.models import Consent, Credential, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid
from marketplace.places import service as places
from marketplace.places.cells import Place


@dataclass(frozen=True, slots=True)
class Agreement:
    """A text that somebody agreed to, in the language in which it was shown."""

    text: str
    version: str
    language: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirmation link came to: confirmed, again, replaced, expired or unknown."""

    outcome: str
    member: Member | None = None


def sign_up(draft: rules.SignUpDraft, place: Place, agreements: Iterable[Agreement]) -> None:
    """Make an account that waits for its address to be confirmed, and send the link.

    Nobody can be in it before that. An address that already has a confirmed account gets a mail
    that says so; one that waits is filled anew and its older link ends, because whoever typed
    first may not own it. Raises Invalid.
    """
    secret_hash, agreed = _checked_hash(draft), list(agreements)
    try:
        _write_sign_up(draft, place, agreed, secret_hash)
    except IntegrityError:  # the same address at the same moment: now it is there
        _write_sign_up(draft, place, agreed, secret_hash)


def join_by_phone(
    draft: rules.SignUpDraft, place: Place, agreements: Iterable[Agreement]
) -> tuple[Member, str]:
    """Make an account that can be used at once; returns the member and the recovery code.

    The number proves nothing and unlocks nothing. Raises Invalid, or Conflict when an account
    has this number.
    """
    secret_hash, agreed = _checked_hash(draft), list(agreements)
    try:
        with transaction() as session:
            if find_credential(draft.login) is not None:
                raise Conflict("phone_taken")
            member = Member(name=draft.name)
            session.add(member)
            session.flush()
            session.add(Credential(member_id=member.id, login=draft.login, secret_hash=secret_hash))
            _fill(member, draft, place, agreed)
            return member, recovery.make_code(member)
    except IntegrityError:  # the same number at the same moment
        raise Conflict("phone_taken") from None


def _checked_hash(draft: rules.SignUpDraft) -> str:
    problems = rules.check_sign_up(draft)
    if problems:
        raise Invalid(problems)
    return passwords.hash_password(draft.password)


def _write_sign_up(
    draft: rules.SignUpDraft, place: Place, agreed: list[Agreement], secret_hash: str
) -> None:
    with transaction() as session:
        credential = find_credential(draft.login)
        if credential is None:
            member = Member(name=draft.name, email=draft.login)
            session.add(member)
            session.flush()
            credential = Credential(member_id=member.id, login=draft.login)
            session.add(credential)
        elif not credential.member.is_confirmed:
            member = credential.member
        else:
            account_mail.write(credential.member, "already_member", {})
            return
        credential.secret_hash, credential.changed_at = secret_hash, utcnow()
        _fill(member, draft, place, agreed)
        account_mail.write_confirmation(member)


def _fill(member: Member, draft: rules.SignUpDraft, place: Place, agreed: list[Agreement]) -> None:
    member.name, member.language = draft.name, draft.language
    member.adult_stated_at = utcnow()
    places.move(member, place)
    for text in agreed:
        db.session.add(
            Consent(
                member_id=member.id,
                text=text.text,
                version=text.version,
                language=text.language,
            )
        )


def resend_confirmation(email: str) -> None:
    """Send the link again to an address that waits for it; otherwise nothing."""
    with transaction():
        credential = find_credential(email)
        if credential is None:
            return
        if credential.member.is_confirmed:
            account_mail.write(credential.member, "already_member", {})
        else:
            account_mail.write_confirmation(credential.member)


def confirm_email(token: str) -> Confirmation:
    """Confirm the address that the link was sent to. Opening it again changes nothing."""
    with transaction():
        row = tokens.find_token(token, "confirm_email")
        if row is None:
            return Confirmation("unknown")
        member = db.session.get_one(Member, row.member_id)
        if member.erased_at is not None:
            return Confirmation("unknown")
        if row.used_at is not None:
            return Confirmation("again", member)
        if not tokens.use_token(row):
            if member.email_confirmed_at is not None:
                return Confirmation("again", member)
            replaced = row.expires_at - row.created_at < rules.CONFIRM_WITHIN
            return Confirmation("replaced" if replaced else "expired")
        member.email_confirmed_at = member.email_confirmed_at or utcnow()
    return Confirmation("confirmed", member)
