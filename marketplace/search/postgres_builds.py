"""The builds of an index on PostgreSQL: one schema each, the newest of our format is in use.

A build is made in one transaction, so that the catalogue never shows an unfinished one.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from marketplace.search.port import IndexUnusable

ANY_BUILD = "lumbung_search_"
FORMAT = 4  # raise it when what is stored changes: builds of other formats count as none
PREFIX = f"{ANY_BUILD}{FORMAT}_"  # then a number that only grows, whatever the format


class Replaced(Exception):
    """Another build has taken over."""


@dataclass(frozen=True, slots=True)
class Build:
    """One build, asked over a connection of the driver itself: what lies in between takes longer
    than such a look-up."""

    name: str
    driver: Any

    @classmethod
    def meant(cls, connection: Connection) -> "Build":
        """The one that the tables of ``postgres_query`` mean on this connection."""
        return cls(of(connection), connection.connection.driver_connection)

    def ask(self, statement: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Rows as they are stored: packed ones would be twice as long in text."""
        return list(self.driver.execute(statement, values, binary=True))

    def size(self) -> int:
        """Bytes of its tables and indexes."""
        found = """SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = %(build)s AND c.relkind = 'r'"""
        return int(self.ask(found, {"build": self.name})[0][0])


def newest(connection: Connection) -> str:
    """The build in use."""
    own = [build for build in _builds(connection) if build.startswith(PREFIX)]
    if not own:
        raise IndexUnusable("there is no index yet")
    return own[-1]


def following(connection: Connection) -> str:
    """A name for the next build; hold the lock of writers until it is committed."""
    numbers = [_number(build) for build in _builds(connection)]
    return f"{PREFIX}{max(numbers, default=0) + 1}"


def retire(connection: Connection) -> None:
    """The build in use will be replaced when this transaction commits: say so in its state, which
    every search reads. One that is damaged says nothing, and is found to be damaged."""
    with contextlib.suppress(DBAPIError, IndexUnusable):
        build = newest(connection)
        with connection.begin_nested():
            connection.exec_driver_sql(f"UPDATE {build}.state SET replaced = true")


def older(connection: Connection, build: str) -> list[str]:
    """Builds of any format that came before this one."""
    return [one for one in _builds(connection) if _number(one) < _number(build)]


def inside(connection: Connection, build: str) -> Connection:
    """From now on the tables of ``postgres_query`` mean those of this build."""
    return connection.execution_options(schema_translate_map={"build": build})


def of(connection: Connection) -> str:
    """The build that they mean."""
    return str(connection.get_execution_options()["schema_translate_map"]["build"])


def _builds(connection: Connection) -> list[str]:
    named = sa.text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :start)")
    return sorted(connection.scalars(named, {"start": ANY_BUILD}), key=_number)


def _number(build: str) -> int:
    return int(build.rpartition("_")[2])
