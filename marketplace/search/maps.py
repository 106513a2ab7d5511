"""The results as counted cells, ready to be drawn: no point, no house, no sharper than the cells.

Pure. The picture is flat: degrees of longitude are shrunk by the cosine of the latitude.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import h3.api.basic_int as h3

from marketplace.places import cells
from marketplace.places.maps import Sheet

WIDTH, HEIGHT = 320, 300  # units of the drawing
MARGIN = 12
SMALLEST = 11  # units from the middle of a cell to its corner: a number must fit
SMALLEST_EMPTY = 15  # the same of the empty cells behind; smaller ones would be too many
COARSEST = 1  # resolution: a cell as large as Java
EMPTY_KM = 4.0  # least width of the picture, so that a single cell has surroundings
KM_PER_DEGREE = 111.2
DARK_FROM, MIDDLE_FROM = 0.67, 0.34  # shares of the highest count that are drawn darker

Point = tuple[float, float]  # latitude, longitude: of cells only


@dataclass(frozen=True, slots=True)
class CountedCell:
    """A cell with results. ``level`` 1 to 3: how many, against the fullest. A search within
    ``radius_km`` of ``link_cell`` finds the same again."""

    points: str
    x: int
    y: int
    count: int
    level: int
    link_cell: str
    radius_km: float
    area_code: str
    ring: str


@dataclass(frozen=True, slots=True)
class ResultMap:
    """Polygons to draw. ``empty``: outlines without results; ``mine``: where the viewer is.
    ``ring`` and ``mine_ring`` are the same in degrees."""

    counted: Sequence[CountedCell]
    empty: Sequence[str]
    mine: str
    mine_ring: str
    width: int = WIDTH
    height: int = HEIGHT


def result_map(
    found: Iterable[tuple[int, str]], origin: int | None, most_cells: int
) -> ResultMap | None:
    """Draw (cell, area code) of results; None when there are none. More cells than ``most_cells``
    are joined into coarser ones."""
    found = list(found)
    if not found:
        return None
    for resolution in range(cells.FINEST, COARSEST - 1, -1):
        grouped = _grouped(found, resolution)
        if len(grouped) > most_cells and resolution > COARSEST:
            continue
        sheet = _sheet([*grouped, *([origin] if origin else [])])
        corner = h3.average_hexagon_edge_length(resolution, "km") / KM_PER_DEGREE * sheet.scale
        if corner >= SMALLEST:
            break
    most = max(len(codes) for codes in grouped.values())
    counted = [
        _counted(cell, codes, most, sheet)
        for cell, codes in sorted(
            grouped.items(), key=lambda one: (h3.get_resolution(one[0]), one[0])
        )
    ]
    behind = resolution if corner >= SMALLEST_EMPTY else resolution - 1
    empty = _empty(grouped, behind, sheet)
    mine = _at(origin, resolution) if origin else None
    return ResultMap(
        counted, empty, sheet.outline(mine) if mine else "", _ring(mine) if mine else ""
    )


def _at(cell: int, resolution: int) -> int:
    """The cell of this resolution around it; one that is coarser already stays."""
    own = h3.get_resolution(cell)
    return cell if own <= resolution else h3.cell_to_parent(cell, resolution)


def _grouped(found: Iterable[tuple[int, str]], resolution: int) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = {}
    for cell, code in found:
        grouped.setdefault(_at(cell, resolution), []).append(code)
    return grouped


def _sheet(shown: Iterable[int]) -> Sheet:
    """A sheet on which all these cells lie."""
    corners = [corner for cell in shown for corner in h3.cell_to_boundary(cell)]
    top, bottom = max(p[0] for p in corners), min(p[0] for p in corners)
    left, right = min(p[1] for p in corners), max(p[1] for p in corners)
    middle = ((top + bottom) / 2, (left + right) / 2)
    shrink = math.cos(math.radians(middle[0]))
    least = EMPTY_KM / KM_PER_DEGREE
    across, down = max((right - left) * shrink, least), max(top - bottom, least)
    scale = min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / down)
    return Sheet(
        middle[0] + HEIGHT / 2 / scale, middle[1] - WIDTH / 2 / scale / shrink, shrink, scale
    )


def _counted(cell: int, codes: list[str], most: int, sheet: Sheet) -> CountedCell:
    resolution = h3.get_resolution(cell)
    share = len(codes) / most
    level = 1 if most == 1 else 1 + (share >= MIDDLE_FROM) + (share >= DARK_FROM)
    x, y = sheet.at(h3.cell_to_latlng(cell))
    named = cell if resolution >= cells.COARSEST else h3.cell_to_center_child(cell, cells.COARSEST)
    # Less than the way to the next middle: the cell alone, or all that lies in a coarser one.
    radius = math.floor(h3.average_hexagon_edge_length(resolution, "km") * 10) / 10
    return CountedCell(
        sheet.outline(cell),
        x,
        y,
        len(codes),
        level,
        cells.to_text(named),
        min(radius, cells.LARGEST_RADIUS_KM),
        Counter(codes).most_common(1)[0][0],
        _ring(cell),
    )


def _ring(cell: int) -> str:
    return " ".join(f"{lat:.4f},{lng:.4f}" for lat, lng in h3.cell_to_boundary(cell))


def _empty(counted: Iterable[int], resolution: int, sheet: Sheet) -> list[str]:
    """Outlines of the cells without results around the middle that can be seen."""
    middle = (
        sheet.top - HEIGHT / 2 / sheet.scale,
        sheet.left + WIDTH / 2 / sheet.scale / sheet.shrink,
    )
    corner = h3.average_hexagon_edge_length(resolution, "km") / KM_PER_DEGREE * sheet.scale
    rings = math.ceil(math.hypot(WIDTH, HEIGHT) / 2 / corner / 1.5)
    around = h3.grid_disk(h3.latlng_to_cell(*middle, resolution), rings)
    taken = set(counted)
    outlines = []
    for cell in around:
        x, y = sheet.at(h3.cell_to_latlng(cell))
        if cell not in taken and -20 < x < WIDTH + 20 and -20 < y < HEIGHT + 20:
            outlines.append(sheet.outline(cell))
    return outlines
