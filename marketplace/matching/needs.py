"""The need behind requests: its facts read from the database, weighed by ``fairness``.

Points are shown to whoever asks and to nobody else: not to givers, not to staff, not in the API.
What a giver notices of them is the order in which requests stand.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import select, update

from marketplace.accounts import hardship
from marketplace.accounts.hardship import REMINDED_BEFORE, Hardship, in_hardship, is_asked
from marketplace.accounts.models import Member
from marketplace.accounts.reputation import Reputation
from marketplace.db import changed, db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import fairness
from marketplace.matching.fairness import NEUTRAL_AREA, Facts, Points
from marketplace.matching.models import Match
from marketplace.notifications import service as notifications
from marketplace.permissions import allows
from marketplace.places.poverty import deprivation
from marketplace.site_settings import site_values

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 50  # reminders; a query or two each
PAGE = "/account/hardship"


class Fitting(Protocol):
    """A match as its reader sees it, with the side that is not the reader's."""

    @property
    def match(self) -> Match: ...
    @property
    def other(self) -> Listing: ...
    @property
    def score(self) -> float: ...


F = TypeVar("F", bound=Fitting)


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody asks for something: who, in which area, since when."""

    member_id: int
    area_code: str | None
    since: datetime | None


def weight() -> float:
    """lambda as the operator set it."""
    return site_values().need_percent / 100


def facts_of(askings: Sequence[Asking]) -> list[Facts]:
    """What is known of the need behind each, in their order; two queries for all."""
    members = {one.member_id for one in askings}
    hard, received, now = in_hardship(members), _received(members), utcnow()
    return [
        Facts(
            in_hardship=one.member_id in hard,
            deprivation=_deprivation(one.area_code),
            days_waiting=(now - (one.since or now)) / timedelta(days=1),
            received=received.get(one.member_id, 0),
        )
        for one in askings
    ]


def points_of(askings: Sequence[Asking]) -> list[Points]:
    """What the need behind each counts, in their order; two queries for all."""
    return [fairness.need_points(facts) for facts in facts_of(askings)]


def own_facts(actor: Member | None, request: Listing) -> Facts | None:
    """What is known of the need behind an open request of the actor's own; None for anybody else,
    and where need plays no part."""
    if request.direction != "request" or not weight() or not request.is_open(utcnow()):
        return None
    return facts_of(_askings([request]))[0] if allows(actor, "listing.see_need", request) else None


def fair_order(found: Sequence[F]) -> list[F]:
    """Requests that fit an offer, in the order in which its giver sees them."""
    points = points_of(_askings([one.other for one in found])) if weight() else []
    order = fairness.rank(
        [one.match.id for one in found],
        [one.score for one in found],
        [one.total for one in points] or [0.0] * len(found),
        weight(),
    )
    by_id = {one.match.id: one for one in found}
    return [by_id[number] for number in order]


def lifted(scores: Sequence[float], askings: Sequence[Asking | None]) -> list[float]:
    """What relevance comes to with need, in their order; None: an offer, which nothing lifts."""
    asked = [one for one in askings if one is not None]
    points = iter(points_of(asked)) if weight() else iter(())
    need = [0.0 if one is None or not weight() else next(points).total for one in askings]
    return [float(score) for score in fairness.fair_scores(scores, need, weight())]


def take_hardship_back(actor: Member) -> None:
    """Nothing of what the actor said of hard times is kept, nor the news that it ends."""
    with transaction():
        hardship.take_hardship_back(actor)
        notifications.take_back(select(Member.public_id).where(Member.id == actor.id), actor)


def remind(parts: "Parts") -> int:
    """Tell members that what they said of hard times ends soon, on the site alone; each once.

    The words do not say what it is about: somebody may look over the member's shoulder.
    """
    if not is_asked():
        return 0
    now = utcnow()
    soon = (Hardship.reminded_at.is_(None), Hardship.ends_at <= now + REMINDED_BEFORE)
    due = db.session.scalars(
        select(Hardship.id).where(*soon, Hardship.ends_at > now).order_by(Hardship.id).limit(BATCH)
    ).all()
    for number in due:
        with transaction() as session:
            claim = update(Hardship).where(Hardship.id == number, *soon).values(reminded_at=now)
            if changed(claim):
                row = session.get_one(Hardship, number)
                _remind(session.get_one(Member, row.member_id), row.ends_at.date())
    return len(due)


def _remind(member: Member, last_day: date) -> None:
    kind, once = "statement_ends", f"statement:{last_day}"
    params = {"due": last_day.isoformat(), "about": member.public_id}
    notifications.notify(member, "reminder", kind, params, link=PAGE, once=once, by_mail=False)


def _askings(requests: Sequence[Listing]) -> list[Asking]:
    """What is asked for online lies nowhere: then it counts where its owner is."""
    return [
        Asking(one.owner_id, one.area_code or one.owner.area_code, one.published_at)
        for one in requests
    ]


def _deprivation(area_code: str | None) -> float:
    known = deprivation(area_code, site_values().poverty_path)
    return NEUTRAL_AREA if known is None else known


def _received(members: Collection[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Reputation.member_id, Reputation.received).where(Reputation.member_id.in_(members))
    )
    return {row.member_id: row.received for row in rows}
