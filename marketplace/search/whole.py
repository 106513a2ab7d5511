"""What is just what was asked for, the newest first: what feeds show, and what is no news when a
search is saved."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from marketplace.accounts.models import Member
from marketplace.listings.models import Listing
from marketplace.search import service
from marketplace.search.analysis import MAX_QUERY
from marketplace.search.asking import Correction
from marketplace.search.service import SearchRequest
from marketplace.search.sight import document_of
from marketplace.search.standing import Standing, fits

if TYPE_CHECKING:
    from marketplace import Parts


def standing_of(wanted: SearchRequest, member: Member | None) -> Standing:
    """What of a search can stand. Around the member's own place it moves with them."""
    place = wanted.place
    is_home = place is not None and member is not None and place.cell == member.cell
    return Standing(
        text=" ".join(wanted.text.split()),
        direction=wanted.direction,
        kinds=tuple(sorted(wanted.kinds)),
        category=wanted.category,
        terms=tuple(sorted(wanted.terms)),
        cell=None if place is None or is_home else place.cell,
        radius_km=wanted.radius_km if place is not None else None,
        online=wanted.online,
    )


def whole(
    parts: "Parts", actor: Member | None, wanted: SearchRequest, most: int
) -> tuple[Sequence[Listing], str]:
    """At most so many posts that fit strictly, and the words as they were read."""
    wanted = replace(wanted, sort="newest", offset=0, limit=most, places=0, count_within_km=None)
    found = service.find(parts, actor, wanted)
    text = as_read(wanted.text, found.asked.corrections)
    if found.whole == 0:
        return (), text
    if found.whole:  # others were let in, because those were few: in the order "best" the few lead
        few = replace(wanted, sort="best", limit=min(found.whole, most))
        found = service.find(parts, actor, few)
    what = standing_of(replace(wanted, text=text), actor)
    home = actor.cell if actor else None
    just = [p for p in found.listings if fits(what, home, document_of(p), p.title, p.description)]
    return sorted(just, key=lambda p: (p.published_at or p.created_at, p.id), reverse=True), text


def as_read(text: str, corrections: Iterable[Correction]) -> str:
    """The text with each misspelt word that nothing holds as it was read."""
    for one in corrections:
        if not one.beside:
            text = re.sub(rf"\b{re.escape(one.typed)}\b", one.shown, text, flags=re.IGNORECASE)
    return text[:MAX_QUERY]
