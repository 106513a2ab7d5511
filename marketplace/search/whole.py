"""What holds all of what was asked, the newest first: what feeds show, and what is no news when a
search is saved."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from marketplace.accounts.models import Member
from marketplace.listings.models import Listing
from marketplace.search import service
from marketplace.search.asking import Asked
from marketplace.search.service import SearchRequest

if TYPE_CHECKING:
    from marketplace import Parts


def whole(
    parts: "Parts", actor: Member | None, wanted: SearchRequest, most: int
) -> tuple[Sequence[Listing], Asked]:
    """At most so many posts, and how the words were read."""
    wanted = replace(wanted, sort="newest", offset=0, limit=most, places=0, count_within_km=None)
    found = service.find(parts, actor, wanted)
    if found.whole is None:
        return found.listings, found.asked
    if not found.whole:
        return (), found.asked
    # Others were let in, because those were few: in the order "best" the few come first.
    few = service.find(parts, actor, replace(wanted, sort="best", limit=min(found.whole, most)))
    newest = sorted(few.listings, key=lambda one: (one.published_at or one.created_at, one.id))
    return newest[::-1], found.asked
