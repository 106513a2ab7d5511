"""The matches of a member as lists: what is for them to answer now, and what became of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.listings.service import blocked_with, visible_to, was_shown_to
from marketplace.matching import needs, states, teaching
from marketplace.matching.lessons import Lowered, lowered
from marketplace.matching.models import Match
from marketplace.matching.service import Found, found_of

PER_PAGE = 10
AT_MOST = 200  # for you: who has more to answer than these begins with the best
WAITS, OPEN, SAID = range(3)  # the order of the page: where the other waits for a word comes first

_mine, _theirs = aliased(Listing), aliased(Member)
_PAIR = or_(
    and_(_mine.id == Match.offer_id, Listing.id == Match.request_id),
    and_(_mine.id == Match.request_id, Listing.id == Match.offer_id),
)
# Whether the side of the reader's own listing has said yes.
_SAID = or_(
    and_(_mine.direction == "offer", Match.offer_accepted_at.is_not(None)),
    and_(_mine.direction == "request", Match.request_accepted_at.is_not(None)),
)
_LIGHT = (
    Match.id,
    Match.score,
    Match.state,
    _SAID.label("said"),
    _mine.id.label("mine"),
    Listing.id.label("other"),
    *(Listing.direction, Listing.owner_id, Listing.published_at),
    func.coalesce(Listing.area_code, _theirs.area_code).label("area_code"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of matches; pages count from 1."""

    found: list[Found]
    total: int
    page: int
    pages: int


def for_you(actor: Member, now: datetime, page: int = 1) -> Page:
    """Live matches of the actor's open listings: where the other waits for a word first, then
    those not answered, the best first, requests lifted by need; what the actor said yes to comes
    last."""
    rows = db.session.execute(
        _live(actor, now)
        .order_by((Match.state == "accepted").desc(), Match.score.desc(), Match.id)
        .limit(AT_MOST)
    ).all()
    taught = _taught(actor, rows, now)
    scores = needs.lifted([_score(row, taught) for row in rows], [_asking(row) for row in rows])
    best = {row.id: score for row, score in zip(rows, scores, strict=True)}
    order = sorted(rows, key=lambda row: (_group(row), -best[row.id], row.id))
    return _page(actor, [row.id for row in order], page, taught)


def waiting_count(actor: Member, now: datetime) -> int:
    """How many neighbours said yes to a match and wait for the actor's word."""
    waiting = _live(actor, now).where(Match.state == "accepted", ~_SAID)
    return (
        db.session.scalar(waiting.with_only_columns(func.count(Listing.owner_id.distinct()))) or 0
    )


def _live(actor: Member, now: datetime) -> Any:
    return (
        select(*_LIGHT)
        .join(_mine, or_(_mine.id == Match.offer_id, _mine.id == Match.request_id))
        .join(Listing, _PAIR)
        .join(_theirs, _theirs.id == Listing.owner_id)
        .where(
            _mine.owner_id == actor.id,
            Match.state.in_(states.LIVE),
            _mine.open_now(now),
            Listing.open_now(now),
            visible_to(actor),
            ~blocked_with(actor.id),
        )
    )


def past(actor: Member, now: datetime, page: int = 1) -> Page:
    """What the actor said no to, and what became of what they said yes to; the latest first."""
    is_open = and_(Match.state.in_(states.LIVE), _mine.open_now(now), Listing.open_now(now))
    answered_at = func.coalesce(
        *(Match.closed_at, Match.declined_at, Match.request_accepted_at, Match.offer_accepted_at)
    )
    ids = db.session.scalars(
        select(Match.id)
        .join(_mine, or_(_mine.id == Match.offer_id, _mine.id == Match.request_id))
        .join(Listing, _PAIR)
        .where(
            _mine.owner_id == actor.id,
            or_(
                Match.state == states.AGREED,
                Match.declined_by == _mine.direction,
                and_(_SAID, ~is_open),
            ),
            or_(visible_to(actor), was_shown_to(actor)),
        )
        .order_by(answered_at.desc(), Match.id.desc())
    ).all()
    return _page(actor, list(ids), page, {})


def _taught(actor: Member, rows: Any, now: datetime) -> dict[int, Lowered]:
    """Which of these matches the actor's own noes lower, by id."""
    lessons = teaching.lessons_of(actor, now)
    if not lessons:
        return {}
    looks = teaching.looks([(row.mine, row.other) for row in rows], now)
    felt = {row.id: lowered(look, lessons) for row, look in zip(rows, looks, strict=True)}
    return {match_id: one for match_id, one in felt.items() if one is not None}


def _group(row: Any) -> int:
    if row.said:
        return SAID
    return WAITS if row.state == "accepted" else OPEN


def _asking(row: Any) -> needs.Asking | None:
    """Who asks for what the actor offers; None where it is the actor who asks."""
    if row.direction == "offer":
        return None
    return needs.Asking(row.owner_id, row.area_code, row.published_at)


def _score(row: Any, taught: Mapping[int, Lowered]) -> float:
    one = taught.get(row.id)
    return float(row.score) * (one.factor if one else 1.0)


def _page(actor: Member, ids: list[int], page: int, taught: Mapping[int, Lowered]) -> Page:
    pages = max(1, -(-len(ids) // PER_PAGE))
    page = min(max(1, page), pages)
    shown = ids[(page - 1) * PER_PAGE : page * PER_PAGE]
    query = select(Match).where(Match.id.in_(shown))
    for side in (Match.offer, Match.request):
        query = query.options(joinedload(side).joinedload(Listing.owner))
    matches = {one.id: one for one in db.session.scalars(query)}
    found = [
        replace(found_of(match, match.other_for(actor)), lowered=taught.get(match.id))
        for match in (matches[one] for one in shown if one in matches)
    ]
    return Page(found, len(ids), page, pages)
