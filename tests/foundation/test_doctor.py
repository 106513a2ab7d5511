"""The doctor and /healthz tell what is wrong before members do."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.backups.making import note
from marketplace.config import Settings
from marketplace.db import transaction, utcnow
from marketplace.worker import SweepRun
from tests import factories


def beat(error: str = "") -> None:
    with transaction() as session:
        session.add(
            SweepRun(
                name="search.sync",
                last_run_at=utcnow(),
                failures=int(bool(error)),
                last_error=error,
            )
        )


def test_a_site_whose_worker_runs_is_well(
    app: Flask, client: FlaskClient, settle: Callable[[], None]
) -> None:
    settle()
    beat()
    assert client.get("/healthz").json["status"] == "ok"  # type: ignore[index]
    assert app.test_cli_runner().invoke(args=["doctor"]).exit_code == 0


def test_a_silent_worker_is_told(
    app: Flask, client: FlaskClient, settle: Callable[[], None]
) -> None:
    settle()
    assert client.get("/healthz").json["status"] == "degraded"  # type: ignore[index]
    done = app.test_cli_runner().invoke(args=["doctor"])
    assert done.exit_code == 1
    assert "MEND worker" in done.output


def test_a_worker_that_fell_silent_is_told(client: FlaskClient, settle: Callable[[], None]) -> None:
    settle()
    beat()
    with time_machine.travel(utcnow() + timedelta(seconds=61)):
        assert client.get("/healthz").json["worker"]["silent"]  # type: ignore[index]


def test_a_failing_sweep_is_told(
    app: Flask, client: FlaskClient, settle: Callable[[], None]
) -> None:
    settle()
    beat("OSError: disk full")
    answer = client.get("/healthz").json
    assert answer is not None
    assert (answer["status"], answer["worker"]["failing"]) == ("degraded", ["search.sync"])


def test_posts_that_wait_long_for_the_index_are_told(
    app: Flask, client: FlaskClient, alice: Member, settle: Callable[[], None]
) -> None:
    settle()
    beat()
    factories.offer(
        alice,
        updated_at=utcnow() - timedelta(minutes=5),
        published_at=utcnow() - timedelta(minutes=5),
    )
    answer = client.get("/healthz").json
    assert answer is not None
    assert answer["search"]["unindexed"] == 1
    assert answer["status"] == "degraded"


def test_backups_that_stopped_are_told(app: Flask, settings: Settings) -> None:
    run = app.test_cli_runner().invoke
    assert "ok   backup: none made yet" in run(args=["doctor"]).output
    note(settings, utcnow() - timedelta(days=1), Path("/srv/backups/one"))
    assert "ok   backup: 1 days old: /srv/backups/one" in run(args=["doctor"]).output
    note(settings, utcnow() - timedelta(days=9), Path("/srv/backups/one"))
    assert "MEND backup: 9 days old" in run(args=["doctor"]).output


@pytest.mark.parametrize("path", ["/healthz"])
def test_health_is_never_cached(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"
