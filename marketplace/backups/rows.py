"""Rows as JSON lines, the same for SQLite and PostgreSQL.

One ``tables/<name>.jsonl.gz`` per table, an object per row, a NULL left out. Instants are ISO 8601
in UTC, bytes base64. Tables are read from the database itself, not from the models, so that a
database of any revision can be written and filled.
"""

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    false,
    func,
    insert,
    inspect,
    select,
    text,
)

FOLDER = "tables"
SUFFIX = ".jsonl.gz"
REVISION_TABLE = "alembic_version"
ROWS_AT_ONCE = 1000
GZIP_LEVEL = 3  # measured on the demo: a third of the time of level 6, a tenth more bytes
# What is erased after some days would live on in copies: these tables come back empty.
NOT_COPIED = {"exact_places"}
Echo = Callable[[str], None]


class RowsRefused(Exception):
    """The rows do not fit, or do not fit together; the message names the table."""


def tables_of(connection: Connection) -> list[Table]:
    """The tables of the site, parents before their children."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != REVISION_TABLE]


def revision_of(connection: Connection) -> str:
    """The migration the database is at; "" when it holds no site."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return ""
    return str(connection.scalar(text(f"SELECT version_num FROM {REVISION_TABLE}")) or "")


def write_tables(connection: Connection, folder: Path, echo: Echo) -> dict[str, int]:
    """Write every table below ``folder``; returns the number of rows of each.

    ``connection`` must stand in one snapshot for all of it.
    """
    (folder / FOLDER).mkdir()
    counts = {}
    for table in tables_of(connection):
        path = folder / FOLDER / f"{table.name}{SUFFIX}"
        counts[table.name] = _write(connection, table, path)
        echo(f"  {table.name}: {counts[table.name]} rows")
    return counts


def _write(connection: Connection, table: Table, path: Path) -> int:
    columns = list(table.columns)
    # JSON is taken as the text it is stored as: JSON's null and SQL's NULL stay two things.
    chosen = [cast(c, Text).label(c.name) if _is_json(c) else c for c in columns]
    statement = select(*chosen).order_by(*table.primary_key.columns)
    if table.name in NOT_COPIED:
        statement = statement.where(false())
    count = 0
    with gzip.open(path, "wt", compresslevel=GZIP_LEVEL, encoding="utf-8", newline="\n") as file:
        for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement):
            values = {
                column.name: json.loads(value) if _is_json(column) else _plain(value)
                for column, value in zip(columns, row, strict=True)
                if value is not None
            }
            file.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def load_tables(
    connection: Connection, folder: Path, counts: Mapping[str, int], echo: Echo
) -> None:
    """Fill the (migrated) tables with the files below ``folder``; what a migration put there goes.

    Foreign keys need not hold meanwhile, and are checked by the caller at the end. Raises
    RowsRefused for a table or column that this revision does not have, or a wrong number of rows.
    """
    tables = {table.name: table for table in tables_of(connection)}
    unknown = sorted(set(counts) - set(tables))
    if unknown:
        raise RowsRefused(f"the schema has no table {unknown[0]}")
    for table in reversed(tables.values()):
        connection.execute(table.delete())
    for name in tables:
        if name not in counts:
            continue
        loaded = 0
        for batch in _batches(tables[name], folder / FOLDER / f"{name}{SUFFIX}"):
            connection.execute(insert(tables[name]), batch)
            loaded += len(batch)
        found = connection.scalar(select(func.count()).select_from(tables[name]))
        if not loaded == found == counts[name]:
            raise RowsRefused(f"{name}: {counts[name]} rows were expected, {found} are there")
        echo(f"  {name}: {loaded} rows")


def _batches(table: Table, path: Path) -> Iterator[list[dict[str, Any]]]:
    columns = {column.name: column for column in table.columns}
    for column in columns.values():
        if _is_json(column):
            column.type = JSON(none_as_null=True)
    batch: list[dict[str, Any]] = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            values = json.loads(line)
            for name in values:
                if name not in columns:
                    raise RowsRefused(f"{table.name}: the schema has no column {name}")
            batch.append({name: _typed(c, values, name) for name, c in columns.items()})
            if len(batch) == ROWS_AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _plain(value: Any) -> Any:
    """A value as JSON has it. Raises TypeError for a kind that nobody has thought of yet."""
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot be written to a backup")


def _typed(column: Column[Any], values: Mapping[str, Any], name: str) -> Any:
    value = values.get(name)
    if value is None:
        return JSON.NULL if name in values else None
    if isinstance(column.type, DateTime):
        aware = datetime.fromisoformat(value)
        return aware if column.type.timezone else aware.replace(tzinfo=None)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    return value
