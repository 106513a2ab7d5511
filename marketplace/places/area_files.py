"""Areas as files say them: Indonesia's committed lists, and the CSV of another country.

Reads and checks; knows no database.
"""

import csv
import lzma
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from marketplace.places import cells, names
from marketplace.places.zones import zone_of_area

DATA = Path(__file__).parent / "data"
CSV_COLUMNS = (
    *("code", "name", "level", "parent_code", "postcode", "population"),
    *("latitude", "longitude", "resolution", "zone"),
)
CODE_LONGEST, NAME_LONGEST, POSTCODE_LONGEST = 24, 120, 10  # as wide as the columns
SAMPLE = ("31.74", "32.76", "34.03", "34.04", "53.71")


@dataclass(frozen=True, slots=True)
class Row:
    """One area as a file says it."""

    code: str
    name: str
    level: int
    parent_code: str | None = None
    postcode: str | None = None
    population: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    resolution: int | None = None
    zone: str | None = None
    line: int = 0  # where it stands in the file, 0 when nobody will ask


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken, with what is wrong with it (English, for the operator)."""

    number: int
    reason: str


def _lines(name: str) -> Iterator[dict[str, str]]:
    with lzma.open(DATA / name, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def read_indonesia() -> list[Row]:
    """Every area of Indonesia, from the committed files."""
    points = {line["code"]: line for line in _lines("coordinates.csv.xz")}
    rows = []
    for line in _lines("areas.csv.xz"):
        code = line["code"]
        point = points.get(code)
        rows.append(
            Row(
                code=code,
                name=line["name"],
                level=code.count(".") + 1,
                parent_code=code.rpartition(".")[0] or None,
                postcode=line["postcode"] or None,
                population=int(line["population"]) if line["population"] else None,
                latitude=float(point["latitude"]) if point else None,
                longitude=float(point["longitude"]) if point else None,
                resolution=int(point["resolution"]) if point else None,
                zone=zone_of_area(code),
            )
        )
    return rows


@cache
def sample_rows() -> tuple[Row, ...]:
    """Five regencies with all that lies in them and above them: for tests."""

    def wanted(code: str) -> bool:
        return any(code.startswith(s) or s.startswith(code + ".") for s in SAMPLE)

    return tuple(row for row in read_indonesia() if wanted(row.code))


def _number(line: Mapping[str, str | None], column: str, low: float, high: float) -> float | None:
    text = (line.get(column) or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{column} is not a number: {text!r}") from None
    if not low <= number <= high:
        raise ValueError(f"{column} must be from {low:g} to {high:g}: {text}")
    return number


def _whole(line: Mapping[str, str | None], column: str, low: float, high: float) -> int | None:
    number = _number(line, column, low, high)
    if number is not None and number != int(number):
        raise ValueError(f"{column} must be a whole number")
    return None if number is None else int(number)


def _text(line: Mapping[str, str | None], column: str, longest: int) -> str | None:
    text = (line.get(column) or "").strip()
    if len(text) > longest:
        raise ValueError(f"{column} has more than {longest} characters")
    return text or None


def parse_line(line: Mapping[str, str | None]) -> Row:
    """One line of a CSV as a row; ValueError with the reason when it cannot be taken."""
    code, name = _text(line, "code", CODE_LONGEST), _text(line, "name", NAME_LONGEST)
    level = _whole(line, "level", names.PROVINCE, names.VILLAGE)
    if not (code and name and level):
        raise ValueError("code, name and level are needed")
    if not names.fold(name):
        raise ValueError("name has no letter that can be typed in a search")
    parent = _text(line, "parent_code", CODE_LONGEST)
    if (level > names.PROVINCE) != bool(parent):
        raise ValueError("parent_code is needed for level 2 to 4, and only there")
    latitude, longitude = _number(line, "latitude", -90, 90), _number(line, "longitude", -180, 180)
    if (latitude is None) != (longitude is None):
        raise ValueError("latitude and longitude belong together")
    zone = _text(line, "zone", 40) or zone_of_area(code)
    if level == names.PROVINCE and not zone:
        raise ValueError("zone is needed for level 1, such as Asia/Kuala_Lumpur")
    if zone and zone not in available_timezones():
        raise ValueError(f"zone is not known: {zone}")
    return Row(
        code,
        name,
        level,
        parent,
        _text(line, "postcode", POSTCODE_LONGEST),
        _whole(line, "population", 0, 10**10),
        latitude,
        longitude,
        _whole(line, "resolution", cells.COARSEST, cells.FINEST),
        zone,
    )


def read_csv(lines: Iterable[str]) -> tuple[list[Row], list[Refused]]:
    """The rows of a CSV whose first line names the columns (see CSV_COLUMNS), and the rest.

    Raises ValueError when the first line does not name code, name and level.
    """
    reader = csv.DictReader(lines)
    if not {"code", "name", "level"} <= set(reader.fieldnames or ()):
        raise ValueError("the first line must name the columns: " + ",".join(CSV_COLUMNS))
    rows: dict[str, Row] = {}
    refused = []
    for line in reader:
        try:
            row = parse_line(line)
            if row.code in rows:
                raise ValueError(f"code {row.code} stands in the file twice")
            rows[row.code] = replace(row, line=reader.line_num)
        except ValueError as reason:
            refused.append(Refused(reader.line_num, str(reason)))
    return list(rows.values()), refused


def with_precision(rows: Sequence[Row]) -> list[Row]:
    """Rows with a point have a resolution: 5 down to a regency, else by the next centre."""
    open_rows = {r.code: r for r in rows if r.latitude is not None and r.resolution is None}
    centres = {
        r.code: (r.latitude, r.longitude)
        for r in rows
        if r.level > names.REGENCY and r.latitude is not None and r.longitude is not None
    }
    by_code = cells.precisions(centres) if open_rows else {}
    return [
        replace(r, resolution=by_code.get(r.code, cells.COARSEST)) if r.code in open_rows else r
        for r in rows
    ]
