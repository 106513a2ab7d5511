"""The engine of sites on PostgreSQL: one row per document, one GIN index, ranked with numpy.

Each build is a schema of its own, made in one transaction: what the catalogue shows is complete,
the newest is in use, and a builder that dies leaves nothing behind. Any number of processes on any
number of hosts share it; none keeps anything in memory. Scores are the reference's to the last bit.

The connections are the engine's own: a search never joins the transaction of a request, and what
was applied is committed before the sweep notes it in a transaction of its own.
"""

import contextlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable, DropSchema

from marketplace.search import postgres_builds as builds
from marketplace.search import postgres_lookup as lookup
from marketplace.search import postgres_terms as terms_of_build
from marketplace.search.port import (
    CorpusStats,
    Document,
    Facets,
    IndexBusy,
    IndexFacts,
    IndexUnusable,
    Query,
    Reach,
    Results,
    newest_of,
)
from marketplace.search.postgres_builds import Build
from marketplace.search.postgres_tables import DOCUMENTS, INDEXES, SETTINGS, STATE, TABLES, TERMS
from marketplace.search.postgres_terms import known
from marketplace.search.postgres_writing import exchange, fill

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

WRITING = 0x4C756D62756E67  # key of the advisory lock; PostgreSQL frees it when a process dies
LOCK_SECONDS = 10.0  # how long a writer waits for another one
DROP_LOCK_SECONDS = 1.0  # an old build that somebody still reads is dropped the next time
CONNECT_SECONDS = 5
READ_TRIES = 3  # a rebuild may drop the build between our reading its name and its tables
INDEXING_MEMORY = "256MB"  # of which a rebuild may take that much
NO_LOCK = "55P03"
# A table, column or file that is gone, or a page that cannot be read: reasons to build anew.
DAMAGE = {"42P01", "42703", "3F000", "58P01", "XX000", "XX001", "XX002"}

_d = DOCUMENTS.c


class PostgresIndex:
    """A ``SearchIndex`` in the database of ``url``. Any number read, one at a time writes."""

    def __init__(
        self, url: str, lock_seconds: float = LOCK_SECONDS, most: int = lookup.MOST
    ) -> None:
        self._lock_seconds, self._most = lock_seconds, most
        self.counts_to: int | None = most
        self._engine = sa.create_engine(
            url,
            hide_parameters=True,  # they are what members wrote
            isolation_level="AUTOCOMMIT",  # who reads asks one thing at a time
            skip_autocommit_rollback=True,
            pool_size=2,
            max_overflow=18,
            connect_args={
                "application_name": "lumbung search",
                "connect_timeout": CONNECT_SECONDS,
            },
        )
        sa.event.listen(self._engine, "connect", _prepare)
        self._writers = self._engine.execution_options(isolation_level="READ COMMITTED")
        self._build = ""  # in use when we last looked

    # Reading

    def search(self, query: Query) -> Results:
        return self._read(lambda build: lookup.search(build, query, self._most), notices_swaps=True)

    def facets(self, query: Query, reaches: Sequence[Reach] = ()) -> Facets:
        return self._read(
            lambda build: lookup.facets(build, query, reaches, self._most), notices_swaps=True
        )

    def completions(self, start: str, most: int) -> list[str]:
        return self._read(lambda build: terms_of_build.completions(build, start, most))

    def neighbours(self, word: str, most: int) -> list[str]:
        return self._read(lambda build: terms_of_build.neighbours(build, word, most))

    def stats(self, terms: Collection[str]) -> CorpusStats:
        return self._read(lambda build: known(build, terms).stats(terms), notices_swaps=True)

    def revisions(self) -> dict[int, int]:
        return self._read(
            lambda build: dict(build.ask(f"SELECT id, revision FROM {build.name}.documents"))
        )

    def facts(self) -> IndexFacts:
        def ask(build: Build) -> IndexFacts:
            state = build.ask(f"SELECT documents, written FROM {build.name}.state")
            if not state:
                raise IndexUnusable("the index has lost its state")
            return IndexFacts("PostgreSQL", *state[0], size_bytes=build.size())

        return self._read(ask)

    def usable(self) -> bool:
        try:
            return self._read(_is_whole)
        except Exception:
            return False

    def close(self) -> None:
        self._engine.dispose()

    def _read(self, ask: Callable[[Build], Answer], notices_swaps: bool = False) -> Answer:
        """What ``ask`` answers from the build in use.

        ``notices_swaps``: it reads the state, which says when another build took over; the name
        of the build last seen will do to begin with.
        """
        with self._noticing_damage():
            for tries_left in reversed(range(READ_TRIES)):
                name = self._build if notices_swaps else ""
                try:
                    name = name or self._newest()
                    with contextlib.closing(self._engine.raw_connection()) as lent:
                        answer = ask(Build(name, lent.driver_connection))
                    self._build = name
                    return answer
                except (DBAPIError, psycopg.Error, builds.Replaced) as error:
                    self._build = ""
                    if not tries_left or not self._may_help(error, name):
                        raise
        raise AssertionError("not reached")

    def _newest(self) -> str:
        with self._engine.connect() as connection:
            return builds.newest(connection)

    def _may_help(self, error: Exception, name: str) -> bool:
        """Whether to ask again: the connection was lost, or the build has been replaced."""
        if isinstance(error, builds.Replaced):
            return True
        if isinstance(error, psycopg.OperationalError) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        ):
            self._engine.dispose()  # the others were lost with it
            return True
        return bool(name) and self._newest() != name

    @contextlib.contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """Turn what PostgreSQL says into IndexBusy or IndexUnusable; leave word of damage."""
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            said = getattr(error, "orig", error)
            state = getattr(said, "sqlstate", None)
            if state == NO_LOCK:
                raise IndexBusy("another process is writing to the search index") from error
            log.exception("the search index cannot be used")
            if state in DAMAGE:
                self._mark_broken()
            raise IndexUnusable(f"{type(said).__name__} {state or ''}".strip()) from error

    def _mark_broken(self) -> None:
        """So that the process that writes makes a new build. Never raises."""
        with contextlib.suppress(DBAPIError, IndexUnusable), self._writers.begin() as connection:
            _wait_at_most(connection, DROP_LOCK_SECONDS)
            marked = sa.update(STATE).values(broken=True)
            builds.inside(connection, builds.newest(connection)).execute(marked)

    # Writing

    def apply(self, upserts: Iterable[Document], removals: Collection[int] = ()) -> None:
        newest, leaving = newest_of(upserts), set(removals)
        with self._noticing_damage(), self._writers.begin() as connection:
            self._lock(connection)
            builds.inside(connection, builds.newest(connection))
            about = select(_d.id, _d.revision).where(_d.id.in_(newest.keys() | leaving))
            held = {row.id: row.revision for row in connection.execute(about)}
            fresh = [
                document
                for document in newest.values()
                if document.id in leaving or held.get(document.id, 0) <= document.revision
            ]
            leaving |= {document.id for document in fresh}
            exchange(connection, held.keys() & leaving, fresh)

    def rebuild(
        self, documents: Iterable[Document], progress: Callable[[int], None] | None = None
    ) -> int:
        with self._writers.begin() as connection:
            with self._noticing_damage():
                self._lock(connection)
            builds.retire(connection)
            build = builds.following(connection)
            connection.execute(CreateSchema(build))
            builds.inside(connection, build)
            for table in TABLES:
                connection.execute(CreateTable(table))
            count = fill(connection, documents, progress)
            connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{INDEXING_MEMORY}'")
            for index in INDEXES:
                connection.execute(CreateIndex(index))
            for statement in SETTINGS:
                connection.exec_driver_sql(statement.format(build=build))
            for table in TABLES:
                connection.exec_driver_sql(f"ANALYZE {build}.{table.name}")
        self._settle(build)
        self._drop_older(build)
        return count

    def _lock(self, connection: Connection) -> None:
        """Be the only writer until the end of this transaction."""
        _wait_at_most(connection, self._lock_seconds)
        connection.execute(select(func.pg_advisory_xact_lock(WRITING)))

    def _settle(self, build: str) -> None:
        """Note that all rows are committed: the first searches to see each would have to."""
        names = ", ".join(f"{build}.{table.name}" for table in (DOCUMENTS, TERMS))
        with contextlib.suppress(DBAPIError), self._engine.connect() as connection:
            connection.exec_driver_sql(f"VACUUM {names}")

    def _drop_older(self, build: str) -> None:
        """Never wait long: whoever searches would queue up behind the drop."""
        with self._engine.connect() as connection:
            older = builds.older(connection, build)
        for name in older:
            with contextlib.suppress(DBAPIError), self._writers.begin() as connection:
                _wait_at_most(connection, DROP_LOCK_SECONDS)
                connection.execute(DropSchema(name, cascade=True, if_exists=True))


def _prepare(connection: Any, record: Any) -> None:
    """Compiling takes longer than any search; every lookup has its index, whatever the planner
    thinks of keys of which it has no sample; and a set of rows must not lose its details."""
    for setting in ("jit = off", "enable_seqscan = off", "work_mem = '32MB'"):
        connection.execute(f"SET {setting}")


def _wait_at_most(connection: Connection, seconds: float) -> None:
    limit = f"{int(seconds * 1000)}ms"
    connection.execute(select(func.set_config("lock_timeout", limit, True)))


def _is_whole(build: Build) -> bool:
    """Whether every table is there and holds something when it should."""
    ((documents, broken, has_documents, _),) = build.ask(
        f"""SELECT documents, broken,
                EXISTS (SELECT id FROM {build.name}.documents),
                EXISTS (SELECT term FROM {build.name}.terms)
            FROM {build.name}.state"""
    )
    return not broken and bool(documents) == has_documents
