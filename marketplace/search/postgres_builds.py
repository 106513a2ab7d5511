"""The builds of an index on PostgreSQL: one schema each, the newest of our format is in use.

A build is made in one transaction, so that the catalogue never shows an unfinished one.
"""

import sqlalchemy as sa
from sqlalchemy import Connection

from marketplace.search.port import IndexUnusable

ANY_BUILD = "lumbung_search_"
FORMAT = 1  # raise it when what is stored changes: builds of other formats count as none
PREFIX = f"{ANY_BUILD}{FORMAT}_"  # then a number that only grows, whatever the format


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
