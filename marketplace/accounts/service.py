"""Becoming a member, proving it, and what a member says about herself.

Nothing here tells a visitor whether an address is known: the views answer the same either way,
and what is true goes by mail to whoever owns the address.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import passwords, rules, tokens
from marketplace.accounts.models import Block, Consent, Credential, Member
from marketplace.accounts.sign_ins import end_all_sign_ins
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.mail import OutgoingMail, queue_mail
from marketplace.permissions import require
from marketplace.places import service as places
from marketplace.places.cells import Place

DEMO_MEMBERS_SHOWN = 6
DEMO_MAILS_SHOWN = 20


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
    problems = rules.check_sign_up(draft)
    if problems:
        raise Invalid(problems)
    secret_hash = passwords.hash_password(draft.password)
    agreed = list(agreements)
    try:
        _write_sign_up(draft, place, agreed, secret_hash)
    except IntegrityError:  # the same address at the same moment: now it is there
        _write_sign_up(draft, place, agreed, secret_hash)


def _write_sign_up(
    draft: rules.SignUpDraft, place: Place, agreed: list[Agreement], secret_hash: str
) -> None:
    with transaction() as session:
        credential = find_credential(draft.email)
        if credential is None:
            member = Member(name=draft.name, email=draft.email)
            session.add(member)
            session.flush()
            credential = Credential(member_id=member.id, login=draft.email)
            session.add(credential)
        elif credential.member.email_confirmed_at is None:
            member = credential.member
        else:
            _mail(credential.member, "already_member", {})
            return
        now = utcnow()
        credential.secret_hash, credential.changed_at = secret_hash, now
        member.name, member.language, member.adult_stated_at = draft.name, draft.language, now
        places.move(member, place)
        for text in agreed:
            session.add(
                Consent(
                    member_id=member.id,
                    text=text.text,
                    version=text.version,
                    language=text.language,
                )
            )
        _mail_confirmation(member)


def resend_confirmation(email: str) -> None:
    """Send the link again to an address that waits for it; otherwise nothing."""
    with transaction():
        credential = find_credential(email)
        if credential is None:
            return
        if credential.member.email_confirmed_at is None:
            _mail_confirmation(credential.member)
        else:
            _mail(credential.member, "already_member", {})


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


def authenticate(email: str, password: str) -> Member | None:
    """The member whose password this is, confirmed or not; None otherwise.

    Costs one hash whether or not there is such an account. Renews an outdated hash.
    """
    credential = find_credential(rules.normal_email(email))
    secret_hash = credential.secret_hash if credential else None
    member = credential.member if credential else None
    if not passwords.matches(secret_hash, password):
        return None
    if credential is None or member is None or member.erased_at is not None:
        return None
    if secret_hash is not None and passwords.is_outdated(secret_hash):
        renewed = passwords.hash_password(password)
        with transaction():
            if credential.secret_hash == secret_hash:
                credential.secret_hash = renewed
    return member


def request_reset(email: str, language: str) -> None:
    """Send a link for a new password; to an address without an account, that there is none.

    Either way one mail is written, so that the answer takes as long.
    """
    with transaction():
        credential = find_credential(email)
        member = credential.member if credential else None
        if member is None or member.erased_at is not None:
            queue_mail("no_account", to=email, language=language)
            return
        token = tokens.make_token(member, "reset_password", rules.RESET_WITHIN)
        _mail(member, "reset_password", {"token": token})


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
    problems = rules.check_password(password, member.name, member.email or "")
    if problems:
        raise Invalid(problems)
    secret_hash = passwords.hash_password(password)
    with transaction():
        if member.erased_at is not None or not tokens.use_token(row):
            raise Conflict("link_used_up")
        tokens.end_tokens(member, "reset_password")
        tokens.end_tokens(member, "confirm_email")
        credential = db.session.scalars(
            select(Credential).where(
                Credential.member_id == member.id, Credential.kind == "password"
            )
        ).one()
        credential.secret_hash, credential.changed_at = secret_hash, utcnow()
        if row.value == member.email:
            member.email_confirmed_at = member.email_confirmed_at or utcnow()
        end_all_sign_ins(member)
        _mail(member, "password_changed", {})
    return member


def visible_member(actor: Member | None, public_id: str) -> Member:
    """The member whose page ``actor`` may see.

    Raises NotFound for one who does not exist, is not confirmed, was erased, or where either
    blocked the other. Helped members and organisations have no address to confirm.
    """
    member = db.session.scalar(
        select(Member).where(
            Member.public_id == public_id,
            Member.erased_at.is_(None),
            or_(Member.email_confirmed_at.is_not(None), Member.type != "person"),
        )
    )
    if member is None or (actor is not None and are_blocked(actor, member)):
        raise NotFound("member")
    return member


def are_blocked(one: Member, other: Member) -> bool:
    """Whether either wants nothing to do with the other."""
    there_is_one = select(Block.id).where(
        or_(
            (Block.blocker_id == one.id) & (Block.blocked_id == other.id),
            (Block.blocker_id == other.id) & (Block.blocked_id == one.id),
        )
    )
    return db.session.scalar(there_is_one.limit(1)) is not None


def edit_profile(actor: Member, draft: rules.ProfileDraft, place: Place) -> None:
    """Change what ``actor`` says about herself. Raises Invalid."""
    problems = rules.check_profile(draft)
    if problems:
        raise Invalid(problems)
    with transaction():
        require(actor, "member.edit", actor)
        actor.name, actor.bio, actor.language = draft.name, draft.bio, draft.language
        actor.reach_km = draft.reach_km or actor.reach_km
        places.move(actor, place)


def demo_members() -> list[Member]:
    """Some members of the demo neighbourhood, from as many areas as there are."""
    rows = db.session.scalars(
        select(Member).where(Member.is_demo, Member.erased_at.is_(None)).order_by(Member.id)
    ).all()
    first_of_area = {row.area_code: row for row in reversed(rows)}
    chosen = sorted(first_of_area.values(), key=lambda row: row.id)
    chosen += [row for row in rows if row not in chosen]
    return chosen[:DEMO_MEMBERS_SHOWN]


def demo_member(public_id: str) -> Member:
    """The demo member of this id. Raises NotFound, also for anybody who is real."""
    member = db.session.scalar(
        select(Member).where(
            Member.public_id == public_id, Member.is_demo, Member.erased_at.is_(None)
        )
    )
    if member is None:
        raise NotFound("member")
    return member


def demo_mails() -> list[OutgoingMail]:
    """The mails of the demo, the newest first."""
    newest = select(OutgoingMail).order_by(OutgoingMail.id.desc()).limit(DEMO_MAILS_SHOWN)
    return list(db.session.scalars(newest))


def find_credential(email: str) -> Credential | None:
    """The password credential of a normalised address."""
    return db.session.scalar(
        select(Credential).where(Credential.kind == "password", Credential.login == email)
    )


def _mail(member: Member, template: str, params: dict[str, str]) -> None:
    queue_mail(
        template,
        to=member.email or "",
        to_name=member.name,
        language=member.language,
        params={"name": member.name} | params,
    )


def _mail_confirmation(member: Member) -> None:
    token = tokens.make_token(member, "confirm_email", rules.CONFIRM_WITHIN)
    _mail(member, "confirm_email", {"token": token})
