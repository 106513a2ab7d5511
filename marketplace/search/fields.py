"""The words of the search page: choices of its filters, and the filters that are on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _l

from marketplace.listings import categories
from marketplace.search.maps import CountedCell
from marketplace.search.port import Facets
from marketplace.web import current_language

DIRECTIONS = [("", _l("Both")), ("offer", _l("Offered")), ("request", _l("Needed"))]
KINDS = [("goods", _l("Goods")), ("skill", _l("Help")), ("mentoring", _l("Mentoring"))]
TERMS = [("gift", _l("As a gift")), ("loan", _l("As a loan")), ("swap", _l("As a swap"))]
SORTS = [
    ("best", _l("Best first")),
    ("nearest", _l("Nearest first")),
    ("newest", _l("Newest first")),
    ("ending", _l("Ending soon")),
]
DISTANCES_KM = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: its words, and the parameters of the search without it."""

    text: str
    without: dict[str, Any]


def kilometres(km: float) -> str:
    return gettext("%(km)s km", km=format_decimal(km, format="#,##0.#"))


def distance_choices(chosen: float | None) -> list[tuple[str, Any]]:
    """The usual distances, and the one of the address when it is another."""
    usual = sorted({*DISTANCES_KM, *([chosen] if chosen else [])})
    return [("", _l("Any distance")), *((f"{km:g}", kilometres(km)) for km in usual)]


def chips(address: dict[str, Any], place_name: str) -> list[Chip]:
    """The filters that are on, in the order of the form. ``place_name``: of the searched place."""
    found = []
    names: dict[str, dict[str, Any]] = {
        "direction": dict(DIRECTIONS),
        "kind": dict(KINDS),
        "terms": dict(TERMS),
    }
    for parameter, words in names.items():
        values = address.get(parameter) or []
        for value in [values] if isinstance(values, str) else values:
            found.append(Chip(str(words[value]), _without(address, parameter, value)))
    if slug := address.get("category"):
        found.append(Chip(categories.name(slug, current_language()), _without(address, "category")))
    if "area" in address or "cell" in address:
        near = gettext("Near %(place)s", place=place_name or gettext("the chosen cell"))
        found.append(Chip(near, _without(_without(_without(address, "area"), "cell"), "radius_km")))
    if km := address.get("radius_km"):
        within = gettext("At most %(distance)s", distance=kilometres(float(km)))
        found.append(Chip(within, _without(address, "radius_km")))
    return found


def _without(address: dict[str, Any], parameter: str, value: str = "") -> dict[str, Any]:
    rest = {name: given for name, given in address.items() if name != parameter}
    given = address.get(parameter)
    if isinstance(given, list) and len(given) > 1:
        rest[parameter] = [one for one in given if one != value]
    return rest


def wider(radius: float | None) -> float | None:
    """The next usual distance that is at least double; None when there is none."""
    if radius is None:
        return None
    return next((km for km in DISTANCES_KM if km >= 2 * radius), None)


def sorted_by(address: dict[str, Any], sort: str, view: str) -> dict[str, Any]:
    """The same search in another order."""
    rest = _without(address, "sort")
    return (
        rest
        | ({"sort": sort} if sort != "best" else {})
        | ({"view": view} if view == "map" else {})
    )


def with_radius(address: dict[str, Any], km: float | None) -> dict[str, Any]:
    """The same search within another distance; None: at any."""
    return _without(address, "radius_km") | ({"radius_km": f"{km:g}"} if km else {})


def in_cell(address: dict[str, Any], cell: CountedCell) -> dict[str, Any]:
    """The same search in one cell of the map."""
    rest = _without(address, "area")
    return rest | {"cell": cell.link_cell, "radius_km": f"{cell.radius_km:g}"}


def counts(facets: Facets | None, distances: Sequence[float]) -> dict[str, dict[str, int]]:
    """How many results each choice of a filter would give, by parameter and value."""
    if facets is None:
        return {}
    both = sum(facets.directions.values())
    in_category = {
        parent.slug: sum(facets.categories.get(one, 0) for one in below)
        for parent in categories.parents()
        if (below := categories.with_children(parent.slug))
    }
    return {
        "direction": {
            "": both,
            **{way: facets.directions.get(way, 0) for way, _ in DIRECTIONS[1:]},
        },
        "kind": {**facets.kinds},
        "terms": {**facets.terms},
        "category": {**facets.categories, **in_category},
        "radius_km": {
            f"{km:g}": number for km, number in zip(distances, facets.within, strict=False)
        },
    }
