"""A one-use code that staff give to somebody who stands before them, on the record."""

from marketplace.accounts import account_events, audit, recovery
from marketplace.accounts.credentials import find_credential
from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.errors import Invalid, Problem
from marketplace.permissions import allows, require


def find_by_login(actor: Member, login: str) -> Member:
    """The member who signs in with exactly this (normalised) name.

    Raises Invalid when there is none, and for staff: they get no codes from each other.
    """
    require(actor, "staff.enter")
    credential = find_credential(login)
    if credential is None or credential.member.erased_at is not None:
        raise Invalid([Problem("login", "login_unknown")])
    if not allows(actor, "member.hand_code", credential.member):
        raise Invalid([Problem("login", "code_for_staff")])
    return credential.member


def hand_out(actor: Member, login: str, reason: str, *, seen: bool) -> str:
    """A code for the member of this name, for a day. It is audited, and the member is told.

    Raises Invalid without a reason, or unless staff say that they have seen the person.
    """
    problems = [] if seen else [Problem("seen", "seen_missing")]
    problems += [] if reason.strip() else [Problem("reason", "reason_missing")]
    if problems:
        raise Invalid(problems)
    with transaction():
        member = find_by_login(actor, login)
        audit.record(actor, "account.hand_code", about=member, reason=reason.strip())
        account_events.note(member, "code_handed_out")
        return recovery.make_code(member, given_by=actor)
