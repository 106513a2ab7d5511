"""The stored matches of a listing, as one actor may see them.

A match is shown only while both of its listings are open and the other one is visible to the
actor, whatever is stored.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.errors import NotFound
from marketplace.listings.models import Listing
from marketplace.listings.service import blocked_with, visible_to, was_shown_to
from marketplace.matching import needs, reasons, states, teaching
from marketplace.matching.core import grains
from marketplace.matching.lessons import Lesson, Lowered, lowered
from marketplace.matching.models import Match
from marketplace.matching.sides import Reason
from marketplace.permissions import allows

SHOWN = 20
LOOKED_AT = 60  # best by what the posts say; what is shown of them depends on who looks
Column = InstrumentedAttribute[int]


@dataclass(frozen=True, slots=True)
class Found:
    """A counterpart with the reasons; ``mine`` and ``side``: the actor's own listing of the two,
    where the actor has one. ``lowered``: by what the actor said no to."""

    match: Match
    other: Listing
    reasons: tuple[Reason, ...]
    lowered: Lowered | None = None

    @property
    def score(self) -> float:
        """r in [0, 1] as the actor is shown it."""
        return self.match.score * (self.lowered.factor if self.lowered else 1.0)

    @property
    def grains(self) -> int:
        """1 to 3 say how well it fits."""
        return grains(self.score)

    @property
    def mine(self) -> Listing:
        return self.match.offer if self.other.id == self.match.request_id else self.match.request

    @property
    def side(self) -> str:
        return self.mine.direction

    @property
    def said_yes(self) -> bool:
        """Whether the side of ``mine`` has said yes."""
        return self.side in self.match.standing.accepted

    @property
    def standing(self) -> str:
        """How it stands for the side of ``mine``, as a code of ``wording.matches``."""
        state = self.match.state
        if state in states.LIVE and not self.are_open:
            return states.CLOSED
        if state == states.DECLINED and self.match.declined_by == self.side:
            return "declined_by_you"
        if state == states.DECLINED and not self.said_yes:
            return "over"  # who was not waiting for an answer is not told of a no
        if state in states.LIVE:
            return "accepted_by_you" if self.said_yes else "accepted" if self.waits else "open"
        return state

    @property
    def are_open(self) -> bool:
        """Whether the pair can still be answered, as far as the two posts go."""
        return self.match.is_open(utcnow())

    @property
    def waits(self) -> bool:
        """Whether the other said yes, and waits for this side."""
        return self.other.direction in self.match.standing.accepted


def matches_of(actor: Member | None, listing: Listing, limit: int = SHOWN) -> list[Found]:
    """The best counterparts of a listing that ``actor`` (None: a visitor) may see.

    The giver of an offer sees requests by relevance and need (``fairness``), everybody else by
    relevance alone: so nobody but the giver learns anything from the order.
    """
    now = utcnow()
    if not listing.is_open(now):
        return []
    found = _load(_visible(actor, listing).limit(LOOKED_AT))
    if actor is not None and actor.id == listing.owner_id:
        found = with_lessons(found, teaching.lessons_of(actor, now), now)
    if listing.direction == "offer" and allows(actor, "listing.see_matches", listing):
        found = needs.fair_order(found)
    return found[:limit]


def with_lessons(found: Sequence[Found], lessons: Sequence[Lesson], now: datetime) -> list[Found]:
    """The same pairs of one member's, what resembles something declined lowered, best first."""
    if not lessons:
        return list(found)
    looks = teaching.looks([teaching.pair_of(one.match, one.side) for one in found], now)
    taught = [
        replace(one, lowered=lowered(look, lessons)) for one, look in zip(found, looks, strict=True)
    ]
    return sorted(taught, key=lambda one: (-one.score, one.match.id))


def own_matches_of(actor: Member, listing: Listing) -> list[Found]:
    """What ``actor`` has that fits somebody else's listing."""
    if not listing.is_open(utcnow()):
        return []
    return _load(_visible(actor, listing).where(Listing.owner_id == actor.id).limit(SHOWN))


def seen_by(actor: Member, mine: Listing, match: Match) -> Found | None:
    """A match of the actor's own listing as they see it, while both may be shown."""
    now = utcnow()
    if not mine.is_open(now):
        return None
    found = _load(_visible(actor, mine).where(Match.id == match.id))
    return next(iter(with_lessons(found, teaching.lessons_of(actor, now), now)), None)


def pair_of(actor: Member, match: Match) -> Found:
    """A match of the actor's own, as one page shows it; NotFound when the other listing may not
    be shown to them, be it open or over."""
    other, now = match.other_for(actor), utcnow()
    if not may_read(actor, other):
        raise NotFound("match")
    lessons = [one for one in teaching.lessons_of(actor, now) if one.match_id != match.id]
    return with_lessons([found_of(match, other)], lessons, now)[0]


def may_read(actor: Member, listing: Listing) -> bool:
    """Whether the actor may see a listing, or might until it was over."""
    shown = or_(visible_to(actor), was_shown_to(actor))
    query = select(Listing.id).where(Listing.id == listing.id, shown)
    return db.session.scalar(query) is not None


def match_counts(actor: Member, listings: Collection[Listing]) -> dict[int, int]:
    """How many counterparts each of the listings has, those without any left out."""
    now = utcnow()
    counts: dict[int, int] = {}
    for direction in ("offer", "request"):
        ids = [one.id for one in listings if one.direction == direction and one.is_open(now)]
        this, other = _columns(direction)
        rows = db.session.execute(
            select(this, func.count())
            .select_from(Match)
            .join(Listing, Listing.id == other)
            .where(this.in_(ids), Match.state.in_(states.LIVE), *_shown(actor, now))
            .group_by(this)
        )
        counts.update({listing_id: min(count, SHOWN) for listing_id, count in rows})
    return counts


def _columns(direction: str) -> tuple[Column, Column]:
    """The columns of a match that hold this side and the other."""
    if direction == "offer":
        return Match.offer_id, Match.request_id
    return Match.request_id, Match.offer_id


def _shown(actor: Member | None, now: datetime) -> Iterable[Any]:
    return Listing.open_now(now), visible_to(actor)


def _visible(actor: Member | None, listing: Listing) -> Select[Match, Listing]:
    this, other = _columns(listing.direction)
    return (
        select(Match, Listing)
        .join(Listing, Listing.id == other)
        .where(this == listing.id, Match.state.in_(states.LIVE), *_shown(actor, utcnow()))
        .where(~blocked_with(listing.owner_id))  # a block since the pair was stored
        .options(joinedload(Listing.owner))
        .order_by(Match.score.desc(), Match.id)
    )


def found_of(match: Match, other: Listing) -> Found:
    """The pair as pages show it, ``other`` being the side that is not the reader's."""
    return Found(match, other, tuple(_reasons(match)))


def _reasons(match: Match) -> Iterator[Reason]:
    """Why, as it was stored; but how much is left changes with every promise."""
    for code, params in match.reasons:
        if code not in reasons.QUANTITIES:
            yield Reason(code, params)
        elif (left := match.offer.left) is not None and (asked := match.request.left):
            yield reasons.quantity(asked, left, params["unit"])


def _load(query: Select[Match, Listing]) -> list[Found]:
    return [found_of(match, other) for match, other in db.session.execute(query)]
