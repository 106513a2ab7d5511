"""Where exactly: shown to the two alone, while a meeting stands; audited, and erased after."""

import gzip
import logging
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.backups import rows
from marketplace.config import Settings
from marketplace.db import db, utcnow
from marketplace.exchanges import exact_places, handing, meetings, service
from marketplace.exchanges.models import ExactPlace, Exchange, PlaceView, Proposal
from marketplace.notifications.models import Notification
from marketplace.privacy import export
from tests.conftest import Outbox
from tests.exchanges.arranging import WHERE, arranged, lent, promised, proposed
from tests.foundation.routes import World, rules_with
from tests.sample_areas import load_sample

Browser = Callable[[Member], FlaskClient]
Settle = Callable[[], None]
CANARY = "Jalan Kenari 17, pagar biru"
TRACE = "Kenari 17"


def address_of(exchange: Exchange) -> str:
    return f"/exchanges/{exchange.public_id}/place"


def looks() -> list[int]:
    return list(db.session.scalars(select(PlaceView.member_id).order_by(PlaceView.id)))


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_one_writes_it_and_the_other_reads_it(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = arranged(alice, bob)
    address = address_of(exchange)
    assert "Say where exactly" in as_member(alice).get(f"/exchanges/{exchange.public_id}").text
    empty = as_member(alice).get(address)
    assert empty.status_code == 200
    assert looks() == [], "there was nothing to see yet"
    assert as_member(alice).post(address, data={"text": CANARY}).status_code == 303
    page = as_member(bob).get(address)
    assert TRACE in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert "Only the two of you see this place." in page.text
    assert TRACE not in as_member(bob).get(f"/exchanges/{exchange.public_id}").text


def test_every_look_is_written_down_once_in_ten_minutes_and_both_see_it(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    reader = as_member(bob)
    for _again in range(3):
        reader.get(address_of(exchange))
    assert looks() == [bob.id]
    page = as_member(alice).get(address_of(exchange)).text
    assert looks() == [bob.id, alice.id]
    assert "Who saw an exact place here" in page
    assert ">Bob, <" in page
    with time_machine.travel(utcnow() + timedelta(minutes=11)):
        reader.get(address_of(exchange))
    db.session.rollback()
    assert looks() == [bob.id, alice.id, bob.id]


def test_it_can_be_changed_and_erased_by_either(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, "Jalan Lama 1")
    exact_places.write(bob, exchange.public_id, CANARY)
    assert db.session.scalars(select(ExactPlace.text)).all() == [CANARY]
    erasing = f"{address_of(exchange)}/removal"
    assert as_member(alice).get(erasing).status_code == 405
    for _tap in range(2):
        assert as_member(alice).post(erasing).status_code == 303
    assert count(ExactPlace) == 0


@pytest.mark.parametrize("typed", ["", "  \n ", "x" * 301])
def test_what_cannot_be_kept_is_said_beside_the_field(
    alice: Member, bob: Member, as_member: Browser, typed: str
) -> None:
    exchange = arranged(alice, bob)
    page = as_member(alice).post(address_of(exchange), data={"text": typed})
    assert page.status_code == 422
    assert 'id="text-error"' in page.text
    assert count(ExactPlace) == 0


def test_there_is_none_before_both_agreed_or_while_a_loan_is_out_without_a_meeting(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    waiting = promised(alice, bob)
    proposed(bob, waiting)
    for exchange in (waiting, lent(alice, bob)):
        for answer in (
            as_member(alice).get(address_of(exchange)),
            as_member(alice).post(address_of(exchange), data={"text": CANARY}),
            as_member(alice).post(f"{address_of(exchange)}/removal"),
        ):
            assert answer.status_code == 409
            assert "No meeting is arranged" in answer.text
    assert count(ExactPlace) == 0


def test_it_is_there_for_bringing_a_loan_back(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    exchange = lent(alice, bob)
    meetings.accept(alice, exchange.public_id, proposed(bob, exchange, 5).public_id)
    exact_places.write(alice, exchange.public_id, CANARY)
    assert TRACE in as_member(bob).get(address_of(exchange)).text


def test_it_is_shown_no_more_once_it_was_handed_over_or_one_blocked_the_other(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    blocked, done = arranged(alice, bob), arranged(alice, bob)
    for exchange in (blocked, done):
        exact_places.write(alice, exchange.public_id, CANARY)
    handing.meet(alice, done.public_id, handing.own_code(bob, done.public_id))
    assert as_member(bob).get(address_of(done)).status_code == 409
    block_member(alice, bob)
    assert as_member(bob).get(address_of(blocked)).status_code == 409
    assert looks() == []


def test_a_stranger_staff_and_a_visitor_find_nothing(
    app: Flask, alice: Member, bob: Member, carol: Member, staff: Member, as_member: Browser
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    for who in (carol, staff):
        assert as_member(who).get(address_of(exchange)).status_code == 404
        assert as_member(who).post(address_of(exchange), data={"text": "x"}).status_code == 404
        assert as_member(who).post(f"{address_of(exchange)}/removal").status_code == 404
    assert "/sign-in" in app.test_client().get(address_of(exchange)).headers["Location"]
    assert looks() == []


def test_another_meeting_place_takes_the_old_address_with_it(alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    later = proposed(alice, exchange, 5)
    meetings.accept(bob, exchange.public_id, later.public_id)
    assert count(ExactPlace) == 1, "the same place at another time"
    elsewhere = proposed(alice, exchange, 6, place="Balai RW")
    meetings.accept(bob, exchange.public_id, elsewhere.public_id)
    assert count(ExactPlace) == 0


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_calling_off_erases_it_at_once_and_keeps_who_saw_it(
    alice: Member, bob: Member, who: str
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    exact_places.show(bob, exchange.public_id)
    service.call_off({"alice": alice, "bob": bob}[who], exchange.public_id, "not_possible")
    assert count(ExactPlace) == 0
    assert looks() == [bob.id]
    assert set(db.session.scalars(select(Proposal.place))) == {""}
    assert not any(WHERE in str(row.params) for row in db.session.query(Notification))


def test_a_meeting_that_failed_erases_it_at_once(alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob, days=1)
    exact_places.write(alice, exchange.public_id, CANARY)
    with time_machine.travel(utcnow() + timedelta(days=1, hours=1)):
        service.report_failure(bob, exchange.public_id, "no_show")
    assert count(ExactPlace) == 0


def test_three_days_after_a_good_end_address_and_words_are_erased(
    alice: Member, bob: Member, settle: Settle
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    exact_places.show(bob, exchange.public_id)
    handing.meet(alice, exchange.public_id, handing.own_code(bob, exchange.public_id))
    with time_machine.travel(utcnow() + timedelta(days=2, hours=23)):
        settle()
        assert count(ExactPlace) == 1
    with time_machine.travel(utcnow() + timedelta(days=3, minutes=1)):
        settle()
        assert count(ExactPlace) == 0
        assert looks() == [bob.id]
        assert set(db.session.scalars(select(Proposal.place))) == {""}
        assert not any(WHERE in str(row.params) for row in db.session.query(Notification))


def test_three_days_after_a_loan_went_out_the_address_is_erased_while_it_runs_on(
    alice: Member, bob: Member, settle: Settle
) -> None:
    exchange = arranged(alice, bob, terms="loan")
    exact_places.write(alice, exchange.public_id, CANARY)
    handing.meet(alice, exchange.public_id, handing.own_code(bob, exchange.public_id))
    with time_machine.travel(utcnow() + timedelta(days=3, minutes=1)):
        settle()
        assert count(ExactPlace) == 0
    db.session.refresh(exchange)
    assert exchange.state == "out"


def test_a_planted_address_is_on_one_page_and_nowhere_else(
    app: Flask,
    alice: Member,
    bob: Member,
    carol: Member,
    staff: Member,
    as_member: Browser,
    settle: Settle,
    outbox: Outbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    load_sample()
    exchange = arranged(alice, bob)
    world = World(exchange.listing, exchange.conversation, alice,
                  ids={"exchanges": exchange.public_id})  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        writing = as_member(alice).post(address_of(exchange), data={"text": CANARY})
        settle()
        seen = 0
        for reader in (None, alice, bob, carol, staff):
            browser = as_member(reader) if reader else app.test_client()
            for rule in rules_with(app, "GET"):
                answer = browser.get(world.address(rule))
                content = answer.get_data().decode("utf-8", "replace") + str(answer.headers)
                if rule.endpoint == "meetings.place" and reader in (alice, bob):
                    assert TRACE in content
                    seen += 1
                else:
                    assert TRACE not in content, (rule.rule, reader)
    assert seen == 2
    assert TRACE not in writing.headers["Location"]
    assert TRACE not in caplog.text
    assert outbox.mails
    assert not any(TRACE in mail.as_string() for mail in outbox.mails)
    tables = [one for one in db.metadata.sorted_tables if one.name != "exact_places"]
    for table in tables:
        for row in db.session.execute(select(table)):
            assert TRACE not in str(tuple(row)), table.name


def test_nothing_of_it_is_left_in_the_database_file(
    alice: Member, bob: Member, settings: Settings, settle: Settle
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    if not settings.database.startswith("sqlite"):
        pytest.skip("PostgreSQL's files are its own")
    assert TRACE.encode() in _bytes_of(settings)
    handing.meet(alice, exchange.public_id, handing.own_code(bob, exchange.public_id))
    with time_machine.travel(utcnow() + timedelta(days=3, minutes=1)):
        settle()
    assert TRACE.encode() not in _bytes_of(settings)


def test_no_backup_holds_it(alice: Member, bob: Member, tmp_path: Path) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    counts = rows.write_tables(db.session.connection(), tmp_path, lambda line: None)
    assert counts["exact_places"] == 0
    assert counts["exchanges"] == 1
    for file in (tmp_path / rows.FOLDER).iterdir():
        assert TRACE not in gzip.decompress(file.read_bytes()).decode(), file.name


def test_a_copy_of_ones_data_holds_only_what_one_wrote_oneself(
    app: Flask, alice: Member, bob: Member
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, CANARY)
    exact_places.show(bob, exchange.public_id)
    assert TRACE in _copied(alice)
    assert TRACE not in _copied(bob)


def _copied(member: Member) -> str:
    copy = export.copy_of(member, "Lumbung", "http://localhost")
    return str([(name, list(found)) for name, found in copy.sections()])


def _bytes_of(settings: Settings) -> bytes:
    """The whole file, with what still stood in the log beside it."""
    db.session.rollback()
    db.engine.dispose()
    path = Path(settings.instance_dir) / "marketplace.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    found = path.read_bytes()
    db.session.execute(text("SELECT 1"))
    return found
