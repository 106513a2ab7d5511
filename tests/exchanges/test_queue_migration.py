"""The columns and indexes of queues come to a filled database, and go again."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges.service import Wish, ask
from marketplace.listings.models import Listing
from marketplace.migrations import migrate
from tests import factories
from tests.sample_areas import load_sample


def test_a_filled_database_gets_queues_and_old_ends_are_no_news(
    app: Flask, alice: Member, bob: Member
) -> None:
    load_sample()
    waited_for, over = factories.offer(alice), factories.offer(alice, state="withdrawn")
    ask(bob, waited_for.public_id, Wish(), "Halo")
    ids = waited_for.id, over.id
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0013")
    assert "answered_at" not in {one["name"] for one in inspect(db.engine).get_columns("listings")}
    assert db.session.scalar(text("SELECT count(*) FROM exchanges")) == 1
    db.session.remove()
    upgrade(directory=migrate.directory)
    assert [db.session.get_one(Listing, one).answered_at is None for one in ids] == [True, False]
    indexes = {one["name"] for one in inspect(db.engine).get_indexes("exchanges")}
    assert {"ix_exchanges_waiting", "ix_exchanges_came_free"} <= indexes
