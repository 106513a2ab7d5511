"""Documents into a build on PostgreSQL and out of it, with the statistics that scoring needs."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from marketplace.search import postgres_builds as builds
from marketplace.search.port import Document
from marketplace.search.postgres_builds import Build
from marketplace.search.postgres_tables import BY_PLACE, facts_of, line_of
from marketplace.search.postgres_terms import known, spelt

COPIED_AT_ONCE = 500


def fill(
    connection: Connection,
    documents: Iterable[Document],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Put all documents into a new, empty build. Returns how many there are.

    What is near each other lies side by side, so that a search around a place reads few pages of
    the table and skips most of what the index lists for a word.
    """
    build, numbers, frequencies = builds.of(connection), dict[str, int](), Counter[str]()
    count, length, rest = 0, 0.0, iter(documents)
    incoming = "incoming_documents"
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {incoming} (LIKE {build}.documents) ON COMMIT DROP"
    )
    # One statement at a time, so that ``documents`` may be read over other connections meanwhile.
    while page := list(islice(rest, COPIED_AT_ONCE)):
        lines = []
        for document in page:
            facts = list(facts_of(document))
            for term in (*document.words, *facts):
                frequencies[term] += 1
                numbers.setdefault(term, len(numbers) + 1)
            lines.append(line_of(document, facts, numbers))
            length += sum(document.words.values())
        _copy_documents(connection, incoming, lines)
        count += len(page)
        if progress:
            progress(count)
    connection.exec_driver_sql(
        f"INSERT INTO {build}.documents SELECT * FROM {incoming} ORDER BY {BY_PLACE}"
    )
    # In their order, in which places that lie near each other are near too.
    terms = ((term, number, frequencies[term]) for term, number in sorted(numbers.items()))
    _copy_rows(connection, f"{build}.terms (term, number, frequency)", terms)
    _copy_rows(connection, f"{build}.spellings (term, letters, shapes)", spelt(numbers))
    connection.exec_driver_sql(
        f"""INSERT INTO {build}.state
            VALUES (%(documents)s, %(length)s, %(numbers)s, false, false, clock_timestamp())""",
        {"documents": count, "length": length, "numbers": len(numbers)},
    )
    return count


def exchange(connection: Connection, leaving: Collection[int], coming: list[Document]) -> None:
    """Take those documents out and put these in. Hold the lock of writers.

    What is said by both the old and the new form of a document costs nothing.
    """
    build = builds.of(connection)
    gone = connection.exec_driver_sql(
        f"DELETE FROM {build}.documents WHERE id = ANY(%(ids)s::bigint[]) RETURNING length, keys",
        {"ids": sorted(leaving)},
    ).all()
    facts = {document.id: list(facts_of(document)) for document in coming}
    terms = [term for one in coming for term in (*one.words, *facts[one.id])]
    numbers = _numbers(connection, set(terms))
    changes = Counter(numbers[term] for term in terms)
    changes.subtract(key for row in gone for key in row.keys)
    _change(connection, {number: change for number, change in changes.items() if change})
    if coming:
        lines = [line_of(one, facts[one.id], numbers) for one in coming]
        _copy_documents(connection, f"{build}.documents", lines)
    # Lengths are multiples of 1/16: their sums are exact in any order.
    connection.exec_driver_sql(
        f"""UPDATE {build}.state
            SET documents = documents + %(more)s, length = length + %(length)s::float8,
                written = clock_timestamp()""",
        {
            "more": len(coming) - len(gone),
            "length": sum(sum(one.words.values()) for one in coming)
            - sum(row.length for row in gone),
        },
    )


def _numbers(connection: Connection, terms: Collection[str]) -> Mapping[str, int]:
    """The number of each term; new ones are given the next."""
    build = builds.of(connection)
    found = {
        term: number for term, (number, _) in known(Build.meant(connection), terms).terms.items()
    }
    if missing := sorted(set(terms) - found.keys()):
        last = connection.exec_driver_sql(
            f"UPDATE {build}.state SET numbers = numbers + %(more)s RETURNING numbers",
            {"more": len(missing)},
        ).scalar_one()
        fresh = dict(zip(missing, range(last - len(missing) + 1, last + 1), strict=True))
        rows = ((term, number, 0) for term, number in fresh.items())
        _copy_rows(connection, f"{build}.terms (term, number, frequency)", rows)
        _copy_rows(connection, f"{build}.spellings (term, letters, shapes)", spelt(fresh))
        found |= fresh
    return found


def _change(connection: Connection, changes: Mapping[int, int]) -> None:
    """Of the frequencies; a term that no document holds any more is forgotten."""
    build = builds.of(connection)
    unused = connection.exec_driver_sql(
        f"""WITH changed AS (
                UPDATE {build}.terms SET frequency = frequency + change
                FROM unnest(%(numbers)s::int[], %(changes)s::bigint[]) AS one (named, change)
                WHERE number = named RETURNING number, term, frequency
            )
            SELECT number, term FROM changed WHERE frequency = 0""",
        {"numbers": list(changes), "changes": list(changes.values())},
    ).all()
    if unused:
        connection.exec_driver_sql(
            f"DELETE FROM {build}.terms WHERE number = ANY(%(numbers)s::int[])",
            {"numbers": [row.number for row in unused]},
        )
        connection.exec_driver_sql(
            f"DELETE FROM {build}.spellings WHERE term = ANY(%(terms)s::text[])",
            {"terms": [row.term for row in unused]},
        )


def _copy_documents(connection: Connection, table: str, lines: list[str]) -> None:
    with _cursor(connection) as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        copy.write("".join(lines))


def _copy_rows(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with _cursor(connection) as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _cursor(connection: Connection) -> Any:
    """Of the driver itself, which knows COPY."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()
