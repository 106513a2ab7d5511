"""The engine of sites on PostgreSQL: one row per document, one GIN index, ranking in SQL.

Each build is a schema of its own, made in one transaction: what the catalogue shows is complete,
the newest is in use, and a builder that dies leaves nothing behind. Any number of processes on any
number of hosts share it; none keeps anything in memory. Scores are the reference's to the last bit:
``scoring`` writes the SQL itself, and PostgreSQL calculates in the same doubles.

The connections are the engine's own: a search never joins the transaction of a request, and what
was applied is committed before the sweep notes it in a transaction of its own.
"""

import contextlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable, DropSchema

from marketplace.search import postgres_builds as builds
from marketplace.search import scoring, spelling
from marketplace.search.port import (
    CorpusStats,
    Document,
    Facets,
    IndexBusy,
    IndexUnusable,
    Query,
    Reach,
    Results,
    newest_of,
)
from marketplace.search.postgres_query import corpus_stats, facets, results
from marketplace.search.postgres_tables import DOCUMENTS, LOOKUP, STATE, TERMS
from marketplace.search.postgres_writing import count as count_documents
from marketplace.search.postgres_writing import insert, put_in, take_out
from marketplace.search.terms import MARKS, is_word

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

WRITING = 0x4C756D62756E67  # key of the advisory lock; PostgreSQL frees it when a process dies
LOCK_SECONDS = 10.0  # how long a writer waits for another one
DROP_LOCK_SECONDS = 1.0  # an old build that somebody still reads is dropped the next time
CONNECT_SECONDS = 5
READ_TRIES = 3  # a rebuild may drop the build between our reading its name and its tables
INSERTED_AT_ONCE = 500
NO_LOCK = "55P03"
# A table, column or file that is gone, or a page that cannot be read: reasons to build anew.
DAMAGE = {"42P01", "42703", "3F000", "58P01", "XX000", "XX001", "XX002"}

_d = DOCUMENTS.c


class PostgresIndex:
    """A ``SearchIndex`` in the database of ``url``. Any number read, one at a time writes."""

    def __init__(self, url: str, lock_seconds: float = LOCK_SECONDS) -> None:
        self._lock_seconds = lock_seconds
        self._engine = sa.create_engine(
            url,
            hide_parameters=True,  # they are what members wrote
            pool_size=2,
            max_overflow=18,
            connect_args={
                "application_name": "lumbung search",
                "connect_timeout": CONNECT_SECONDS,
                "prepare_threshold": None,  # a plan made for other words may be a bad one
            },
        )
        sa.event.listen(self._engine, "connect", _tell_costs)
        self._readers = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    # Reading

    def search(self, query: Query) -> Results:
        terms = scoring.terms_of(query.groups)

        def ask(connection: Connection) -> Results:
            plan = scoring.plan(query.groups, corpus_stats(connection, terms), query.weights)
            return results(connection, query, plan)

        return self._read(ask)

    def facets(self, query: Query, reaches: Sequence[Reach] = ()) -> Facets:
        terms = scoring.terms_of(query.groups)

        def ask(connection: Connection) -> Facets:
            plan = scoring.plan(query.groups, corpus_stats(connection, terms), query.weights)
            return facets(connection, query, plan, reaches)

        return self._read(ask)

    def completions(self, start: str, most: int) -> list[str]:
        chosen = (
            select(TERMS.c.term)
            .where(func.starts_with(TERMS.c.term, start))
            .where(func.left(TERMS.c.term, 1) != sa.all_(sa.literal(list(MARKS), ARRAY(Text))))
            .order_by(TERMS.c.frequency.desc(), TERMS.c.term.collate("C"))
            .limit(most)
        )
        return self._read(lambda connection: list(connection.scalars(chosen)))

    def neighbours(self, word: str, most: int) -> list[str]:
        size, slack = len(word), spelling.edits(word)
        if not slack:
            return []
        chosen = select(TERMS.c.term, TERMS.c.frequency).where(
            func.length(TERMS.c.term).between(size - slack, size + slack)
        )
        rows = self._read(lambda c: c.execute(chosen).all())
        known = {row.term: row.frequency for row in rows if is_word(row.term)}
        return spelling.nearest(word, known, most)

    def stats(self, terms: Collection[str]) -> CorpusStats:
        return self._read(lambda connection: corpus_stats(connection, terms))

    def revisions(self) -> dict[int, int]:
        chosen = select(_d.id, _d.revision)
        return self._read(lambda c: {row.id: row.revision for row in c.execute(chosen)})

    def usable(self) -> bool:
        try:
            return self._read(_is_whole)
        except Exception:
            return False

    def close(self) -> None:
        self._engine.dispose()

    def _read(self, ask: Callable[[Connection], Answer]) -> Answer:
        """What ``ask`` answers inside one snapshot of the build in use."""
        with self._noticing_damage():
            for tries_left in reversed(range(READ_TRIES)):
                build = ""
                try:
                    with self._readers.begin() as connection:
                        build = builds.newest(connection)
                        return ask(builds.inside(connection, build))
                except DBAPIError as error:
                    if not tries_left or not (
                        error.connection_invalidated or self._is_replaced(build)
                    ):
                        raise
        raise AssertionError("not reached")

    def _is_replaced(self, build: str) -> bool:
        with self._readers.begin() as connection:
            return bool(build) and builds.newest(connection) != build

    @contextlib.contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """Turn what PostgreSQL says into IndexBusy or IndexUnusable; leave word of damage."""
        try:
            yield
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state == NO_LOCK:
                raise IndexBusy("another process is writing to the search index") from error
            log.exception("the search index cannot be used")
            if state in DAMAGE:
                self._mark_broken()
            raise IndexUnusable(f"{type(error.orig).__name__} {state or ''}".strip()) from error

    def _mark_broken(self) -> None:
        """So that the process that writes makes a new build. Never raises."""
        with contextlib.suppress(DBAPIError, IndexUnusable), self._engine.begin() as connection:
            _wait_at_most(connection, DROP_LOCK_SECONDS)
            marked = sa.update(STATE).values(broken=True)
            builds.inside(connection, builds.newest(connection)).execute(marked)

    # Writing

    def apply(self, upserts: Iterable[Document], removals: Collection[int] = ()) -> None:
        newest, leaving = newest_of(upserts), set(removals)
        with self._noticing_damage(), self._engine.begin() as connection:
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
            take_out(connection, held.keys() & leaving)
            put_in(connection, fresh)

    def rebuild(
        self, documents: Iterable[Document], progress: Callable[[int], None] | None = None
    ) -> int:
        with self._engine.begin() as connection:
            with self._noticing_damage():
                self._lock(connection)
            build, count, rest = builds.following(connection), 0, iter(documents)
            connection.execute(CreateSchema(build))
            builds.inside(connection, build)
            for table in (DOCUMENTS, TERMS, STATE):
                connection.execute(CreateTable(table))
            connection.execute(sa.insert(STATE).values(documents=0, length=0.0, broken=False))
            while page := list(islice(rest, INSERTED_AT_ONCE)):
                insert(connection, page)
                count += len(page)
                if progress:
                    progress(count)
            count_documents(connection)
            connection.execute(CreateIndex(LOOKUP))
            for table in (DOCUMENTS, TERMS):
                connection.execute(sa.text(f"ANALYZE {build}.{table.name}"))
        self._drop_older(build)
        return count

    def _lock(self, connection: Connection) -> None:
        """Be the only writer until the end of this transaction."""
        _wait_at_most(connection, self._lock_seconds)
        connection.execute(select(func.pg_advisory_xact_lock(WRITING)))

    def _drop_older(self, build: str) -> None:
        """Never wait long: whoever searches would queue up behind the drop."""
        with self._readers.begin() as connection:
            older = builds.older(connection, build)
        for name in older:
            with contextlib.suppress(DBAPIError), self._engine.begin() as connection:
                _wait_at_most(connection, DROP_LOCK_SECONDS)
                connection.execute(DropSchema(name, cascade=True, if_exists=True))


def _tell_costs(connection: Any, record: Any) -> None:
    """Compiling takes longer than any search; the index lies in memory, or on no turning disk.

    Left to its defaults PostgreSQL reads all documents rather than look up a hundred cells, which
    takes 85 times as long on 10,000.
    """
    connection.execute("SET jit = off")
    connection.execute("SET random_page_cost = 1.1")
    connection.commit()


def _wait_at_most(connection: Connection, seconds: float) -> None:
    limit = f"{int(seconds * 1000)}ms"
    connection.execute(select(func.set_config("lock_timeout", limit, True)))


def _is_whole(connection: Connection) -> bool:
    """Whether every table is there and holds something when it should."""
    some = [sa.exists(select(column)) for column in (_d.id, TERMS.c.term)]
    state = connection.execute(select(STATE.c.documents, STATE.c.broken, *some)).one()
    documents, broken, has_documents, _ = state
    return not broken and bool(documents) == has_documents
