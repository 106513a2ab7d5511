"""What the home page shows: the newest posts near a place, from as far as it takes to find some."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from marketplace.accounts.models import Member
from marketplace.listings.models import Listing
from marketplace.places.cells import Place, place_of
from marketplace.search.service import SearchRequest, find

if TYPE_CHECKING:
    from marketplace import Parts

CARDS = 12
FEW = 5  # with fewer posts than this the radius grows
USUAL_RADIUS_KM = 10.0
RADII_KM = (20.0, 60.0, 200.0)  # then everywhere
SHOWN = {"needed": "request", "offered": "offer"}  # what the switch says -> direction


@dataclass(frozen=True, slots=True)
class Nearby:
    """Listings and counts within ``radius_km`` (None: everywhere); ``wished_km`` was the wish."""

    listings: Sequence[Listing]
    offers: int
    requests: int
    radius_km: float | None
    wished_km: float | None = None

    @property
    def total(self) -> int:
        return self.offers + self.requests

    @property
    def has_widened(self) -> bool:
        return self.radius_km != self.wished_km


def nearby(parts: "Parts", actor: Member | None, place: Place | None, show: str = "") -> Nearby:
    """The newest posts around ``place``; around no place, of everywhere.

    ``show``: a key of SHOWN, or empty for both. Posts without a place count only everywhere.
    """
    wished = None
    if place is not None and place.cell is not None:
        wished = float(actor.reach_km) if actor else USUAL_RADIUS_KM
    for radius in _radii(wished):
        found = _within(parts, actor, SearchRequest(place=place, radius_km=radius), show)
        if found.total >= FEW:
            break
    return replace(found, wished_km=wished)


def new_near(parts: "Parts", member: Member, since: datetime) -> list[Listing]:
    """What others posted after ``since`` within the member's reach, the newest first."""
    if member.cell is None:
        return []
    around = SearchRequest(place=place_of(member), radius_km=float(member.reach_km))
    return [
        one
        for one in _within(parts, member, around, "").listings
        if one.owner_id != member.id and one.published_at and one.published_at > since
    ]


def _within(parts: "Parts", actor: Member | None, around: SearchRequest, show: str) -> Nearby:
    """A page and the counts of both sides, by two questions: the page knows its own total."""
    around = replace(around, online=around.radius_km is None, sort="newest", limit=CARDS)
    direction = SHOWN.get(show, "")
    page = find(parts, actor, replace(around, direction=direction))
    other = "offer" if direction == "request" else "request"
    others = find(parts, actor, replace(around, direction=other, limit=0)).total
    mine = page.total if direction else page.total - others
    offers, requests = (others, mine) if other == "offer" else (mine, others)
    return Nearby(page.listings, offers, requests, around.radius_km)


def _radii(wished: float | None) -> list[float | None]:
    if wished is None:
        return [None]
    return [wished, *(radius for radius in RADII_KM if radius > wished), None]
