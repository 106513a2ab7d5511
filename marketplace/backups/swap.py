"""The last step of a restore: what was prepared takes the place of what is there.

Files move by renaming, tables of PostgreSQL in one transaction. While it lasts a mark stands in
the instance folder; a site that finds it does not start, for it might be half of each.
"""

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError

from marketplace.backups import ledgers
from marketplace.backups.manifest import STAMP, BackupUnusable
from marketplace.config import Settings

BESIDE = "restoring"  # folder in the instance, schema in PostgreSQL
MARK = "restore-interrupted"
ASIDE = "before-restore-"
RUNNING = "The site is running on this database; stop it (web process and worker), then restore."
STOP_WAIT_SECONDS = 5.0


def is_interrupted(settings: Settings) -> bool:
    return (settings.instance_dir / MARK).exists()


def database_beside(settings: Settings) -> str:
    """The database URL of the instance that is prepared; "" for SQLite in its folder."""
    if not _on_postgresql(settings):
        return ""
    url = make_url(settings.database)
    options = f"{url.query.get('options', '')} -csearch_path={BESIDE}".strip()
    return url.update_query_dict({"options": options}).render_as_string(hide_password=False)


def holds_site(settings: Settings) -> bool:
    """Whether somebody has joined already, or there are uploads: nothing is replaced unasked."""
    if any(path.is_file() for path in settings.uploads_dir.rglob("*")):
        return True
    if not _on_postgresql(settings) and not sqlite_file(settings).exists():
        return False
    try:
        with _connected(settings) as connection:
            if not inspect(connection).has_table("members"):
                return False
            return bool(connection.scalar(text("SELECT EXISTS (SELECT 1 FROM members)")))
    except DatabaseError:
        return True  # it cannot be read, so there was one


def require_stopped(settings: Settings) -> None:
    """Raise BackupUnusable while other processes have the database open."""
    patience = time.monotonic() + STOP_WAIT_SECONDS
    if _on_postgresql(settings):
        while others := _other_connections(settings):
            if time.monotonic() > patience:
                raise BackupUnusable(f"{RUNNING} ({others} connections are open.)")
            time.sleep(0.1)
    elif sqlite_file(settings).exists():
        # Only the last connection can leave WAL mode; all is in one file then.
        with closing(sqlite3.connect(sqlite_file(settings), timeout=STOP_WAIT_SECONDS)) as alone:
            try:
                alone.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError:
                raise BackupUnusable(RUNNING) from None
            except sqlite3.DatabaseError:
                pass  # damaged: that may be why somebody restores


def _other_connections(settings: Settings) -> int:
    with _connected(settings) as connection:
        found = connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        )
    return int(found or 0)


@contextmanager
def place_beside(settings: Settings, beside: Settings) -> Iterator[None]:
    """An empty place for the instance to be prepared, gone afterwards whatever happened."""
    _remove_beside(settings, beside)
    before = os.umask(0o077)
    try:
        beside.instance_dir.mkdir()
        if _on_postgresql(settings):
            with _connected(settings) as connection:
                connection.execute(text(f"CREATE SCHEMA {BESIDE}"))
        yield
    finally:
        os.umask(before)
        _remove_beside(settings, beside)


def swap(settings: Settings, beside: Settings, *, keep: bool, now: datetime) -> str:
    """Put what was prepared in its place; what was there goes aside, or away if nobody had joined.

    Returns where the old site is kept, in words. An exception leaves all as it was.
    """
    require_stopped(settings)
    stamp = now.astimezone(UTC).strftime(STAMP)
    aside = settings.instance_dir / f"{ASIDE}{stamp}"
    schema = f"before_restore_{stamp.lower()}" if _on_postgresql(settings) else ""
    mark = settings.instance_dir / MARK
    mark.touch()
    done: list[tuple[Path, Path]] = []
    try:
        aside.mkdir()
        os.sync()
        for old, new in _moves(settings, beside):
            _rename(old, aside / old.name, done)
            _rename(new, old, done)
        if schema:
            with _connected(settings) as connection:
                _move_tables(connection, schema if keep else "")
    except BaseException:
        for source, goal in reversed(done):
            shutil.move(goal, source)
        with contextlib.suppress(OSError):
            aside.rmdir()
        mark.unlink()
        raise
    shutil.rmtree(settings.index_dir, ignore_errors=True)  # built anew from the database
    os.sync()
    mark.unlink()
    if not keep:
        shutil.rmtree(aside)
        return ""
    return f"{aside} and the schema {schema}" if schema else str(aside)


def _moves(settings: Settings, beside: Settings) -> Iterator[tuple[Path, Path]]:
    """What is there, and what takes its place; either may be missing."""
    for name in ("uploads", ledgers.NAME):
        yield settings.instance_dir / name, beside.instance_dir / name
    for name in ("secret_key", "config.toml"):
        if (beside.instance_dir / name).exists():  # otherwise the present one stays
            yield settings.instance_dir / name, beside.instance_dir / name
    if not _on_postgresql(settings):
        present, prepared = sqlite_file(settings), sqlite_file(beside)
        for end in ("", "-wal", "-shm"):
            yield present.with_name(present.name + end), prepared.with_name(prepared.name + end)


def _rename(source: Path, goal: Path, done: list[tuple[Path, Path]]) -> None:
    if source.exists():
        shutil.move(source, goal)  # a rename, but for a database on another file system
        done.append((source, goal))


def _move_tables(connection: Connection, aside: str) -> None:
    """In the transaction of ``connection``; indexes and sequences go with their tables."""
    quote = connection.dialect.identifier_preparer.quote
    here = str(connection.scalar(text("SELECT current_schema()")))
    old = inspect(connection).get_table_names(schema=here)
    if aside:
        connection.execute(text(f"CREATE SCHEMA {quote(aside)}"))
    for table in old:
        name = f"{quote(here)}.{quote(table)}"
        goes = (
            f"ALTER TABLE {name} SET SCHEMA {quote(aside)}"
            if aside
            else f"DROP TABLE {name} CASCADE"
        )
        connection.execute(text(goes))
    for table in inspect(connection).get_table_names(schema=BESIDE):
        name = f"{quote(BESIDE)}.{quote(table)}"
        connection.execute(text(f"ALTER TABLE {name} SET SCHEMA {quote(here)}"))


def _remove_beside(settings: Settings, beside: Settings) -> None:
    shutil.rmtree(beside.instance_dir, ignore_errors=True)
    if _on_postgresql(settings):
        with _connected(settings) as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE"))


@contextmanager
def _connected(settings: Settings) -> Iterator[Connection]:
    """One transaction on the database of the settings."""
    engine = create_engine(settings.database)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _on_postgresql(settings: Settings) -> bool:
    return make_url(settings.database).get_backend_name() == "postgresql"


def sqlite_file(settings: Settings) -> Path:
    return Path(make_url(settings.database).database or "")
