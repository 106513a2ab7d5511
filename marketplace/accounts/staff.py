"""Who runs the site: named by the operator, on the record."""

from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.credentials import find_credential, logins_of
from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.errors import NotFound


def appoint(login: str, whether: bool) -> tuple[Member, bool]:
    """Make the member of this (normalised) name staff, or no longer; and whether it is new.

    Raises NotFound when nobody who can be seen signs in with it.
    """
    with transaction():
        credential = find_credential(login)
        member = credential.member if credential else None
        if member is None or member.erased_at is not None or not member.is_confirmed:
            raise NotFound("member")
        has_changed = member.set_staff(whether)
        if has_changed:
            audit.record(None, "staff.add" if whether else "staff.remove", about=member)
    return member, has_changed


def everybody() -> list[tuple[Member, list[str]]]:
    """All staff in order of name, each with the names to sign in with."""
    rows = db.session.scalars(select(Member).where(*Member.staff_here()).order_by(Member.name))
    return [(member, logins_of(member)) for member in rows]
