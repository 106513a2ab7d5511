"""Schema changes keep what is there."""

from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Member, MemberSkill
from marketplace.accounts.reputation import NEUTRAL_SCORE, Reputation
from marketplace.accounts.rules import SkillDraft
from marketplace.accounts.skills import add_skill
from marketplace.cli import schema_is_current
from marketplace.db import db, transaction
from marketplace.exchanges import giving, service
from marketplace.exchanges.models import Exchange, Thanks
from marketplace.exchanges.reputation import refresh
from marketplace.exchanges.service import Wish
from marketplace.exchanges.thanks import thank
from marketplace.listings.models import Listing, Photo
from marketplace.matching.models import Match
from marketplace.migrations import migrate
from marketplace.search import reading
from marketplace.search.rereading import analyse
from tests import factories
from tests.exchanges import stories


def test_the_migrations_make_exactly_the_models(app: Flask) -> None:
    from alembic.autogenerate import compare_metadata

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_a_migrated_database_is_current(app: Flask) -> None:
    assert schema_is_current()


def test_down_and_up_again(app: Flask) -> None:
    db.session.remove()
    downgrade(directory=migrate.directory, revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade(directory=migrate.directory)
    assert schema_is_current()


def test_altering_the_parent_of_a_filled_table_keeps_every_child(
    app: Flask, alice: Member, tmp_path: Path
) -> None:
    """SQLite rebuilds the parent for it; with foreign keys on, that deletes the children."""
    owner_id, listing_id = alice.id, factories.offer(alice).id
    db.session.remove()
    _run_extra_migration(app, tmp_path)
    assert db.session.scalar(text("SELECT count(*) FROM listings")) == 1
    assert db.session.scalar(text("SELECT name_in_full FROM members")) == "unknown"
    row = db.session.execute(text("SELECT id, owner_id FROM listings")).one()
    assert tuple(row) == (listing_id, owner_id)


def test_a_migration_that_would_orphan_children_is_refused(app: Flask, alice: Member) -> None:
    factories.offer(alice)
    db.session.remove()
    with pytest.raises((SystemExit, IntegrityError)):  # PostgreSQL refuses by itself
        _through_env(app, "op.execute('DELETE FROM members')")
    assert db.session.scalar(text("SELECT count(*) FROM members")) == 1


def _run_extra_migration(app: Flask, tmp_path: Path) -> None:
    _through_env(
        app,
        "with op.batch_alter_table('members', recreate='auto' if op.get_bind().dialect.name != "
        "'sqlite' else 'always') as batch:\n"
        "        batch.add_column(sa.Column('name_in_full', sa.String(80), nullable=False, "
        "server_default='unknown'))",
    )


def _through_env(app: Flask, body: str) -> None:
    """Run one more migration with ``body`` through the real env.py."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp()) / "migrations"
    shutil.copytree(migrate.directory, folder)
    (folder / "versions" / "9999_extra.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = '9999', '{_head()}'\n"
        f"def upgrade():\n    {body}\n"
        "def downgrade():\n    pass\n"
    )
    upgrade(directory=str(folder))
    shutil.rmtree(folder.parent)


def _head() -> str:
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(migrate.directory).get_current_head())


def test_a_listing_with_its_photo_survives_the_columns_about_its_end(
    app: Flask, alice: Member
) -> None:
    listing = factories.offer(alice)
    with transaction() as session:
        session.add(Photo(listing_id=listing.id, name="a" * 32, width=4, height=3))
    listing_id = listing.id
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0008")
    upgrade(directory=migrate.directory)
    row = db.session.get_one(Listing, listing_id)
    assert (row.title, row.notice_at, row.confirmed_at) == ("Mesin jahit", None, None)
    assert [photo.name for photo in row.photos] == ["a" * 32]


def test_matches_survive_the_coming_of_answers_and_their_going(
    app: Flask, alice: Member, bob: Member
) -> None:
    offer, request = factories.offer(alice), factories.request(bob)
    with transaction() as session:
        pair = {"offer_id": offer.id, "request_id": request.id}
        session.add(Match(**pair, score=0.5, offer_revision=1, request_revision=1, state="agreed"))
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0017")
    upgrade(directory=migrate.directory)
    match = db.session.query(Match).one()
    assert (match.state, match.score, match.declined_by) == ("suggested", 0.5, "")


def test_members_and_thanks_survive_the_columns_about_facts(
    app: Flask, alice: Member, bob: Member
) -> None:
    exchange = stories.closed(alice, bob)
    thank(bob, exchange.public_id, "Terima kasih", True)
    with transaction() as session:
        session.add(Reputation(member_id=alice.id, completed=1))
    alice_id, exchange_id = alice.id, exchange.id
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0012")
    upgrade(directory=migrate.directory)
    assert db.session.get_one(Member, alice_id).shows_passing_on is False
    assert db.session.get_one(Reputation, alice_id).score == NEUTRAL_SCORE
    assert db.session.query(Thanks).one().words == "Terima kasih"
    assert db.session.get_one(Exchange, exchange_id).state == "closed"


def test_posts_and_conversations_survive_the_coming_of_exchanges_and_their_going(
    app: Flask, alice: Member, bob: Member
) -> None:
    listing = factories.offer(alice, quantity=5)
    asked = service.ask(bob, listing.public_id, Wish(quantity=2), "Boleh?")
    service.promise(alice, asked.public_id)
    with transaction() as session:
        session.add(Photo(listing_id=listing.id, name="a" * 32, width=4, height=3))
    listing_id, alice_id, bob_id = listing.id, alice.id, bob.id
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0011")
    assert "exchanges" not in inspect(db.engine).get_table_names()
    assert db.session.scalar(text("SELECT count(*) FROM messages")) == 1
    db.session.remove()
    upgrade(directory=migrate.directory)
    row = db.session.get_one(Listing, listing_id)
    assert (row.title, row.giving_rule, row.unpromised) == ("Mesin jahit", "order", 5)
    assert [photo.name for photo in row.photos] == ["a" * 32]
    assert db.session.scalar(text("SELECT body FROM messages")) == "Boleh?"
    bob, alice = db.session.get_one(Member, bob_id), db.session.get_one(Member, alice_id)
    again = service.ask(bob, row.public_id, Wish(quantity=5), "Masih boleh?")
    assert service.promise(alice, again.public_id).state == "promised"


def test_posts_and_lines_survive_the_words_of_the_site_and_are_read_anew(
    app: Flask, alice: Member
) -> None:
    listing_id = factories.offer(alice).id
    add_skill(alice, SkillDraft(direction="offer", text="Menjahit"))
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0015")
    db.session.remove()
    upgrade(directory=migrate.directory)
    row = db.session.get_one(Listing, listing_id)
    assert (row.title, row.reading, row.reread_at) == ("Mesin jahit", "", None)
    assert db.session.query(MemberSkill).one().reading == ""
    assert analyse(app.extensions["marketplace"]) == 1
    assert db.session.query(Listing).one().reading == reading.name()


def test_what_is_known_of_members_survives_the_columns_about_need_and_is_counted_anew(
    app: Flask, alice: Member, bob: Member
) -> None:
    stories.closed(alice, bob)
    refresh(app.extensions["marketplace"])
    bob_id = bob.id
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0019")
    db.session.remove()
    upgrade(directory=migrate.directory)
    row = db.session.get_one(Reputation, bob_id)
    assert (row.completed, row.received) == (1, 0)
    refresh(app.extensions["marketplace"])
    db.session.expire_all()
    assert db.session.get_one(Reputation, bob_id).received == 1


def test_posts_survive_the_coming_of_windows_and_a_draw_falls_back_to_the_order(
    app: Flask, alice: Member, bob: Member
) -> None:
    drawn, chosen = factories.offer(alice, "Sepeda"), factories.offer(alice, giving_rule="choice")
    giving.set_rule(alice, drawn.public_id, "draw", 4)
    asked = service.ask(bob, drawn.public_id, Wish(), "Boleh?")
    ids, alice_id = (drawn.id, chosen.id, asked.id), alice.id
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0020")
    rules = dict(db.session.execute(text("SELECT id, giving_rule FROM listings")).all())
    assert rules == {ids[0]: "order", ids[1]: "choice"}
    db.session.remove()
    upgrade(directory=migrate.directory)
    rows = [db.session.get_one(Listing, number) for number in ids[:2]]
    assert [(row.giving_rule, row.window_hours) for row in rows] == [
        ("order", None), ("choice", None),
    ]  # fmt: skip
    alice, waiting = db.session.get_one(Member, alice_id), db.session.get_one(Exchange, ids[2])
    assert service.promise(alice, waiting.public_id).state == "promised"
