"""What is like a listing that came to nothing, near whoever had asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from marketplace.accounts.models import Member
from marketplace.listings.models import Listing
from marketplace.places.cells import place_of
from marketplace.search.service import SearchRequest, find

if TYPE_CHECKING:
    from marketplace import Parts

SHOWN = 3
LOOKED_AT = 12  # one's own and those of the same owner are taken out of these


@dataclass(frozen=True, slots=True)
class Similar:
    """Up to ``SHOWN`` open listings, best first; ``query`` and ``category`` find more."""

    listings: Sequence[Listing]
    direction: str
    query: str
    category: str


def similar_to(parts: "Parts", actor: Member, listing: Listing) -> Similar:
    """Open listings that say the same in the same category; where there are too few, those of the
    category, then those that say the same. All near the actor and shown to them."""
    place = place_of(actor)
    wanted = SearchRequest(
        text=listing.title,
        direction=listing.direction,
        category=listing.category,
        place=place,
        radius_km=actor.reach_km if place and place.cell else None,
        limit=LOOKED_AT,
    )
    found: dict[int, Listing] = {}
    for asked in (wanted, replace(wanted, text=""), replace(wanted, category="")):
        if len(found) >= SHOWN or not (asked.text or asked.category):
            continue
        for one in find(parts, actor, asked).listings:
            if one.owner_id not in (actor.id, listing.owner_id):
                found.setdefault(one.id, one)
    shown = list(found.values())[:SHOWN]
    return Similar(shown, listing.direction, listing.title, listing.category)
