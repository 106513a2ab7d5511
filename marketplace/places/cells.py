"""Where things are, to the precision that may be known. Pure.

A place is an H3 cell at its own resolution, never a point: `snap` is the only door through which
a point comes in, and no function gives one back except the centre of a cell. Every distance,
radius and band is a function of cells alone, so it says the same of any two points in one cell.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import h3.api.basic_int as h3

FINEST = 8  # about 74 hectares: the sharpest place that the product knows
COARSEST = 5  # about 250 square kilometres: a regency
RESOLUTIONS = tuple(range(COARSEST, FINEST + 1))
EDGE_KM = {r: h3.average_hexagon_edge_length(r, unit="km") for r in RESOLUTIONS}

# A radius is covered by one resolution, so that a filter holds hundreds of cells, not thousands.
COVERED_BY = ((5.0, 8), (20.0, 7), (60.0, 6), (math.inf, 5))  # (radius up to, km; resolution)
LARGEST_RADIUS_KM = 500.0  # beyond it a radius is no help; callers leave the filter out instead

# Limits of the distance bands in km. A band is never narrower than the coarser cell is wide.
BANDS_KM = {
    8: (1, 2, 5, 10, 20, 50, 100, 200, 500),
    7: (5, 10, 20, 50, 100, 200, 500),
    6: (10, 20, 50, 100, 200, 500),
    5: (20, 50, 100, 200, 500),
}

# People look around the same places again and again: theirs.
COVERS_KEPT, CENTRES_KEPT = 2000, 100_000

SQUARE = 0.5  # degrees; centres further apart than a square need the coarsest precision anyway

Band = tuple[str, dict[str, int | None]]


class HasPlace(Protocol):
    """Anything with the columns of ``PlaceMixin``."""

    place_kind: Any
    cell: Any
    cell_resolution: Any
    area_code: Any
    zone: Any


@dataclass(frozen=True, slots=True)
class Place:
    """What a member picked: a cell with its precision, or *online*, or *unknown*."""

    kind: str
    cell: int | None = None
    resolution: int | None = None
    area_code: str | None = None
    zone: str | None = None

    @classmethod
    def at(cls, cell: int, area_code: str | None = None, zone: str | None = None) -> "Place":
        return cls("cell", cell, resolution_of(cell), area_code, zone)

    @classmethod
    def online(cls, zone: str | None = None) -> "Place":
        return cls("online", zone=zone)

    @classmethod
    def unknown(cls, zone: str | None = None) -> "Place":
        return cls("unknown", zone=zone)


class Cover(NamedTuple):
    """The cells of one resolution that stand for a radius."""

    resolution: int
    cells: frozenset[int]


def snap(latitude: float, longitude: float) -> int:
    """The cell of a point in degrees, at the finest resolution that is ever kept.

    Raises ValueError for what is not a point on earth.
    """
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise ValueError("a coordinate is not a number")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("a coordinate is out of range")
    return h3.latlng_to_cell(latitude, longitude, FINEST)


def snap_coarsely(latitude: float, longitude: float, resolution: int) -> int:
    """The cell of the centre of a named area, at that area's resolution (5 to 8)."""
    return ancestor(snap(latitude, longitude), resolution)


def resolution_of(cell: int) -> int:
    return h3.get_resolution(cell)


def ancestor(cell: int, resolution: int) -> int:
    """The cell of this resolution that holds `cell` (itself when it is that coarse already)."""
    return cell if resolution_of(cell) == resolution else h3.cell_to_parent(cell, resolution)


def ancestors(cell: int) -> dict[int, int | None]:
    """The cells 5 to 8 that hold `cell`; None below its own precision."""
    own = resolution_of(cell)
    return {r: ancestor(cell, r) if r <= own else None for r in RESOLUTIONS}


def to_text(cell: int) -> str:
    """The form in which a cell leaves the server: H3 hexadecimal."""
    return h3.int_to_str(cell)


def from_text(text: str) -> int:
    """The cell of its hexadecimal text; ValueError unless it is one of resolution 5 to 8."""
    text = text.strip().lower()
    if len(text) != 15 or any(c not in "0123456789abcdef" for c in text):
        raise ValueError("not a cell")
    cell = h3.str_to_int(text)
    if not h3.is_valid_cell(cell) or resolution_of(cell) not in RESOLUTIONS:
        raise ValueError("not a cell of resolution 5 to 8")
    return cell


def resolution_for(next_centre_km: float) -> int:
    """The precision of a named area, by the distance to the next centre of its kind.

    The resolution whose edge is nearest to half that distance.
    """
    half = min(next_centre_km, 1000.0) / 2
    return min(RESOLUTIONS, key=lambda r: (abs(EDGE_KM[r] - half), r))


def precisions(centres: Mapping[str, tuple[float, float]]) -> dict[str, int]:
    """The precision of each named area (code -> latitude, longitude) among its neighbours."""
    squares: dict[tuple[int, int], list[tuple[str, tuple[float, float]]]] = {}
    for code, (latitude, longitude) in centres.items():
        square = (int(latitude // SQUARE), int(longitude // SQUARE))
        squares.setdefault(square, []).append((code, (latitude, longitude)))
    found = {}
    for (y, x), members in squares.items():
        sides = itertools.product((y - 1, y, y + 1), (x - 1, x, x + 1))
        around = [other for square in sides for other in squares.get(square, ())]
        for code, centre in members:
            distances = (
                h3.great_circle_distance(centre, other, unit="km")
                for other_code, other in around
                if other_code != code
            )
            found[code] = resolution_for(min(distances, default=math.inf))
    return found


def km_between(a: int, b: int) -> float:
    """Kilometres between the centres of two cells (great circle)."""
    return h3.great_circle_distance(centre(a), centre(b), unit="km")


@lru_cache(maxsize=CENTRES_KEPT)
def centre(cell: int) -> tuple[float, float]:
    """Latitude and longitude of the middle of a cell: of the cell, never of what is in it."""
    return h3.cell_to_latlng(cell)


def km_from(cell: int, latitude: float, longitude: float) -> float:
    """Kilometres from the centre of a cell to a public point, such as the centre of an area."""
    return h3.great_circle_distance(centre(cell), (latitude, longitude), unit="km")


@lru_cache(maxsize=COVERS_KEPT)
def cover(cell: int, radius_km: float) -> Cover:
    """The cells that stand for "within `radius_km` of `cell`", all of one resolution.

    A cell belongs when its centre does; the cell around the middle always belongs. Never finer
    than `cell` itself. Raises ValueError unless 0 < radius <= 500 km.
    """
    if not 0 < radius_km <= LARGEST_RADIUS_KM:
        raise ValueError("a radius is more than 0 and at most 500 km")
    by_radius = next(r for limit, r in COVERED_BY if radius_km <= limit)
    own = resolution_of(cell)
    resolution = min(by_radius, own)
    middle, here = ancestor(cell, resolution), h3.cell_to_latlng(cell)
    # A ring adds sqrt(3) x edge, in the largest cells 1.91; a place beside the middle loses one.
    surely = max(0, int(radius_km / (2 * EDGE_KM[resolution])) - (resolution < own))
    covered = h3.grid_disk(middle, surely)
    for away in itertools.count(surely + 1):
        # Centres are computed: hundreds of new ones take longer to keep.
        ring = ((c, h3.cell_to_latlng(c)) for c in h3.grid_ring(middle, away))
        near = [c for c, at in ring if h3.great_circle_distance(here, at) <= radius_km]
        if not near:  # nor is anything beyond
            return Cover(resolution, frozenset(covered))
        covered += near
    raise AssertionError("not reached")


def coarser(covered: Cover) -> dict[int, frozenset[int]]:
    """Per coarser resolution, the cells that may reach into the cover.

    A place known less precisely than the cover is in when its cell holds a covered cell: it may
    be there, and to leave it out would hide everybody who named a district only.
    """
    found, above = {}, covered.cells
    for resolution in reversed(RESOLUTIONS):
        if resolution < covered.resolution:
            above = frozenset(h3.cell_to_parent(c, resolution) for c in above)
            found[resolution] = above
    return found


def within(covered: Cover, cell: int) -> bool:
    """Whether a place passes the radius filter: the reference for every engine and query."""
    own = resolution_of(cell)
    if own >= covered.resolution:
        return ancestor(cell, covered.resolution) in covered.cells
    return cell in coarser(covered)[own]


def band(km: float, resolution_a: int, resolution_b: int) -> Band:
    """A distance as a code and its limits in whole km, as wide as the coarser cell at least.

    ("band", {"from": 0, "to": 1}), ("band", {"from": 1, "to": 2}) ... and beyond the last limit
    ("band", {"from": 500, "to": None}).
    """
    limits = (0, *BANDS_KM[min(resolution_a, resolution_b)])
    for start, end in itertools.pairwise(limits):
        if km < end:
            return "band", {"from": start, "to": end}
    return "band", {"from": limits[-1], "to": None}


def band_between(a: int, b: int) -> Band:
    """The band of the distance between two cells."""
    return band(km_between(a, b), resolution_of(a), resolution_of(b))


def place_columns(place: Place) -> dict[str, Any]:
    """The values of the ``PlaceMixin`` columns for a place; an unknown zone is left out."""
    above: Mapping[int, int | None] = (
        ancestors(place.cell) if place.cell is not None else dict.fromkeys(RESOLUTIONS)
    )
    return {
        "place_kind": place.kind,
        "cell": place.cell,
        "cell_resolution": place.resolution,
        **{f"cell_{r}": above[r] for r in RESOLUTIONS},
        "area_code": place.area_code,
        **({"zone": place.zone} if place.zone else {}),
    }


def place_of(thing: HasPlace) -> Place:
    """The place of a member or a listing."""
    kind = thing.place_kind or "unknown"
    return Place(kind, thing.cell, thing.cell_resolution, thing.area_code, thing.zone)
