"""A filled site survives the columns and tables of moderation, up and down."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from marketplace.db import db
from marketplace.messages.models import Conversation
from marketplace.migrations import migrate
from marketplace.moderation.models import Case
from tests.moderation.conftest import do


def test_members_and_messages_survive_the_columns_about_them(
    app: Flask, conversation: Conversation, case: Case, staff: object
) -> None:
    do(staff, case, "pause", days=0)  # type: ignore[arg-type]
    before = _rows()
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0007")
    assert _rows() == before
    upgrade(directory=migrate.directory)
    assert _rows() == before
    with db.engine.connect() as connection:
        free = text("SELECT count(*) FROM members WHERE suspended_at IS NULL")
        assert connection.execute(free).scalar() == len(before["members"])
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar() == 0


def _rows() -> dict[str, list[tuple[object, ...]]]:
    with db.engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(query))]
            for table, query in (
                ("members", "SELECT id, name FROM members ORDER BY id"),
                ("messages", "SELECT id, body, sender_id FROM messages ORDER BY id"),
                ("listings", "SELECT id, title FROM listings ORDER BY id"),
            )
        }
