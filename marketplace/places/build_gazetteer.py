"""Builds the committed data files from the published sources; run by a developer, not the site.

    python -m marketplace.places.build_gazetteer SOURCE_FOLDER [TARGET_FOLDER]

SOURCE_FOLDER holds wilayah_2025.csv, kodepos_desa.csv, penduduk_2025.csv (MIT) and
coords_{regencies,districts}_2021.json, kabkota_merged.csv (ODbL). The two licences stay in files of
their own: `areas.csv.xz` (code, name, postcode, population), and `coordinates.csv.xz` (code,
latitude, longitude, resolution) with `poverty.csv` (code, poverty_pct). The same input gives the
same bytes.

The coordinates come from a geocoder and carry the codes of 2021, so they are joined by names
within the parent, and what cannot be true is left out: points far outside the other districts of
their regency, and points that several districts share (namesakes, placeholders) unless just one of
them can be there. A district without a point takes that of its regency, with its precision.
"""

import csv
import difflib
import io
import json
import lzma
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import h3.api.basic_int as h3

from marketplace.places.cells import COARSEST, precisions
from marketplace.places.names import fold, joined

# A point is out when it is this many times further from the regency's middle than the median
# district, and at least so far.
FAR_TIMES, FAR_KM = 4.0, 8.0
REGENCY_FAR_TIMES, REGENCY_FAR_KM = 2.5, 15.0
ALIKE = 0.84  # spellings of one name ("Lubuak Aluang", "Lubuk Alung")

RENAMED = {  # regencies that changed their name since 2021
    "Kabupaten Toba": "Kabupaten Toba Samosir",
    "Kota Padangsidimpuan": "Kota Padang Sidempuan",
    "Kabupaten Mahakam Ulu": "Kabupaten Mahakam Hulu",
    "Kabupaten Kep. Siau Tagulandang Biaro": "Kabupaten Siau Tagulandang Biaro",
    "Kabupaten Pasangkayu": "Kabupaten Mamuju Utara",
    "Kabupaten Kepulauan Tanimbar": "Kabupaten Maluku Tenggara Barat",
}
NUMBERS = {"satu": "i", "dua": "ii", "tiga": "iii", "empat": "iv", "1": "i", "2": "ii", "3": "iii"}
SIDES = {"utara", "selatan", "timur", "barat", "tengah", "tenggara", "hulu", "hilir", "ulu"}
SIDES |= {"dalam", "luar", "atas", "bawah", "baru", "lama", "kota", "pusat", "raya"}


class Point(NamedTuple):
    latitude: float
    longitude: float


def km(a: Point, b: Point) -> float:
    return h3.great_circle_distance(a, b, unit="km")


def middle(points: list[Point]) -> Point:
    """The median of the latitudes and of the longitudes: wild points do not move it."""
    return Point(median(p.latitude for p in points), median(p.longitude for p in points))


def key(name: str) -> str:
    return "".join(NUMBERS.get(word, word) for word in fold(name).split())


def marks(name: str) -> set[str]:
    """The words that tell neighbours of like names apart."""
    words = {NUMBERS.get(word, word) for word in fold(name).split()}
    return words & (SIDES | set(NUMBERS.values()))


def join_districts(ours: dict[str, str], theirs: dict[str, Point]) -> dict[str, Point]:
    """Points of our districts (code -> name) from theirs (name -> point), in one regency."""
    by_key = {key(name): name for name in theirs}
    found = {code: by_key[key(name)] for code, name in ours.items() if key(name) in by_key}
    left = {name for name in theirs if name not in found.values()}
    for code, name in sorted(ours.items()):
        near = [
            (difflib.SequenceMatcher(None, key(name), key(other)).ratio(), other)
            for other in sorted(left)
            if code not in found and marks(name) == marks(other)
        ]
        if near and max(near)[0] >= ALIKE:
            found[code] = max(near)[1]
            left.discard(found[code])
    return {code: theirs[name] for code, name in found.items()}


def believable(points: dict[str, Point], shared: set[Point]) -> dict[str, Point]:
    """The points of one regency without those that lie far outside the others."""
    own = [p for p in points.values() if p not in shared]
    if len(own) < 3:
        return {code: p for code, p in points.items() if p not in shared}
    centre = middle(own)
    limit = max(FAR_KM, FAR_TIMES * median(km(p, centre) for p in own))
    return {code: p for code, p in points.items() if km(p, centre) <= limit}


def without_rivals(points: dict[str, Point]) -> dict[str, Point]:
    """The points that belong to one district only."""
    times = Counter(points.values())
    return {code: p for code, p in points.items() if times[p] == 1}


def regency_point(given: Point, districts: list[Point]) -> Point:
    """The regency's point, or the middle of its districts when it cannot be right."""
    if len(districts) < 3:
        return given
    centre = middle(districts)
    spread = median(km(p, centre) for p in districts)
    return given if km(given, centre) <= max(REGENCY_FAR_KM, REGENCY_FAR_TIMES * spread) else centre


def with_resolutions(points: dict[str, Point]) -> dict[str, tuple[Point, int]]:
    """Each district's point with its precision, by the distance to the next centre."""
    by_code = precisions(points)
    return {code: (point, by_code[code]) for code, point in points.items()}


def read_points(path: Path, parent: str) -> dict[str, dict[str, tuple[str, Point]]]:
    """parent id -> name -> (id, point), of the rows that have one."""
    found: dict[str, dict[str, tuple[str, Point]]] = defaultdict(dict)
    for r in json.loads(path.read_text("utf-8")):
        if r["latitude"] is not None:
            point = Point(float(r["latitude"]), float(r["longitude"]))
            found[r.get(parent, "")][r["name"]] = (r["id"], point)
    return found


def coordinates(names: dict[str, str], source: Path) -> dict[str, tuple[Point, int]]:
    """code -> (point, resolution) of provinces, regencies and named districts."""
    regencies = {
        joined(name): found
        for group in read_points(source / "coords_regencies_2021.json", "province_id").values()
        for name, found in group.items()
    }
    districts = read_points(source / "coords_districts_2021.json", "regency_id")
    times = Counter(point for group in districts.values() for _, point in group.values())
    shared = {point for point, count in times.items() if count > 1}
    chosen: dict[str, Point] = {}
    result: dict[str, tuple[Point, int]] = {}
    for code, name in names.items():
        if len(code) != 5:
            continue
        old = joined(RENAMED.get(name, name).replace("Administrasi ", ""))
        number, given = regencies[old]
        theirs = {n: p for n, (_, p) in districts[number].items()}
        ours = {c: n for c, n in names.items() if len(c) == 8 and c.startswith(code + ".")}
        good = believable(join_districts(ours, theirs), shared)
        chosen |= good
        result[code] = (regency_point(given, [*good.values()]), COARSEST)
    for code in [c for c in names if len(c) == 2]:
        inside = [point for c, (point, _) in result.items() if c.startswith(code + ".")]
        result[code] = (middle(inside), COARSEST)
    return result | with_resolutions(without_rivals(chosen))


def read_column(path: Path, column: str) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["kode"]: row[column] for row in csv.DictReader(lines)}


def write(path: Path, header: str, rows: Sequence[tuple[object, ...]]) -> None:
    text = io.StringIO()
    text.write(header + "\n")
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_bytes(lzma.compress(text.getvalue().encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size // 1024} KB")


def write_poverty(path: Path, merged: Path) -> None:
    """People in poverty per regency or city, in per cent (BPS, 2021), where there is a figure."""
    rates = read_column(merged, "miskin_pct_2021")
    lines = [f"{code},{rate}" for code, rate in sorted(rates.items()) if rate]
    path.write_text("\n".join(["code,poverty_pct", *lines, ""]), "utf-8")


def main(source: Path, target: Path) -> None:
    names = {
        code: re.sub(r"\s+", " ", name).strip()
        for code, name in read_column(source / "wilayah_2025.csv", "nama").items()
    }
    postcodes = read_column(source / "kodepos_desa.csv", "kodepos")
    people = read_column(source / "penduduk_2025.csv", "total")
    rows = [(c, n, postcodes.get(c, ""), people.get(c, "")) for c, n in sorted(names.items())]
    write(target / "areas.csv.xz", "code,name,postcode,population", rows)
    placed = [
        (code, f"{p.latitude:.4f}", f"{p.longitude:.4f}", resolution)
        for code, (p, resolution) in sorted(coordinates(names, source).items())
    ]
    write(target / "coordinates.csv.xz", "code,latitude,longitude,resolution", placed)
    write_poverty(target / "poverty.csv", source / "kabkota_merged.csv")


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[1:]]
    main(folders[0], folders[1] if len(folders) > 1 else Path(__file__).parent / "data")
