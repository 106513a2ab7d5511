"""How far the index is behind is measured, and said when it is too far."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import sweeps as matching
from marketplace.search import lag, rereading, sweeps, synonyms
from marketplace.search.synonym_rules import SynonymDraft
from marketplace.worker import SweepRun
from tests import factories

Settle = Callable[[], None]
LATE = timedelta(seconds=lag.LATE_AFTER_SECONDS)


@pytest.fixture
def parts(app: Flask):
    return app.extensions["marketplace"]


@pytest.fixture
def healthz(app: Flask, client: FlaskClient) -> Callable[[], dict]:
    """What a monitor reads while a worker lives."""

    def asked() -> dict:
        with transaction() as session:
            session.merge(SweepRun(name="search.sync", last_run_at=utcnow()))
        return client.get("/healthz").get_json()

    return asked


def test_all_is_well_when_the_index_holds_every_open_post(
    parts, alice: Member, settle: Settle, healthz
) -> None:
    factories.offer(alice)
    settle()
    now = lag.measure(parts)
    assert (now.unindexed, now.oldest_lag_seconds, now.problems) == (0, 0.0, ())
    assert now.facts is not None
    assert (now.facts.documents, now.open_posts) == (1, 1)
    assert now.facts.size_bytes > 0
    said = healthz()
    assert (said["status"], said["search"]["problems"]) == ("ok", [])
    assert said["search"]["facts"]["engine"] == now.facts.engine
    assert said["search"]["rereading"] == {"left": 0, "posts": 1}


def test_the_lag_is_the_age_of_the_oldest_post_that_waits(
    parts, alice: Member, settle: Settle, healthz
) -> None:
    settle()
    with time_machine.travel(utcnow(), tick=False) as clock:
        factories.offer(alice)
        clock.shift(20)
        factories.offer(alice)
        clock.shift(LATE - timedelta(seconds=20))
        now = lag.measure(parts)
        assert (now.unindexed, now.oldest_lag_seconds) == (2, LATE.total_seconds())
        assert healthz()["status"] == "ok"
        clock.shift(1)
        assert lag.measure(parts).problems == ("index_late",)
        assert healthz()["status"] == "degraded"
        settle()
        db.session.rollback()
        assert lag.measure(parts).oldest_lag_seconds == 0.0
        assert healthz()["status"] == "ok"


def test_a_post_that_was_only_read_anew_waits_since_then_and_not_since_its_last_edit(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Blurik", updated_at=utcnow() - timedelta(days=9))
    settle()
    synonyms.add_synonym(staff, SynonymDraft("blurik", "handphone"))
    assert lag.measure(parts).rereading == rereading.Progress(1, 1)
    rereading.analyse(parts)
    now = lag.measure(parts)
    assert now.unindexed == 1
    assert now.oldest_lag_seconds < LATE.total_seconds()


def test_so_many_waiting_that_searches_leave_some_out_are_a_warning(
    parts, alice: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    monkeypatch.setattr(lag, "TAIL_MOST", 1)
    factories.offer(alice)
    assert lag.measure(parts).problems == ()
    factories.offer(alice)
    assert lag.measure(parts).problems == ("index_behind",)


def test_an_index_that_lacks_posts_although_none_waits_is_a_warning(
    parts, alice: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch, healthz
) -> None:
    monkeypatch.setattr(lag, "MISSING_MOST", 1)
    for _ in range(2):
        factories.offer(alice)
    settle()
    parts.search_index.apply([], [1])
    assert lag.measure(parts).problems == ()
    parts.search_index.apply([], [2])
    assert lag.measure(parts).problems == ("index_incomplete",)
    assert healthz()["status"] == "degraded"


def test_however_often_a_monitor_asks_open_posts_are_counted_once_a_minute(
    parts, alice: Member, settle: Settle, healthz, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.offer(alice)
    settle()
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *of: asked.append(of[2]))
    for _ in range(3):
        healthz()
    assert sum("count(" in one and "expires_at" in one for one in asked) == 1
    factories.offer(alice)
    settle()
    assert lag.measure(parts).problems == ()
    monkeypatch.setattr(lag, "COUNTED_FOR", -1)
    assert lag.measure(parts).open_posts == 2


def test_an_index_that_cannot_be_used_is_a_warning(
    parts, alice: Member, settle: Settle, lose_index: Callable[[], None], healthz
) -> None:
    factories.offer(alice)
    settle()
    lose_index()
    now = lag.measure(parts)
    assert (now.usable, now.facts, now.problems) == (False, None, ("index_unusable",))
    assert healthz()["status"] == "degraded"


def test_the_doctor_names_what_is_wrong(app: Flask, parts, alice: Member, settle: Settle) -> None:
    settle()
    factories.offer(alice, updated_at=utcnow() - LATE - timedelta(seconds=5))
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "MEND search: 1 posts wait to be indexed (index_late); see:" in said


def test_saved_searches_that_hear_late_are_a_warning(
    parts, alice: Member, settle: Settle, healthz
) -> None:
    settle()
    late = timedelta(seconds=lag.ALERTS_LATE_AFTER_SECONDS)
    with time_machine.travel(utcnow(), tick=False) as clock:
        listing = factories.offer(alice)
        clock.shift(late)
        settled_but_alerts(parts)
        now = lag.measure(parts)
        assert (now.unalerted, now.alert_lag_seconds) == (1, late.total_seconds())
        assert now.problems == ()
        clock.shift(1)
        assert lag.measure(parts).problems == ("alerts_late",)
        assert healthz()["status"] == "degraded"
        settle()
        db.session.rollback()
        assert lag.measure(parts).alert_lag_seconds == 0.0
        with transaction():  # the site reads it anew, which is no news
            listing.revision, listing.reread_at = listing.revision + 1, utcnow()
        assert lag.measure(parts).unalerted == 0


def settled_but_alerts(parts) -> None:
    while sweeps.sync(parts) or matching.refresh(parts):
        pass
    db.session.rollback()


def test_what_is_over_is_not_counted_as_open(parts, alice: Member, settle: Settle) -> None:
    factories.offer(alice, expires_at=utcnow() + timedelta(hours=1))
    settle()
    with transaction() as session:
        session.execute(update(Listing).values(expires_at=utcnow() - timedelta(hours=1)))
    assert lag.measure(parts).open_posts == 0
    assert lag.measure(parts).problems == ()
