"""How far an exchange has grown, from seed to sheaf, in words and signs."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext

_AT = {
    "interested": 0,
    "promised": 1,
    "arranged": 2,
    "handed_over": 3,
    "partly": 3,
    "out": 3,
    "returned": 3,
    "closed": 4,
}
_THIRD = {
    "gift": lazy_gettext("Handed over"),
    "loan": lazy_gettext("On loan"),
    "swap": lazy_gettext("Swapped"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One stage of growth."""

    icon: str
    name: str


@dataclass(frozen=True, slots=True)
class Growth:
    """The signs of the way, and at which of them it is."""

    signs: tuple[Sign, ...]
    at: int


def growth_of(exchange: Any) -> Growth | None:
    """The way of an exchange; None where it ended otherwise."""
    if exchange.state not in _AT:
        return None
    is_offer = exchange.listing.direction == "offer"
    asked = lazy_gettext("Asked") if is_offer else lazy_gettext("Help offered")
    promised = lazy_gettext("Promised") if is_offer else lazy_gettext("Accepted")
    names = (
        ("seed", asked),
        ("sprout", promised),
        ("stalk", lazy_gettext("Meeting")),
        ("panicle", _THIRD[exchange.terms]),
        ("sheaf", lazy_gettext("Thanks")),
    )
    return Growth(tuple(Sign(icon, str(name)) for icon, name in names), _AT[exchange.state])
