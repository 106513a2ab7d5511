"""alice takes a copy of what is hers, leaves, and stays gone when the site is restored from before.

Over HTTP, up to the commands of the operator. bob, who wrote to her, keeps his side.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Engine

from marketplace.config import Settings
from marketplace.db import db, utcnow
from tests.journeys.test_first_path import (
    PASSWORD,
    Reader,
    _noon,  # noqa: F401
    _publish,
    arrive,  # noqa: F401
    first_link,
    picture,
    settle_app,  # noqa: F401
)

Arrive = Callable[[str, str, str], Reader]
GRACE = timedelta(days=8)


@pytest.fixture
def let_go(_postgresql: Engine | None) -> Callable[[Flask], None]:
    """The site stops: nothing holds its database any longer."""

    def stop(app: Flask) -> None:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        app.extensions["marketplace"].search_index.close()
        if _postgresql is not None:
            _postgresql.dispose()

    return stop


def test_whoever_leaves_takes_her_data_along_and_stays_gone_after_a_restore(
    arrive: Arrive,  # noqa: F811
    settle_app: Callable[[Flask], None],  # noqa: F811
    settings: Settings,
    make_app: Callable[..., Flask],
    tmp_path: Path,
    let_go: Callable[[Flask], None],
) -> None:
    app: Flask = arrive.app  # type: ignore[attr-defined]
    alice = arrive("Alice", "en", "Beji, Depok")
    _publish(alice, "offer", "Old loom", photo=picture())
    settle_app(app)
    bob = arrive("Bob", "en", "Beji, Depok")
    bob.get("/search?q=loom")
    bob.get(first_link(bob.text, r"/listings/[0-9a-z]{12}"))
    listing = bob.url
    bob.get(first_link(bob.text, r"/listings/[0-9a-z]{12}/conversations[^\"]*"))
    bob.post(bob.url, body="Is the loom still there?")
    conversation = bob.url
    operator(app, "backup", tmp_path / "backups")

    copy = data_of(alice)
    assert copy["listings"][0]["title"] == "Old loom"
    alice.get("/account/deletion").post("/account/deletion", password=PASSWORD)
    assert "hidden from now on" in alice.text
    assert "Old loom" not in bob.get("/search?q=loom").text
    with time_machine.travel(utcnow() + GRACE):
        settle_app(app)
        assert_gone(app, bob, listing, conversation)
        let_go(app)
        said = operator(app, "restore", tmp_path / "backups", "--replace")
        assert "Erased again" in said
        again = make_app(settings, WTF_CSRF_ENABLED=True)
        returning = Reader(again.test_client(), "en")
        returning.get("/sign-in")
        returning.post("/sign-in", login="bob@example.org", password=PASSWORD)
        assert_gone(again, returning, listing, conversation)


def operator(app: Flask, *command: object) -> str:
    with app.app_context():
        done = app.test_cli_runner().invoke(args=[str(one) for one in command])
    assert done.exit_code == 0, done.output
    return done.output


def data_of(member: Reader) -> dict[str, list[dict[str, str]]]:
    """The copy that the member downloads."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', member.get("/account/data").text)
    assert token
    form = {"csrf_token": token[1], "password": PASSWORD}
    answer = member.client.post("/account/data/copy", data=form, headers=member.headers)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as copy:
        found: dict[str, list[dict[str, str]]] = json.loads(copy.read("data.json"))
    answer.close()
    return found


def assert_gone(app: Flask, bob: Reader, listing: str, conversation: str) -> None:
    """Nothing of alice is left, but for what bob wrote to her."""
    assert "Old loom" not in bob.get("/search?q=loom").text
    assert bob.client.get(listing).status_code in (404, 410)
    assert "Is the loom still there?" in bob.get(conversation).text
    assert "Alice" not in bob.text
    stranger = Reader(app.test_client(), "en")
    stranger.get("/sign-in")
    stranger.post("/sign-in", expect=422, login="alice@example.org", password=PASSWORD)
    uploads = app.extensions["marketplace"].settings.uploads_dir
    assert [path for path in uploads.rglob("*") if path.is_file()] == []
