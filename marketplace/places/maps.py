"""Small maps as shapes to draw: cells around a cell, and centres of areas. Pure.

A flat picture is good enough for the few kilometres around a cell and for a country of islands
near the equator: degrees of longitude are shrunk by the cosine of the latitude, nothing more.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import h3.api.basic_int as h3

from marketplace.places import cells

SIZE = 400  # units of the drawing, its width
RINGS = 3  # 37 cells; each is wide enough for a thumb on a phone of 320 pixels
COMPASS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")

Point = tuple[float, float]  # latitude, longitude of a cell or an area


@dataclass(frozen=True, slots=True)
class Hexagon:
    """A cell of the map; km and direction are seen from the marked cell."""

    cell: str
    ring: int
    points: str
    km: int
    direction: str


@dataclass(frozen=True, slots=True)
class MapName:
    """The name of an area at its centre."""

    code: str
    text: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class AreaMap:
    """What a template draws; with `hexagons` a map of cells, without a map of names."""

    names: tuple[MapName, ...]
    size: int = SIZE
    height: int = SIZE
    hexagons: tuple[Hexagon, ...] = ()
    cell: str = ""
    label: str = ""
    width_km: float = 0.0
    closer: str = ""
    wider: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where latitudes and longitudes come to lie on the drawing."""

    top: float
    left: float
    shrink: float
    scale: float  # units per degree of latitude

    def at(self, point: Point) -> tuple[int, int]:
        return (
            round((point[1] - self.left) * self.shrink * self.scale),
            round((self.top - point[0]) * self.scale),
        )

    def outline(self, cell: int) -> str:
        """The corners of a cell, as a polygon's points."""
        return " ".join("{},{}".format(*self.at(corner)) for corner in h3.cell_to_boundary(cell))


def reach_degrees(resolution: int) -> float:
    """Half the height of a map of cells, in degrees of latitude."""
    return (RINGS + 0.6) * math.sqrt(3) * cells.EDGE_KM[resolution] * 1.1 / 111.2


def _direction(middle: Point, other: Point) -> str:
    east = (other[1] - middle[1]) * math.cos(math.radians(middle[0]))
    turn = math.degrees(math.atan2(east, other[0] - middle[0])) % 360
    return COMPASS[round(turn / 45) % 8]


def cell_map(cell: int, centres: Iterable[tuple[str, str, Point]], label: str = "") -> AreaMap:
    """The cells around `cell`, itself first, with the names (code, text, centre) that lie there."""
    middle = cells.centre(cell)
    resolution = cells.resolution_of(cell)
    reach = reach_degrees(resolution)
    shrink = math.cos(math.radians(middle[0]))
    sheet = Sheet(middle[0] + reach, middle[1] - reach / shrink, shrink, SIZE / (2 * reach))
    hexagons = tuple(
        _hexagon(cell, other, sheet)
        for other in sorted(h3.grid_disk(cell, RINGS), key=lambda c: (c != cell, c))
    )
    placed = (MapName(code, text, *sheet.at(point)) for code, text, point in centres)
    inside = tuple(n for n in placed if 10 < n.x < SIZE - 10 and 20 < n.y < SIZE - 5)
    finest, coarsest = resolution == cells.FINEST, resolution == cells.COARSEST
    return AreaMap(
        inside,
        hexagons=hexagons,
        cell=cells.to_text(cell),
        label=label,
        width_km=round(math.sqrt(3) * cells.EDGE_KM[resolution], 1 if resolution > 5 else None),
        closer="" if finest else cells.to_text(h3.cell_to_center_child(cell, resolution + 1)),
        wider=None if coarsest else cells.to_text(cells.ancestor(cell, resolution - 1)),
    )


def _hexagon(middle: int, cell: int, sheet: Sheet) -> Hexagon:
    km = max(1, round(cells.km_between(middle, cell)))
    direction = _direction(cells.centre(middle), cells.centre(cell))
    return Hexagon(
        cells.to_text(cell), h3.grid_distance(middle, cell), sheet.outline(cell), km, direction
    )


def name_map(centres: Sequence[tuple[str, str, Point]]) -> AreaMap:
    """The names (code, text, centre) of a country or a province, each at its centre."""
    if not centres:
        return AreaMap(())
    points = [point for _, _, point in centres]
    top, bottom = max(p[0] for p in points), min(p[0] for p in points)
    left, right = min(p[1] for p in points), max(p[1] for p in points)
    shrink = math.cos(math.radians((top + bottom) / 2))
    across = max((right - left) * shrink, (top - bottom) / 1.5, 0.1)
    edge = across / 10
    scale = SIZE / (across + 2 * edge)
    sheet = Sheet(top + edge, left - edge / shrink, shrink, scale)
    height = round((top - bottom + 2 * edge) * scale)
    shown = tuple(MapName(code, text, *sheet.at(point)) for code, text, point in centres)
    return AreaMap(shown, height=height)
