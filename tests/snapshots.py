"""What a database holds, kept to be put into an empty one: for what takes seconds to make and
many tests begin with."""

from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from marketplace.db import db, is_postgresql, transaction

Snapshot = dict[str, Any]  # by table: its rows, on PostgreSQL as COPY writes them


def take() -> Snapshot:
    """The rows of every table of the present database."""
    with transaction() as session:
        connection = session.connection()
        return {table.name: rows_of(connection, table) for table in db.metadata.sorted_tables}


def put(kept: Snapshot) -> None:
    """Put the rows into the present database, as if they had been written there."""
    with transaction() as session:
        connection = session.connection()
        in_any_order = "PRAGMA defer_foreign_keys = ON"
        if is_postgresql():
            in_any_order = "SET LOCAL session_replication_role = 'replica'"
        connection.execute(text(in_any_order))
        for table in db.metadata.sorted_tables:
            if kept[table.name]:
                write(connection, table, kept[table.name])


def rows_of(connection: Connection, table: Table) -> Any:
    """The rows of one table."""
    if not is_postgresql():
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")]
    with connection.connection.cursor().copy(f"COPY {table.name} TO STDOUT") as copy:
        return b"".join(copy)


def write(connection: Connection, table: Table, rows: Any) -> None:
    """Put what ``rows_of`` gave into the table."""
    if not is_postgresql():
        places = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({places})", rows)
        return
    with connection.connection.cursor().copy(f"COPY {table.name} FROM STDIN") as copy:
        copy.write(rows)
    if "id" in table.c:
        last = select(func.max(table.c.id)).scalar_subquery()
        connection.execute(select(func.setval(f"{table.name}_id_seq", last)))
