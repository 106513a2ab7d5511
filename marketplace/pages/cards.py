"""What the card of a listing shows: its tags, its basket, about where it is."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from marketplace import wording
from marketplace.listings import fields, rules, units
from marketplace.listings.models import Listing

KIND_ICONS = {"goods": "goods", "skill": "skill", "mentoring": "mentor"}
TERM_ICONS = {"gift": "gift", "loan": "loan", "swap": "swap"}
# The basket is drawn from its rim down to its floor, on a ground of 64 x 42.
RIM_Y, CORNER_Y = 12.0, 36.0
RIM_X, CORNER_X, WIDTH = 4.0, 10.0, 64.0


@dataclass(frozen=True, slots=True)
class Tag:
    """``style`` is the second half of a class name of the style sheet; may be empty."""

    style: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Basket:
    """At most two short lines, and the outline of the filled part (empty when nothing is in)."""

    number: str
    line: str
    fill: str


def card_tags(listing: Listing) -> list[Tag]:
    """Direction, kind (unless goods), terms: always in this order."""
    direction = listing.direction
    tags = [Tag(direction, direction, str(fields.DIRECTION_NAMES[direction]))]
    if listing.kind != "goods":
        style = "info" if listing.kind == "mentoring" else ""
        tags.append(Tag(style, KIND_ICONS[listing.kind], str(fields.KIND_NAMES[listing.kind])))
    for term in rules.TERMS:
        if term in listing.terms:
            text = str(fields.TERM_NAMES[direction, term])
            tags.append(Tag("plain", TERM_ICONS[term], text))
    return tags


def card_basket(listing: Listing) -> Basket:
    """How far a request is filled: level = (promised + given) / needed."""
    if listing.quantity is None or listing.left is None:
        return Basket("", gettext("wanted"), "")
    taken = listing.promised + listing.given
    whole = units.amount(listing.quantity, listing.unit)
    fill = basket_fill(taken / listing.quantity)
    if not taken:
        unit = units.UNIT_NAMES.get(listing.unit) if listing.quantity > 1 else None
        return Basket(str(listing.quantity), str(unit or gettext("wanted")), fill)
    line = gettext("%(taken)s of %(whole)s", taken=taken, whole=whole)
    if not listing.left:
        return Basket(gettext("Enough"), line, fill)
    return Basket(gettext("%(number)s more", number=listing.left), line, fill)


def basket_fill(level: float) -> str:
    """The path of what is in the basket; ``level`` from 0 (empty) to 1 (to the rim)."""
    if level <= 0:
        return ""
    y = CORNER_Y - 1 - (CORNER_Y - 1 - RIM_Y) * min(level, 1.0)
    x = RIM_X + (CORNER_X - RIM_X) * (y - RIM_Y) / (CORNER_Y - RIM_Y)
    return f"M{x:.1f} {y:.1f}H{WIDTH - x:.1f}L54 36c-.8 3-3 4-6 4H16c-3 0-5.2-1-6-4z"


def about_where(place: Any) -> str:
    """Words for a PublicLocation, a (code, params) band, or words already; empty when unknown."""
    if not place or isinstance(place, str):
        return place or ""
    if isinstance(place, tuple):
        return wording.band(place[1]["from"], place[1]["to"])
    if place.kind == "online":
        return gettext("online")
    return about_where(place.band) or place.area_name
