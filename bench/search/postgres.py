"""A PostgreSQL server kept for the bench, and the processor time that it spends on an engine."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests import postgresql

SETTINGS = {
    "shared_buffers": "4GB",  # nothing that is timed is read from a disk
    "maintenance_work_mem": "512MB",
    "work_mem": "64MB",
    "max_parallel_workers_per_gather": "0",  # one process's time can be told; it saves none
    "jit": "off",  # takes longer than the searches
    "random_page_cost": "1.1",
}


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Its URL without a database. Data stay in the folder."""
    with postgresql.server(folder, SETTINGS) as url:
        yield url.removesuffix("/postgres")


def database(server_url: str, name: str, fresh: bool) -> str:
    """The URL of a database of the server; ``fresh``: made anew, and those of other code go."""
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        if fresh:
            like = name.rpartition("-")[0].replace("_", "\\_") + "-%"
            known = "SELECT datname FROM pg_database WHERE datname LIKE %s"
            for (other,) in connection.execute(known, (like,)).fetchall():
                drop(f"{server_url}/{other}")
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{server_url}/{name}"


def copy(url: str) -> str:
    """The URL of a copy of this database, to which nobody may be connected."""
    server_url, _, name = url.rpartition("/")
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(f"{name}_copy"), sql.Identifier(name)
            )
        )
    return f"{url}_copy"


def drop(url: str) -> None:
    server_url, _, name = url.rpartition("/")
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def warm(url: str) -> None:
    """Read its tables and indexes into the server's memory, as after a day of questions. Where
    the server has no pg_prewarm, the first questions do that, for every engine alike."""
    with psycopg.connect(url, autocommit=True) as connection:
        has = "SELECT FROM pg_available_extensions WHERE name = 'pg_prewarm'"
        if connection.execute(has).fetchone() is not None:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            connection.execute(
                "SELECT pg_prewarm(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't')"
            )


def processes(url: str) -> list[int]:
    """The server's processes that work for this database now."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [row[0] for row in rows]


def processor_seconds(pids: list[int]) -> float:
    """What they have spent so far: from schedstat, whose unit is the nanosecond."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return total / 1e9
