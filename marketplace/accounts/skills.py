"""What members say they can do, and would like to learn or get help with."""

from sqlalchemy import select, update

from marketplace.accounts import rules
from marketplace.accounts.models import Member, MemberSkill
from marketplace.db import db, transaction
from marketplace.errors import Invalid, NotFound, Problem
from marketplace.permissions import require


def skills_of(member: Member) -> dict[str, list[MemberSkill]]:
    """The member's lines by direction, in the order in which they were written."""
    rows = db.session.scalars(
        select(MemberSkill).where(MemberSkill.member_id == member.id).order_by(MemberSkill.id)
    ).all()
    return {way: [row for row in rows if row.direction == way] for way in rules.SKILL_DIRECTIONS}


def add_skill(actor: Member, draft: rules.SkillDraft) -> None:
    """Add a line; the same line once more changes nothing. Raises Invalid."""
    problems = rules.check_skill(draft)
    if problems:
        raise Invalid(problems)
    with transaction() as session:
        require(actor, "member.edit", actor)
        session.get(Member, actor.id, with_for_update=True)  # one line at a time
        there = skills_of(actor)[draft.direction]
        if any(row.text.casefold() == draft.text.casefold() for row in there):
            return
        if len(there) >= rules.SKILLS_MAX:
            raise Invalid([Problem("text", "too_many_skills", {"max": rules.SKILLS_MAX})])
        session.add(
            MemberSkill(
                member_id=actor.id,
                direction=draft.direction,
                text=draft.text,
                category=draft.category,
            )
        )


def remove_skill(actor: Member, public_id: str) -> None:
    """Take one of the actor's lines away. Raises NotFound for anybody else's."""
    with transaction() as session:
        row = session.scalar(
            select(MemberSkill).where(
                MemberSkill.public_id == public_id, MemberSkill.member_id == actor.id
            )
        )
        if row is None:
            raise NotFound("skill")
        session.delete(row)


def match_again(member: Member) -> None:
    """The member moved, or goes further or less far: inside the caller's transaction."""
    db.session.execute(
        update(MemberSkill).where(MemberSkill.member_id == member.id).values(matched_at=None)
    )
