"""Standing offers and requests: what members say they can do and would like, held against posts.

A line is weaker than a post: it says nothing of when, and is never shown as a post, in search, in
the API or in a feed. It only stands beside a post that it fits, and leads its member to that post.
The sweep ``matching.skills`` looks at new lines; ``matching.refresh`` at new posts. Whichever comes
last finds the other. Who may see whom is asked when a match is shown, whatever is stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Block, Member, MemberSkill
from marketplace.db import changed, db, transaction, utcnow
from marketplace.listings import categories
from marketplace.listings.models import Listing
from marketplace.listings.service import visible_to
from marketplace.matching import core
from marketplace.matching.candidates import candidate_ids, word_stats
from marketplace.matching.loading import blocks_of, load_sides
from marketplace.matching.models import SkillMatch, SkillTerm
from marketplace.matching.sides import Reason, Scored, Side
from marketplace.search import reading, synonyms
from marketplace.search.analysis import document_terms
from marketplace.search.port import IndexUnusable, SearchIndex
from marketplace.search.rereading import outdated
from marketplace.search.terms import CONCEPT_MARK, STEM_MARK

if TYPE_CHECKING:
    from marketplace import Parts

SKILL_WEIGHT = 0.6  # of what two posts would score: nobody said that they have time now
BATCH = 20  # lines looked at in one run
KEPT = 10  # best matches that are stored for one line or one post
LOOKED_AT = 100  # lines that share most with a post
ASKED_TERMS = 40  # the heaviest terms of a post with which lines are looked up
SHOWN = 5

COLUMNS = (
    *(MemberSkill.id, MemberSkill.direction, MemberSkill.text, MemberSkill.category),
    *(Member.id.label("owner_id"), Member.place_kind, Member.cell, Member.cell_resolution),
    Member.reach_km,
)

Fit = tuple[int, int, float, list[Any]]  # line, post, score, reasons


def refresh(parts: "Parts") -> int:
    """One batch of lines; 0 when none is due, or while the index cannot answer."""
    try:
        return refresh_batch(parts.search_index)
    except IndexUnusable:
        return 0


def refresh_batch(index: SearchIndex) -> int:
    """Match lines that are new, whose member moved, or that were read in another way than the
    present one. Raises IndexUnusable."""
    synonyms.take_up(at_once=True)
    now, read_as = utcnow(), reading.name()
    rows = db.session.execute(
        select(*COLUMNS)
        .join(Member, Member.id == MemberSkill.member_id)
        .where(or_(MemberSkill.matched_at.is_(None), outdated(MemberSkill.reading)))
        .order_by(MemberSkill.id)
        .limit(BATCH)
    ).all()
    lines = _sides(rows, {row.id: document_terms(row.text, "", "") for row in rows})
    found = {one: candidate_ids(index, side, now) for one, side in lines.items()}
    posts = load_sides({one for ids in found.values() for one in ids}, now)
    stats = word_stats(index, lines.values())
    for skill_id, side in lines.items():
        offers = [_as(posts[one][0], "offer") for one in found[skill_id] if one in posts]
        fits = core.rank(_as(side, "request"), offers, now=now, stats=stats, most=KEPT)
        _settle_line(skill_id, side, map(_fit, fits), read_as)
    return len(lines)


def fitting(posts: Mapping[int, Side], index: SearchIndex, now: datetime) -> dict[int, list[Fit]]:
    """The lines that fit each of these posts, best first."""
    wanted = {one: _lines_for(side) for one, side in posts.items()}
    lines = _load_lines({one for ids in wanted.values() for one in ids})
    stats = word_stats(index, lines.values())
    found = {}
    for post, ids in wanted.items():
        asking = [_as(lines[one], "request") for one in ids if one in lines]
        offer = _as(posts[post], "offer")
        found[post] = [*map(_fit, core.rank(offer, asking, now=now, stats=stats, most=KEPT))]
    return found


def settle_listing(listing_id: int, fits: Iterable[Fit]) -> None:
    """Store what fits a post instead of what did, in the caller's transaction."""
    db.session.execute(delete(SkillMatch).where(SkillMatch.listing_id == listing_id))
    _store(fits)


def members_for(actor: Member, listing: Listing) -> list[SkillMatch]:
    """Lines of other members that fit the actor's open post, the best first."""
    if not listing.is_open(utcnow()):
        return []
    query = (
        select(SkillMatch)
        .join(SkillMatch.skill)
        .join(MemberSkill.member)
        .where(
            SkillMatch.listing_id == listing.id,
            Member.shows_posts(),
            Member.is_confirmed,
            ~_blocked(actor.id, Member.id),
            ~_blocked(listing.owner_id, Member.id),
        )
    )
    return _first(query.options(joinedload(SkillMatch.skill).joinedload(MemberSkill.member)))


def posts_for(actor: Member) -> list[SkillMatch]:
    """Open posts of others that fit what the actor can do or would like, the best first."""
    query = (
        select(SkillMatch)
        .join(SkillMatch.skill)
        .join(SkillMatch.listing)
        .where(
            MemberSkill.member_id == actor.id,
            Listing.owner_id != actor.id,
            Listing.open_now(utcnow()),
            visible_to(actor),
            ~_blocked(actor.id, Listing.owner_id),
        )
    )
    return _first(query.options(joinedload(SkillMatch.skill), joinedload(SkillMatch.listing)))


def reasons_of(found: SkillMatch) -> tuple[Reason, ...]:
    """Why they fit, as codes for ``wording``."""
    return tuple(Reason(code, params) for code, params in found.reasons)


def _first(query: Any) -> list[SkillMatch]:
    ordered = query.order_by(SkillMatch.score.desc(), SkillMatch.skill_id, SkillMatch.listing_id)
    return list(db.session.scalars(ordered.limit(SHOWN)))


def _as(side: Side, direction: str) -> Side:
    """A line is short: what it says is what the post has to say too, so the line is judged as the
    one who asks, whichever of the two does."""
    return replace(side, direction=direction)


def _fit(found: Scored) -> Fit:
    """What is stored of a line (it asked) and a post."""
    reasons = [[one.code, dict(one.params)] for one in found.reasons]
    return -found.request_id, found.offer_id, round(found.score * SKILL_WEIGHT, 6), reasons


def _sides(rows: Sequence[Any], words: Mapping[int, Mapping[str, float]]) -> dict[int, Side]:
    """Lines (rows of COLUMNS) as matching sees them; their ids are negative there, for the positive
    ones are those of posts."""
    blocked = blocks_of({row.owner_id for row in rows}) if rows else {}
    return {
        row.id: Side(
            id=-row.id,
            owner_id=row.owner_id,
            direction=row.direction,
            kind="skill",
            category=row.category,
            category_parent=categories.family(row.category),
            words=words[row.id],
            place_kind=row.place_kind,
            cell=row.cell,
            cell_resolution=row.cell_resolution,
            reach_km=row.reach_km,
            blocked=blocked.get(row.owner_id, frozenset()),
        )
        for row in rows
    }


def _lines_for(post: Side) -> list[int]:
    """Lines of the opposite direction that say most of what the post says. By stems and concepts:
    every word has a stem, and what many concepts are below is said by too many lines."""
    telling = [term for term in post.words if term.startswith((STEM_MARK, CONCEPT_MARK))]
    terms = sorted(telling, key=lambda term: (-post.words[term], term))[:ASKED_TERMS]
    shared = (
        select(SkillTerm.skill_id, func.sum(SkillTerm.weight).label("weight"))
        .where(SkillTerm.term.in_(terms))
        .group_by(SkillTerm.skill_id)
        .subquery()
    )
    rows = (
        select(shared.c.skill_id)
        .join(MemberSkill, MemberSkill.id == shared.c.skill_id)
        .where(MemberSkill.direction != post.direction)
        .order_by(shared.c.weight.desc(), shared.c.skill_id)
        .limit(LOOKED_AT)
    )
    return list(db.session.scalars(rows)) if terms else []


def _load_lines(ids: Collection[int]) -> dict[int, Side]:
    """As they were read when they were last looked at; reading a hundred of them takes longer."""
    rows = db.session.execute(
        select(*COLUMNS)
        .join(Member, Member.id == MemberSkill.member_id)
        .where(MemberSkill.id.in_(ids), Member.erased_at.is_(None))
    ).all()
    words: dict[int, dict[str, float]] = {row.id: {} for row in rows}
    said = select(SkillTerm.skill_id, SkillTerm.term, SkillTerm.weight)
    for skill_id, term, weight in db.session.execute(said.where(SkillTerm.skill_id.in_(words))):
        words[skill_id][term] = weight
    return _sides(rows, words)


def _settle_line(skill_id: int, side: Side, fits: Iterable[Fit], read_as: str) -> None:
    """Store what a line says and fits, unless it was removed or looked at meanwhile."""
    with transaction():
        claim = (
            update(MemberSkill)
            .where(
                MemberSkill.id == skill_id,
                or_(MemberSkill.matched_at.is_(None), MemberSkill.reading != read_as),
            )
            .values(matched_at=utcnow(), reading=read_as)
            .execution_options(synchronize_session=False)
        )
        if not changed(claim):
            return
        for table in (SkillTerm, SkillMatch):
            db.session.execute(delete(table).where(table.skill_id == skill_id))
        db.session.add_all(
            SkillTerm(skill_id=skill_id, term=term, weight=weight)
            for term, weight in side.words.items()
        )
        _store(fits)


def _store(fits: Iterable[Fit]) -> None:
    """Write pairs of which both sides are still there."""
    fits = list(fits)
    lines, posts = ({fit[column] for fit in fits} for column in (0, 1))
    there = set(db.session.scalars(select(MemberSkill.id).where(MemberSkill.id.in_(lines))))
    open_posts = set(db.session.scalars(select(Listing.id).where(Listing.id.in_(posts))))
    db.session.add_all(
        SkillMatch(skill_id=line, listing_id=post, score=score, reasons=reasons)
        for line, post, score, reasons in fits
        if line in there and post in open_posts
    )


def _blocked(one: Any, other: Any) -> ColumnElement[bool]:
    """SQL: a block between the two, whoever set it."""
    return exists().where(
        or_(
            and_(Block.blocker_id == one, Block.blocked_id == other),
            and_(Block.blocked_id == one, Block.blocker_id == other),
        )
    )
