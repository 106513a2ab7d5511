"""Runs migrations on a connection of their own.

On SQLite foreign keys are off while tables are rebuilt (a batch alter of a parent with the pragma
on deletes every child), and ``foreign_key_check`` must find nothing before the commit.
"""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, create_engine, event, text

from marketplace.db import UTCDateTime, db


def render_item(kind: str, item: object, autogenerate_context: object) -> str | bool:
    """Migrations name plain types only: they must still run when our classes have changed."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UTCDateTime) else False


def run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transactional_ddl=not sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            connection.exec_driver_sql("ROLLBACK")
            raise RuntimeError(f"the migration would break foreign keys: {broken[:5]}")
        connection.exec_driver_sql("COMMIT")


def main() -> None:
    engine = create_engine(current_app.config["SQLALCHEMY_DATABASE_URI"])
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _no_driver_transactions(connection, record) -> None:  # type: ignore[no-untyped-def]
            connection.isolation_level = None
            connection.execute("PRAGMA busy_timeout=10000")

    try:
        with engine.connect() as connection:
            run(connection)
    finally:
        engine.dispose()


main()
