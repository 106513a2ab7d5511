"""What members chose about mail before there were three channels stays chosen."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.migrations import migrate


def test_old_choices_become_channels_and_back(app: Flask, alice: Member, bob: Member) -> None:
    ids = {"alice": alice.id, "bob": bob.id}
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0002")
    insert = "INSERT INTO notification_preferences (member_id, topic, channel) VALUES "
    with db.engine.begin() as connection:
        connection.execute(
            text(insert + "(:alice, 'message', 'mail'), (:bob, 'message', 'off')"), ids
        )
    upgrade(directory=migrate.directory)
    assert _channels() == [(ids["alice"], "at_once"), (ids["bob"], "here")]
    downgrade(directory=migrate.directory, revision="0002")
    assert _channels() == [(ids["alice"], "mail"), (ids["bob"], "off")]
    upgrade(directory=migrate.directory)


def _channels() -> list[tuple[int, str]]:
    rows = text("SELECT member_id, channel FROM notification_preferences ORDER BY member_id")
    with db.engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(rows)]
