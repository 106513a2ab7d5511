"""Mail that must reach an address itself, whether or not its member has proved to own it."""

from marketplace.accounts import rules, tokens
from marketplace.accounts.models import Member
from marketplace.mail import queue_mail


def write(member: Member, template: str, params: dict[str, str], *, to: str = "") -> None:
    """Queue a mail to the member's address (or ``to``) in the caller's transaction."""
    queue_mail(
        template,
        to=to or member.email or "",
        to_name=member.name,
        language=member.language,
        params={"name": member.name} | params,
    )


def write_confirmation(member: Member) -> None:
    """Queue the link that confirms the address of a new account."""
    token = tokens.make_token(member, "confirm_email", rules.CONFIRM_WITHIN)
    write(member, "confirm_email", {"token": token})
