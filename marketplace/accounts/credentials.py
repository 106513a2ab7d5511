"""The names and the password of a member: proving them, and setting a new password by mail.

Nothing here tells a visitor whether a name is known: the views answer the same either way, and
what is true goes by mail to whoever owns the address.
"""

from sqlalchemy import select, update

from marketplace.accounts import account_events, account_mail, passwords, rules, tokens
from marketplace.accounts.models import Credential, Member, ResetRequest
from marketplace.accounts.sign_ins import end_all_sign_ins
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid
from marketplace.mail import queue_mail


def find_credential(login: str) -> Credential | None:
    """The password credential of a normalised name."""
    return db.session.scalar(
        select(Credential).where(Credential.kind == "password", Credential.login == login)
    )


def logins_of(member: Member) -> list[str]:
    """The names with which the member can sign in."""
    rows = select(Credential.login).where(
        Credential.member_id == member.id, Credential.kind == "password"
    )
    return list(db.session.scalars(rows.order_by(Credential.id)))


def authenticate(login: str, password: str) -> Member | None:
    """The member whose name (normalised) and password these are, confirmed or not; else None.

    Costs one query and one hash whether or not there is such an account: the member is loaded
    only when the password was right. Renews an outdated hash.
    """
    kept = select(Credential.secret_hash)
    secret_hash = db.session.scalar(
        kept.where(Credential.kind == "password", Credential.login == login)
    )
    if not passwords.matches(secret_hash, password):
        return None
    credential = find_credential(login)
    member = credential.member if credential else None
    if secret_hash is None or member is None or member.erased_at is not None:
        return None
    if passwords.is_outdated(secret_hash):
        renewed = passwords.hash_password(password)
        with transaction():
            _replace_hash(member, renewed, instead_of=secret_hash)
    return member


def is_password_of(member: Member, password: str) -> bool:
    """Whether it is the member's present password; costs one hash."""
    secret_hash = db.session.scalar(
        select(Credential.secret_hash)
        .where(Credential.member_id == member.id, Credential.kind == "password")
        .limit(1)
    )
    return passwords.matches(secret_hash, password)


def set_password(member: Member, secret_hash: str) -> None:
    """Set the password of every name of the member, in the caller's transaction.

    Links for a new password that are under way end with it.
    """
    tokens.end_tokens(member, "reset_password")
    _replace_hash(member, secret_hash)


def request_reset(email: str, language: str) -> None:
    """Have a link for a new password sent; to an address without an account, that there is none.

    Which of the two is found out later, by a sweep: the same row is written for every address, so
    that neither the answer nor its time can tell.
    """
    with transaction() as session:
        session.add(ResetRequest(email=email, language=language))


def answer_reset(email: str, language: str) -> None:
    """Queue the mail that was asked for, in the caller's transaction."""
    credential = find_credential(email)
    member = credential.member if credential else None
    if member is None or member.erased_at is not None:
        queue_mail("no_account", to=email, language=language)
        return
    token = tokens.make_token(member, "reset_password", rules.RESET_WITHIN)
    account_mail.write(member, "reset_password", {"token": token})


def may_reset(token: str) -> bool:
    """Whether the link can still be used."""
    return tokens.is_usable(tokens.find_token(token, "reset_password"), utcnow())


def reset_password(token: str, password: str) -> Member:
    """Set a new password and end every sign-in; the link is used up.

    It also confirms the address, which the link has proved. Raises Conflict when the link no
    longer works, Invalid when the password will not do (the link then still works).
    """
    row = tokens.find_token(token, "reset_password")
    if row is None or not tokens.is_usable(row, utcnow()):
        raise Conflict("link_used_up")
    member = db.session.get_one(Member, row.member_id)
    problems = rules.check_password(password, member.name, *logins_of(member))
    if problems:
        raise Invalid(problems)
    secret_hash = passwords.hash_password(password)
    with transaction():
        if member.erased_at is not None or not tokens.use_token(row):
            raise Conflict("link_used_up")
        tokens.end_tokens(member, "confirm_email")
        set_password(member, secret_hash)
        if row.value == member.email:
            member.email_confirmed_at = member.email_confirmed_at or utcnow()
        end_all_sign_ins(member)
        account_events.note(member, "password_changed")
    return member


def _replace_hash(member: Member, secret_hash: str, instead_of: str | None = None) -> None:
    which = [Credential.member_id == member.id, Credential.kind == "password"]
    if instead_of is not None:
        which.append(Credential.secret_hash == instead_of)
    db.session.execute(
        update(Credential).where(*which).values(secret_hash=secret_hash, changed_at=utcnow())
    )
