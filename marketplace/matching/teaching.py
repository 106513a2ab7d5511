"""What members' own noes teach, read from the matches that they declined, until they forget it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from sqlalchemy import and_, or_, select

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.matching.candidates import COLUMNS, side_of
from marketplace.matching.lessons import TEACHES_FOR, Lesson, Look
from marketplace.matching.models import Match
from marketplace.matching.parts import common_hours, distance_km
from marketplace.matching.sides import Side

AT_MOST = 40  # the latest ones: what somebody said long ago is not what they would say now

Pair = tuple[int, int]  # ids: the member's own listing, and the other


def lessons_of(member: Member, now: datetime) -> tuple[Lesson, ...]:
    """What the member's latest noes teach, the newest first."""
    own = or_(
        and_(Match.declined_by == "offer", Listing.id == Match.offer_id),
        and_(Match.declined_by == "request", Listing.id == Match.request_id),
    )
    declined = db.session.scalars(
        select(Match)
        .join(Listing, own)
        .where(
            Listing.owner_id == member.id,
            Match.lesson_forgotten_at.is_(None),
            Match.declined_at > now - TEACHES_FOR,
        )
        .order_by(Match.declined_at.desc(), Match.id.desc())
        .limit(AT_MOST)
    ).all()
    pairs = [pair_of(match, match.declined_by) for match in declined]
    return tuple(
        Lesson(match.id, match.decline_reason, look)
        for match, look in zip(declined, looks(pairs, now), strict=True)
    )


def looks(pairs: Sequence[Pair], now: datetime) -> list[Look]:
    """How each of these pairs looks to the owner of the first of the two."""
    sides = _sides(set(chain.from_iterable(pairs)), now)
    return [look(sides[mine], sides[other]) for mine, other in pairs]


def pair_of(match: Match, side: str) -> Pair:
    ids = match.offer_id, match.request_id
    return ids if side == "offer" else ids[::-1]


def look(mine: Side, other: Side) -> Look:
    """How a pair looks to the owner of ``mine``."""
    offer, need = (mine, other) if mine.direction == "offer" else (other, mine)
    return Look(mine.id, other.words, distance_km(mine, other), common_hours(offer, need))


def _sides(ids: set[int], now: datetime) -> dict[int, Side]:
    """Also those that are over: what was wrong with them teaches all the same."""
    if not ids:
        return {}
    query = select(*COLUMNS).join(Member, Member.id == Listing.owner_id)
    rows = db.session.execute(query.where(Listing.id.in_(ids)))
    return {row.id: side_of(row, frozenset(), now) for row in rows}
