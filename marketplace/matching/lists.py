"""The matches of a member as lists: what is for them to answer now, and what became of the rest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.listings.service import blocked_with, visible_to, was_shown_to
from marketplace.matching import states
from marketplace.matching.models import Match
from marketplace.matching.service import Found, found_of

PER_PAGE = 10


@dataclass(frozen=True, slots=True)
class Page:
    """A page of matches; pages count from 1."""

    found: list[Found]
    total: int
    page: int
    pages: int


def for_you(actor: Member, now: datetime, page: int = 1) -> Page:
    """Live matches of the actor's open listings: where the other waits for a word first, then
    those not answered, the best first; what the actor said yes to comes last."""
    mine, other = aliased(Listing), Listing
    shown = (
        Match.state.in_(states.LIVE),
        mine.owner_id == actor.id,
        mine.open_now(now),
        other.open_now(now),
        visible_to(actor),
        ~blocked_with(actor.id),
    )
    said = _said(mine.direction)
    order = (case((Match.state == "accepted", case((said, 2), else_=0)), else_=1),)
    return _page(shown, mine, (*order, Match.score.desc(), Match.id), page)


def past(actor: Member, now: datetime, page: int = 1) -> Page:
    """What the actor said no to, and what became of what they said yes to; the latest first."""
    mine = aliased(Listing)
    is_open = and_(Match.state.in_(states.LIVE), mine.open_now(now), Listing.open_now(now))
    over = and_(
        mine.owner_id == actor.id,
        or_(
            Match.state == states.AGREED,
            Match.declined_by == mine.direction,
            and_(_said(mine.direction), ~is_open),
        ),
    )
    still_told = or_(visible_to(actor), was_shown_to(actor))
    return _page((over, still_told), mine, (Match.updated_at.desc(), Match.id.desc()), page)


def _said(direction: Any) -> ColumnElement[bool]:
    """SQL: whether the side of that direction has said yes."""
    return or_(
        and_(direction == "offer", Match.offer_accepted_at.is_not(None)),
        and_(direction == "request", Match.request_accepted_at.is_not(None)),
    )


def _page(shown: Any, mine: Any, order: Any, page: int) -> Page:
    pairs = or_(
        and_(mine.id == Match.offer_id, Listing.id == Match.request_id),
        and_(mine.id == Match.request_id, Listing.id == Match.offer_id),
    )
    joined = (
        select(Match, Listing).select_from(Match).join(mine, _either(mine)).join(Listing, pairs)
    )
    query = joined.where(*shown)
    counted = query.with_only_columns(func.count(), maintain_column_froms=True)
    total = db.session.scalar(counted) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.execute(
        query.options(joinedload(Listing.owner), joinedload(Match.offer), joinedload(Match.request))
        .order_by(*order)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE)
    )
    return Page([found_of(match, other) for match, other in rows], total, page, pages)


def _either(mine: Any) -> ColumnElement[bool]:
    return or_(mine.id == Match.offer_id, mine.id == Match.request_id)
