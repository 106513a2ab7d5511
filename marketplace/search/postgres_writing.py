"""Documents into a build on PostgreSQL and out of it, with the statistics that scoring needs."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.dialects import postgresql

from marketplace.search.port import Document
from marketplace.search.postgres_tables import DOCUMENTS, STATE, TERMS, row_of

_d = DOCUMENTS.c


def insert(connection: Connection, documents: Iterable[Document]) -> None:
    """Add documents that are not there; count them later."""
    if rows := [row_of(document) for document in documents]:
        connection.execute(sa.insert(DOCUMENTS), rows)


def _holding(*where: ColumnElement[bool]) -> Any:
    """Term and number of the documents that hold it."""
    term = func.unnest(_d.terms).label("term")
    return select(term, func.count().label("number")).where(*where).group_by(term)


def take_out(connection: Connection, ids: Collection[int]) -> None:
    """Remove these documents, from the statistics too."""
    if not ids:
        return
    lost = _holding(_d.id.in_(ids)).subquery()
    fewer = (
        sa.update(TERMS)
        .where(TERMS.c.term == lost.c.term)
        .values(frequency=TERMS.c.frequency - lost.c.number)
        .returning(TERMS.c.term, TERMS.c.frequency)
    )
    unused = [row.term for row in connection.execute(fewer) if row.frequency == 0]
    connection.execute(sa.delete(TERMS).where(TERMS.c.term.in_(unused)))
    gone = connection.scalars(sa.delete(DOCUMENTS).where(_d.id.in_(ids)).returning(_d.length))
    _change_state(connection, [-length for length in gone], -1)


def put_in(connection: Connection, documents: list[Document]) -> None:
    """Add documents that are not there, to the statistics too."""
    insert(connection, documents)
    if documents:
        count(connection, _d.id.in_([document.id for document in documents]))


def count(connection: Connection, *where: ColumnElement[bool]) -> None:
    """Take these new documents into the statistics."""
    more = postgresql.insert(TERMS).from_select(["term", "frequency"], _holding(*where))
    added = {"frequency": TERMS.c.frequency + more.excluded.frequency}
    connection.execute(more.on_conflict_do_update(index_elements=["term"], set_=added))
    _change_state(connection, connection.scalars(select(_d.length).where(*where)).all(), 1)


def _change_state(connection: Connection, lengths: Collection[float], sign: int) -> None:
    """Lengths are multiples of 1/16: their sums are exact in any order."""
    connection.execute(
        sa.update(STATE).values(
            documents=STATE.c.documents + sign * len(lengths),
            length=STATE.c.length + sum(lengths),
        )
    )
