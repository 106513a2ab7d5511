"""The database handle, and the one way to write: ``transaction()``.

Hides the differences of SQLite and PostgreSQL in locking and time zones.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, DateTime, Dialect, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session
from sqlalchemy.types import TypeDecorator

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
PUBLIC_ID_LENGTH = 12  # 60 random bits: not to be guessed, short enough to read aloud
BUSY_TIMEOUT_MS = 10_000
ANALYSED_ROWS = 1000  # of each index, by SQLite

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utcnow() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def new_public_id() -> str:
    """Twelve random Crockford base32 characters: the only id that leaves the server."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(PUBLIC_ID_LENGTH))


@contextmanager
def transaction() -> Iterator[scoped_session[Session]]:
    """Write inside this block; yields the session.

    Ends the read transaction that came before, so that everything loaded earlier is read again,
    and takes the write lock at once on SQLite (upgrading a read transaction beside another
    writer fails whatever the time-out). Commits at the end, rolls back on any exception. Inside
    another ``transaction()`` it joins that one.
    """
    session = db.session
    if session.info.get("writing"):
        yield session
        return
    session.rollback()
    session.info["writing"] = True
    try:
        session.connection(execution_options={"write": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)


def changed(statement: Any) -> int:
    """Execute an UPDATE or DELETE; returns how many rows it changed."""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount


def gather_statistics() -> int:
    """Note how the tables are filled; some hundredths of a second. PostgreSQL does it by itself.

    Without it SQLite takes any filter for a sharp one, and reads everything that is open to find
    the twenty rows whose ids it was given.
    """
    if not is_postgresql():
        with transaction() as session:
            for statement in (f"PRAGMA analysis_limit = {ANALYSED_ROWS}", "ANALYZE"):
                session.connection().exec_driver_sql(statement)
    return 0


def is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def prepare_engine(engine: Engine) -> None:
    """Set what every connection needs; SQLite only, PostgreSQL needs nothing."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten in the file too
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
