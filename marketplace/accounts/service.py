"""Who can be seen by whom, and what a member says about herself."""

from sqlalchemy import or_, select

from marketplace.accounts import rules, skills
from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Invalid, NotFound
from marketplace.mail import OutgoingMail
from marketplace.permissions import allows, require
from marketplace.places import service as places
from marketplace.places.cells import Place, place_of

DEMO_MEMBERS_SHOWN = 6
DEMO_MAILS_SHOWN = 20


def visible_member(actor: Member | None, public_id: str) -> Member:
    """The member whose page ``actor`` may see.

    Raises NotFound for one who does not exist, is not confirmed, was erased or is leaving, is
    paused by staff (who see them nevertheless), or where either blocked the other; one's own is
    there to the end.
    """
    member = db.session.scalar(
        select(Member).where(
            Member.public_id == public_id,
            Member.erased_at.is_(None),
            Member.is_confirmed,
            or_(Member.erase_after.is_(None), Member.id == (actor.id if actor else None)),
        )
    )
    if member is None or (actor is not None and are_blocked(actor, member)):
        raise NotFound("member")
    if member.is_suspended and actor != member and not allows(actor, "member.see_all"):
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
        actor.languages_spoken = [one for one in rules.LANGUAGES_SPOKEN if one in draft.spoken]
        before = (place_of(actor), actor.reach_km)
        actor.reach_km = draft.reach_km or actor.reach_km
        places.move(actor, place)
        if (place_of(actor), actor.reach_km) != before:
            skills.match_again(actor)


def pause(actor: Member) -> None:
    """Hide the actor's posts and tell of nothing but the account, until they come back."""
    with transaction():
        require(actor, "member.edit", actor)
        actor.paused_at = actor.paused_at or utcnow()


def end_pause(actor: Member) -> None:
    """Everything is shown again. Twice changes nothing more."""
    with transaction():
        require(actor, "member.edit", actor)
        actor.paused_at = None


def demo_members() -> list[Member]:
    """Some members of the demo neighbourhood, from as many areas as there are, and its staff."""
    rows = db.session.scalars(
        select(Member).where(Member.is_demo, Member.erased_at.is_(None)).order_by(Member.id)
    ).all()
    first_of_area = {row.area_code: row for row in reversed(rows)}
    chosen = sorted(first_of_area.values(), key=lambda row: row.id)
    chosen += [row for row in rows if row not in chosen]
    shown = [row for row in chosen if not allows(row, "staff.enter")][:DEMO_MEMBERS_SHOWN]
    return shown + [row for row in chosen if allows(row, "staff.enter")]


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
