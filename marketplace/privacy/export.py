"""A copy of everything that is held of a member, as the register says: ``data.json``, a page to
read it by, and the photos, in one zip.

Rows are read in pages, so that memory does not grow with a long life here. What is never in it:
addresses, numbers and passwords of others, tokens, keys, and what staff noted for themselves.
"""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Table, select

from marketplace import picture_files
from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.exchanges.rules import UNTOLD
from marketplace.listings import hours
from marketplace.places import cells
from marketplace.places import service as places
from marketplace.privacy.erasure import rows_of
from marketplace.privacy.held import WHOLE, Held
from marketplace.privacy.register import HELD

VERSION = 1  # raised when a reader of data.json would have to change
PAGE = 200  # rows read at once
PHOTO_SUFFIX, PORTRAIT_SUFFIX = "-960.webp", "-240.webp"  # the largest that are kept
PICTURES = ("photos", "message_photos")  # tables whose rows name files
Row = dict[str, Any]
Render = Callable[["Copy"], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Copy:
    """What a copy begins with, and its sections: (table, rows), read while they are gone over."""

    member: Member
    made_at: datetime
    site: str
    address: str

    def sections(self) -> Iterator[tuple[str, Iterator[Row]]]:
        for name, held in HELD.items():
            if not held.part_of and WHOLE not in held.withheld:
                yield name, _rows(name, held, self.member)

    def head(self) -> Row:
        return {
            "format": "copy of the data of one member",
            "version": VERSION,
            "site": self.site,
            "address": self.address,
            "made_at": self.made_at.isoformat(),
        }


def write(copy: Copy, file: IO[bytes], *, uploads: Path, render: Render) -> None:
    """Write the zip. ``render`` makes the page ``index.html``, piece by piece."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("index.html", "w") as page:
            for piece in render(copy):
                page.write(piece.encode())
        with archive.open("data.json", "w", force_zip64=True) as data:
            for text in _json(copy):
                data.write(text.encode())
        for name, suffix in _photo_names(copy.member):
            stored = picture_files.path_of(uploads, name, suffix)
            if stored.is_file():
                archive.write(stored, _photo_file(name), zipfile.ZIP_STORED)


def copy_of(member: Member, site: str, address: str) -> Copy:
    return Copy(member, utcnow(), site, address)


def _json(copy: Copy) -> Iterator[str]:
    yield "{\n"
    for key, value in copy.head().items():
        yield f'  "{key}": {_dump(value)},\n'
    for number, (name, rows) in enumerate(copy.sections()):
        yield (",\n" if number else "") + f'  "{name}": ['
        for row_number, row in enumerate(rows):
            yield (",\n    " if row_number else "\n    ") + _dump(row)
        yield "]"
    yield "\n}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def shown_columns(name: str) -> list[str]:
    """The columns of a table that a copy shows, in the order of the table."""
    columns = db.metadata.tables[name].columns
    return [column.name for column in columns if column.name not in HELD[name].withheld]


def parts_of(name: str) -> list[str]:
    """The tables that stand inside the rows of this one."""
    return [n for n, h in HELD.items() if h.part_of == name and WHOLE not in h.withheld]


def _rows(name: str, held: Held, member: Member) -> Iterator[Row]:
    """The member's rows of a table, with what stands inside them, oldest first."""
    table = db.metadata.tables[name]
    (key,) = table.primary_key.columns
    mine, last = rows_of(name, member.id, held.shown_by), None
    while True:
        page = select(table).where(mine).order_by(key).limit(PAGE)
        found = db.session.execute(page.where(key > last) if last is not None else page).all()
        yield from _pictured(name, [dict(row._mapping) for row in found], member)
        if len(found) < PAGE:
            return
        last = found[-1]._mapping[key]


def _pictured(name: str, rows: list[Row], member: Member) -> list[Row]:
    """Rows as a reader sees them: without what is withheld, references as ids and names."""
    table = db.metadata.tables[name]
    names = {
        key.parent.name: _named(key.column.table.name, {row[key.parent.name] for row in rows})
        for key in table.foreign_keys
        if key.parent.name not in HELD[name].withheld
    }
    areas = places.area_names(row.get("area_code") for row in rows)
    ids = [row["id"] for row in rows] if parts_of(name) else []
    inside = {part: _inside(part, name, ids, member) for part in parts_of(name)}
    made = []
    for row in rows:
        shown = {key_of(c): _value(c, row[c], names.get(c)) for c in shown_columns(name)}
        if "area_code" in row:
            shown["area"] = areas.get(row["area_code"] or "", "")
        if name in PICTURES:
            shown["file"] = _photo_file(row["name"])
        if row.get("photo_name"):
            shown["photo"] = _photo_file(row["photo_name"])
        made.append(shown | {part: found.get(row["id"], []) for part, found in inside.items()})
    return made


def _inside(part: str, whole: str, ids: list[int], member: Member) -> dict[int, list[Row]]:
    """The rows of a table that stands inside another, by the id of the row that they belong to."""
    table = db.metadata.tables[part]
    column = _column_to(table, whole)
    rows = db.session.execute(select(table).where(table.c[column].in_(ids)).order_by(table.c.id))
    plain = [_as_told(part, dict(row._mapping), member) for row in rows]
    found: dict[int, list[Row]] = {}
    for row, shown in zip(plain, _pictured(part, plain, member), strict=True):
        found.setdefault(row[column], []).append(shown)
    return found


def _as_told(part: str, row: Row, member: Member) -> Row:
    """A step of an exchange without the other side's reason where that is not passed on: who did
    not feel safe must not have to fear that the other reads it."""
    if part == "exchange_events" and row["actor_id"] != member.id and row["reason"] in UNTOLD:
        return row | {"reason": "other"}
    return row


def _column_to(table: Table, target: str) -> str:
    return next(str(k.parent.name) for k in table.foreign_keys if k.column.table.name == target)


def _named(target: str, ids: set[int | None]) -> Mapping[int, Any]:
    """What a reference is shown as: the random id of a row, and what others call it."""
    table = db.metadata.tables[target]
    said = [table.c[name] for name in ("public_id", "name", "title") if name in table.c]
    if not said:
        return {}
    wanted = select(table.c.id, *said).where(table.c.id.in_(ids - {None}))
    return {row[0]: {key_of(c.name): v or None for c, v in zip(said, row[1:], strict=True)}
            for row in db.session.execute(wanted)}  # fmt: skip


def key_of(column: str) -> str:
    """The key of a column in the copy: its name, without what only databases need."""
    return column.removesuffix("_id") if column != "public_id" else "id"


def _value(column: str, value: Any, names: Mapping[int, Any] | None) -> Any:
    if names is not None:
        return names.get(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if column == "cell" and value is not None:
        return cells.to_text(value)
    if column == "hours" and value is not None:
        picks = hours.picks_of(hours.decode(value))
        return hours.to_fields(picks)
    return value


def _photo_names(member: Member) -> Iterator[tuple[str, str]]:
    """Name and suffix of her own photo, of those of her posts and messages, and of what came back
    to her."""
    if member.photo_name:
        yield member.photo_name, PORTRAIT_SUFFIX
    for pictures in PICTURES:
        table = db.metadata.tables[pictures]
        names = db.session.scalars(select(table.c.name).where(rows_of(pictures, member.id)))
        yield from ((name, PHOTO_SUFFIX) for name in names)
    named = db.metadata.tables["return_checks"].c.photo_name
    checks = select(named).where(rows_of("return_checks", member.id), named != "")
    yield from ((name, PHOTO_SUFFIX) for name in db.session.scalars(checks))


def _photo_file(name: str) -> str:
    return f"photos/{name}.webp"
