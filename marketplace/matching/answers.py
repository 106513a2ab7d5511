"""What a member says to a match of their own: yes, no with a reason, or neither after all.

Every verb takes the actor first, loads the match through them (NotFound for a stranger) and runs
in one transaction, on a locked row: of two who say yes at once one finds the other's.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.listings.models import Listing
from marketplace.matching import states
from marketplace.matching.models import Match
from marketplace.matching.service import may_read, seen_by
from marketplace.notifications.service import notify
from marketplace.permissions import require


def match_of(actor: Member, public_id: str, *, lock: bool = False) -> Match:
    """The match, for the owner of one of its two listings; NotFound for everybody else."""
    offer, request = aliased(Listing), aliased(Listing)
    query = (
        select(Match)
        .join(offer, offer.id == Match.offer_id)
        .join(request, request.id == Match.request_id)
        .where(
            Match.public_id == public_id,
            (offer.owner_id == actor.id) | (request.owner_id == actor.id),
        )
    )
    match = db.session.scalar(query.with_for_update(of=Match) if lock else query)
    if match is None:
        raise NotFound
    return match


def accept(actor: Member, public_id: str) -> Match:
    """Say that it fits. The other side is told, once; whoever says it second has both agree
    (``state`` is "agreed" then: see ``exchanges.agreeing``).

    Raises Conflict when the pair is over: declined, agreed, or one of the posts is not open.
    """
    with transaction():
        match = match_of(actor, public_id, lock=True)
        require(actor, "match.answer", match)
        side = match.side_of(actor)
        if side in match.standing.accepted and match.state in ("accepted", states.AGREED):
            return match
        if seen_by(actor, match.listing_of(side), match) is None:
            raise Conflict("match_over")
        _take(match, "accept", side)
        setattr(match, f"{side}_accepted_at", utcnow())
        if match.state != states.AGREED:
            _tell(match, match.other_for(actor).owner, "match_accepted", name=actor.name)
    return match


def decline(actor: Member, public_id: str, reason: str) -> Match:
    """Say that it does not fit, and why. Who had said yes is told, without the reason."""
    with transaction():
        match = match_of(actor, public_id, lock=True)
        require(actor, "match.answer", match)
        if reason not in states.REASONS:
            raise Invalid([Problem("reason", "choice_missing")])
        side = match.side_of(actor)
        if match.declined_by == side:
            return match
        _take(match, "decline", side)
        setattr(match, f"{side}_accepted_at", None)
        match.declined_by, match.decline_reason, match.declined_at = side, reason, utcnow()
        if match.standing.accepted:
            _tell(match, match.other_for(actor).owner, "match_declined")
    return match


def take_back(actor: Member, public_id: str) -> Match:
    """Neither yes nor no: as if this side had not answered yet. Conflict once a post is closed:
    nobody could answer the pair any more."""
    with transaction():
        match = match_of(actor, public_id, lock=True)
        require(actor, "match.answer", match)
        side = match.side_of(actor)
        if not match.is_open(utcnow()):
            raise Conflict("match_over")
        _take(match, "take_back", side)
        if match.declined_by == side:
            match.declined_by, match.decline_reason, match.declined_at = "", "", None
            match.lesson_forgotten_at = None
        else:
            setattr(match, f"{side}_accepted_at", None)
    return match


def follow_listings(ids: Collection[int], now: datetime) -> None:
    """In the caller's transaction: close what was said yes to when one of these listings closed,
    and tell who waits; open it again, with nothing said, when both are open again."""
    for match in db.session.scalars(
        select(Match).where(
            or_(Match.offer_id.in_(ids), Match.request_id.in_(ids)),
            Match.state.in_(("accepted", states.CLOSED)),
        )
    ):
        are_open = match.is_open(now)
        if are_open and match.state == states.CLOSED:
            match.state, match.closed_at = states.reopened(match.standing).state, None
            match.offer_accepted_at = match.request_accepted_at = None
        elif not are_open and match.state == "accepted":
            _close(match, now)


def _close(match: Match, now: datetime) -> None:
    waiting = match.standing.accepted
    match.state, match.closed_at = states.closed(match.standing).state, now
    match.updated_at = now
    for side in waiting:
        if match.listing_of(side).is_open(now):
            _tell(match, match.listing_of(side).owner, "match_closed")


def tell_agreed(actor: Member, match: Match, link: str) -> None:
    """Tell the one who had said yes before ``actor`` that both agree, and where it goes on."""
    _tell(match, match.other_for(actor).owner, "match_agreed", link, name=actor.name)


def forget_lesson(actor: Member, public_id: str, *, forgotten: bool = True) -> Match:
    """The actor's no to this pair stays, but no longer lowers what resembles it; or does again."""
    with transaction():
        match = match_of(actor, public_id, lock=True)
        require(actor, "match.answer", match)
        if match.declined_by != match.side_of(actor):
            raise Conflict("match_over")
        match.lesson_forgotten_at = utcnow() if forgotten else None
    return match


def forget_all_lessons(actor: Member) -> None:
    """From now on nothing is lowered because of what the actor said no to."""
    own = select(Listing.id).where(Listing.owner_id == actor.id)
    with transaction() as session:
        session.execute(
            update(Match)
            .where(
                or_(
                    and_(Match.declined_by == "offer", Match.offer_id.in_(own)),
                    and_(Match.declined_by == "request", Match.request_id.in_(own)),
                ),
                Match.lesson_forgotten_at.is_(None),
            )
            .values(lesson_forgotten_at=utcnow())
            .execution_options(synchronize_session=False)
        )


def see(actor: Member, matches: Collection[Match]) -> None:
    """Note that the actor has these matches before them; the first time counts."""
    now = utcnow()
    fresh = {
        side: [one.id for one in matches if _is_unseen(one, actor, side)] for side in states.SIDES
    }
    if any(fresh.values()):
        with transaction():
            for side, ids in fresh.items():
                _note_seen(side, ids, now)


def _is_unseen(match: Match, actor: Member, side: str) -> bool:
    seen = getattr(match, f"{side}_seen_at") is not None
    return not seen and match.listing_of(side).owner_id == actor.id


def _note_seen(side: str, ids: list[int], now: datetime) -> None:
    """Both at once and twice alike: what somebody said in between stays."""
    column = Match.offer_seen_at if side == "offer" else Match.request_seen_at
    unseen = update(Match).where(Match.id.in_(ids), column.is_(None))
    without = unseen.execution_options(synchronize_session=False)
    db.session.execute(without.values({column: now}))
    first = update(Match).where(Match.id.in_(ids), Match.state == "suggested")
    db.session.execute(first.values(state="seen").execution_options(synchronize_session=False))


def _take(match: Match, verb: str, side: str) -> None:
    match.state = states.after(match.standing, verb, side).state
    match.updated_at = utcnow()


def _tell(match: Match, member: Member, kind: str, link: str = "", **params: str) -> None:
    """Tell one of its two owners, once for each match; nothing of a listing that they may not read
    any more."""
    mine, theirs = match.listing_of(match.side_of(member)), match.other_for(member)
    if not may_read(member, theirs):
        return
    notify(
        member,
        "match",
        kind,
        {"title": mine.title, "other": theirs.title, "about": theirs.public_id, **params},
        link=link or f"/matches/{match.public_id}",
        once=f"{kind}:{match.public_id}",
    )
