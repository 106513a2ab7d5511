"""transaction() is the only way to write, and it loses nothing beside other writers."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from marketplace.accounts.models import Member
from marketplace.db import changed, db, transaction, utcnow


def test_nothing_is_half_saved_when_it_fails(app: Flask, alice: Member) -> None:
    def fail() -> None:
        with transaction():
            alice.name = "Changed"
            db.session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert db.session.get_one(Member, alice.id).name == "Alice"


def test_what_was_loaded_before_is_read_again_inside(
    app: Flask, make_app: Callable[..., Flask], alice: Member
) -> None:
    assert alice.name == "Alice"
    other = make_app()

    def rename() -> None:
        with other.app_context(), transaction() as session:
            session.get_one(Member, 1).name = "Alice the second"

    db.session.rollback()
    thread = threading.Thread(target=rename)
    thread.start()
    thread.join()
    with transaction():
        assert alice.name == "Alice the second"


def test_an_inner_transaction_joins_the_outer_one(app: Flask, alice: Member) -> None:
    def both() -> None:
        with transaction():
            with transaction():
                alice.name = "Inner"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        both()
    assert alice.name == "Alice"


def test_readers_that_write_beside_another_writer_never_fail(
    app: Flask, make_app: Callable[..., Flask], alice: Member
) -> None:
    """Upgrading a read transaction beside a writer fails at once on SQLite; this must not."""
    failures: list[Exception] = []
    member_id = alice.id
    db.session.rollback()

    def write(own: Flask) -> None:
        with own.app_context():
            for _ in range(10):
                try:
                    db.session.scalar(select(Member).where(Member.id == member_id))
                    with transaction() as session:
                        row = session.get_one(Member, member_id, with_for_update=True)
                        row.reach_km += 1
                except Exception as error:
                    failures.append(error)
            db.session.remove()

    threads = [threading.Thread(target=write, args=(make_app(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    db.session.rollback()
    assert db.session.get_one(Member, member_id).reach_km == 10 + 40


def test_a_naive_datetime_is_refused(app: Flask, alice: Member) -> None:
    def store() -> None:
        with transaction():
            alice.paused_at = utcnow().replace(tzinfo=None)

    with pytest.raises(Exception, match="naive"):
        store()


def test_instants_come_back_aware(app: Flask, alice: Member) -> None:
    db.session.expire_all()
    assert alice.created_at.utcoffset() is not None


def test_foreign_keys_hold(app: Flask) -> None:
    def orphan() -> None:
        with transaction() as session:
            session.execute(
                text("INSERT INTO blocks (blocker_id, blocked_id, created_at) VALUES (98, 99, :t)"),
                {"t": "2026-01-01 00:00:00"},
            )

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        orphan()


def test_a_conditional_update_tells_whether_it_won(app: Flask, alice: Member) -> None:
    statement = (
        Member.__table__.update().where(Member.name == "Alice").values(name="Taken")  # type: ignore[attr-defined]
    )
    with transaction():
        assert (changed(statement), changed(statement)) == (1, 0)
