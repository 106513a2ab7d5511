"""Puts areas into the database and says whether they are sound.

Loading asks what is not yet as the file says and makes it so, so that it may run twice, or after
a crash; areas that a file no longer names stay, because members may have picked them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update

from marketplace.db import is_postgresql, transaction
from marketplace.places import cells, names
from marketplace.places.area_files import Refused, Row, read_indonesia, sample_rows, with_precision
from marketplace.places.models import Area, AreaWord

ROWS_AT_ONCE = 10_000

Echo = Callable[[str], Any]
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did."""

    added: int
    changed: int
    unchanged: int
    refused: tuple[Refused, ...] = ()


def _silent(line: str) -> None:
    """Progress for nobody."""


def _batches(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _values(row: Row, above: Mapping[str, Any] | None) -> Values:
    """The columns of an area; without a point of its own it has its parent's cell."""
    cell, resolution = (above["cell"], above["resolution"]) if above else (None, None)
    if row.latitude is not None and row.longitude is not None:
        resolution = row.resolution or cells.COARSEST
        cell = cells.snap_coarsely(row.latitude, row.longitude, resolution)
    return {
        "code": row.code,
        "name": row.name,
        "level": row.level,
        "parent_code": row.parent_code,
        "postcode": row.postcode,
        "population": row.population,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "cell": cell,
        "resolution": resolution,
        "zone": row.zone or (above["zone"] if above else None),
        "search_name": names.fold(names.short_name(row.name)),
    }


def _words(areas: Sequence[Values]) -> list[Values]:
    """The rows of the word index, in its order: that is the quick way to fill it."""
    pairs = sorted(
        (word, area["level"], area["code"])
        for area in areas
        for word in names.index_words(area["name"])
    )
    return [{"word": w, "level": level, "area_code": code} for w, level, code in pairs]


def _compare(
    rows: Sequence[Row], known: dict[str, Values], wordless: Collection[str]
) -> tuple[list[Values], list[Values], list[Refused]]:
    """What is new, what changed and what has no wider area; `known` is brought up to date."""
    new: list[Values] = []
    changed: list[Values] = []
    refused: list[Refused] = []
    for row in rows:
        above = known.get(row.parent_code or "")
        if row.parent_code and (not above or above["level"] >= row.level):
            reason = f"area {row.code}: there is no wider area {row.parent_code}"
            refused.append(Refused(row.line, reason))
            continue
        values = _values(row, above)
        if values != known.get(row.code) or row.code in wordless:
            (changed if row.code in known else new).append(values)
            known[row.code] = values
    return new, changed, refused


def load_rows(rows: Sequence[Row], echo: Echo = _silent) -> Loaded:
    """Make the database hold these areas, the wider ones first. One transaction."""
    rows = sorted(with_precision(rows), key=lambda row: (row.level, row.code))
    table = Area.__table__
    with transaction() as session:
        without_area = AreaWord.area_code.not_in(select(Area.code))
        session.execute(delete(AreaWord).where(without_area))
        has_words = Area.code.in_(select(AreaWord.area_code))
        known = {r["code"]: dict(r) for r in session.execute(select(table)).mappings()}
        wordless = set(session.scalars(select(Area.code).where(~has_words)))
        new, changed, refused = _compare(rows, known, wordless)
        for values in changed:
            session.execute(update(Area).where(Area.code == values["code"]).values(values))
            session.execute(delete(AreaWord).where(AreaWord.area_code == values["code"]))
        done = 0
        for batch in _batches(new):
            session.execute(insert(Area), batch)
            done += len(batch)
            echo(f"Places: {done} of {len(new)}")
        for batch in _batches(_words([*new, *changed])):
            session.execute(insert(AreaWord), batch)
        if len(new) >= ROWS_AT_ONCE and is_postgresql():
            session.execute(text("ANALYZE areas, area_words"))  # else it plans for empty tables
    same = len(rows) - len(new) - len(changed) - len(refused)
    return Loaded(len(new), len(changed), same, tuple(refused))


def load(echo: Echo = _silent) -> Loaded:
    """Load Indonesia."""
    return load_rows(read_indonesia(), echo)


def load_sample() -> Loaded:
    """Load five regencies with all that lies in them: for tests."""
    return load_rows(sample_rows())


def check() -> tuple[dict[str, int], list[str]]:
    """The counts, and what is wrong (empty when the gazetteer is sound)."""
    parent = Area.__table__.alias()
    area = Area.__table__
    with transaction() as session:
        per_level = select(area.c.level, func.count()).group_by(area.c.level)
        levels = {row[0]: row[1] for row in session.execute(per_level)}
        orphans = session.scalar(
            select(func.count())
            .select_from(area.outerjoin(parent, area.c.parent_code == parent.c.code))
            .where(area.c.level > names.PROVINCE, parent.c.code.is_(None))
        )
        unplaced = session.scalar(select(func.count()).where(area.c.cell.is_(None)))
        borrowed = session.scalar(
            select(func.count()).where(area.c.level == names.DISTRICT, area.c.latitude.is_(None))
        )
        wordless = session.scalar(
            select(func.count())
            .select_from(area.outerjoin(AreaWord, AreaWord.area_code == area.c.code))
            .where(AreaWord.word.is_(None))
        )
    labels = {1: "provinces", 2: "regencies", 3: "districts", 4: "villages"}
    counts = {labels[level]: levels.get(level, 0) for level in labels}
    counts["districts at their regency's point"] = borrowed or 0
    wrong = [
        f"{number} {what}"
        for number, what in (
            (orphans, "areas whose wider area is missing"),
            (unplaced, "areas without coordinates, own or inherited"),
            (wordless, "areas that cannot be found by name; load again"),
        )
        if number
    ]
    return counts, wrong if sum(levels.values()) else ["no area is loaded"]
