"""What members chose about mail before there were three channels stays chosen."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.mail import OutgoingMail, queue_mail
from marketplace.matching.models import Match
from marketplace.migrations import migrate
from tests import factories


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


def test_what_fitted_before_is_no_news(app: Flask, alice: Member, bob: Member) -> None:
    """Matches from before members were told of them count as told; what was queued stays."""
    pair = {"offer": factories.offer(alice).id, "request": factories.request(bob).id}
    with transaction() as session:
        session.add(
            Match(offer_id=pair["offer"], request_id=pair["request"], score=0.9,
                  offer_revision=1, request_revision=1)
        )  # fmt: skip
        queue_mail("no_account", to="a@example.org", language="en")
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0005")
    upgrade(directory=migrate.directory)
    assert db.session.scalars(select(Match.told_at)).one() is not None
    assert db.session.scalars(select(OutgoingMail.zone)).one() == ""
