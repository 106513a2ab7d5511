"""Leaving over HTTP: a copy of one's data, a change of mind, and being forgotten.

carol lives here for a while, takes her data along, asks for deletion, comes back, asks again.
Seven days later she is gone: from pages, search and API, from every table and every file.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from marketplace import worker
from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.privacy import erasure, ledger
from tests.conftest import Outbox
from tests.journeys.test_first_path import PASSWORD, Reader, _key, arrive, picture, settle_app

__all__ = ["arrive", "settle_app"]

NAME, EMAIL = "Cempaka", "cempaka@example.org"
BIO = "Pengrajin rotan bernama Wijayakusuma"
TITLE = "Kursi rotan wijayakusuma"
SAID = "Silakan diambil hari Sabtu."
TRACES = ("cempaka", "wijayakusuma", EMAIL)


@pytest.fixture
def carol(arrive: Callable[[str, str, str], Reader]) -> Reader:
    """A member with a profile, a post with a photo, and a conversation with bob."""
    carol = arrive(NAME, "en", "Beji, Depok")
    carol.get("/account").post(
        "/account", name=NAME, bio=BIO, language="en", reach_km="10", place="Beji, Depok"
    )
    carol.get("/listings/new?direction=offer").post(
        "/listings/new", direction="offer", kind="goods", title=TITLE, terms=["gift"],
        description="Dibuat oleh Wijayakusuma sendiri", place="Beji, Depok",
        key=_key(carol.text), photo=picture(), action="publish",
    )  # fmt: skip
    carol.listing = carol.url  # type: ignore[attr-defined]
    return carol


@pytest.fixture
def bob(arrive: Callable[[str, str, str], Reader], carol: Reader) -> Reader:
    bob = arrive("Bob", "en", "Beji, Depok")
    listing = carol.listing  # type: ignore[attr-defined]
    bob.get(f"{listing}/conversations").post(f"{listing}/conversations", body="Masih ada?")
    bob.conversation = bob.url  # type: ignore[attr-defined]
    carol.get(bob.url).post(bob.url, body=SAID)
    return bob


def copy_of(reader: Reader) -> zipfile.ZipFile:
    """The zip that the page hands out after the password."""
    reader.get("/account/data")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', reader.text)
    assert token
    data = {"csrf_token": token[1], "password": PASSWORD}
    answer = reader.client.post("/account/data/copy", data=data)
    assert answer.mimetype == "application/zip"
    copy = zipfile.ZipFile(io.BytesIO(answer.data))
    answer.close()
    return copy


def leave(reader: Reader) -> None:
    reader.get("/account/deletion").post("/account/deletion", password=PASSWORD)
    assert "Your account will be deleted" in reader.text


def what_tables_say(app: Flask) -> str:
    with app.app_context():
        rows = []
        for table in db.metadata.sorted_tables:
            columns = [c for c in table.columns if (table.name, c.name) != ("messages", "body")]
            rows += [str(tuple(row)) for row in db.session.execute(select(*columns))]
        db.session.remove()
    return "\n".join(rows).lower()


def files_that_say(folder: Path, trace: str) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and trace.encode() in path.read_bytes().lower():
            found.append(str(path.relative_to(folder)))
    return found


def test_a_member_leaves_and_nothing_of_her_is_left(
    arrive: Callable[[str, str, str], Reader], carol: Reader, bob: Reader, outbox: Outbox
) -> None:
    app: Flask = arrive.app  # type: ignore[attr-defined]
    listing: str = carol.listing  # type: ignore[attr-defined]
    conversation: str = bob.conversation  # type: ignore[attr-defined]
    worker.run_until_idle(app)
    profile = next(iter(re.findall(r"/members/[0-9a-z]{12}", bob.get(listing).text)))

    # She takes her data along.
    copy = copy_of(carol)
    data = json.loads(copy.read("data.json"))
    photo = data["listings"][0]["photos"][0]["file"]
    assert copy.read(photo)[:4] == b"RIFF"
    assert [m["body"] for m in data["conversations"][0]["messages"]] == ["Masih ada?", SAID]
    assert "bob@example.org" not in str(data)
    assert BIO in copy.read("index.html").decode()

    # She asks for deletion, and changes her mind.
    leave(carol)
    for address in (listing, profile, f"/api/v1{listing}"):
        assert bob.client.get(address).status_code in (404, 410), address
    assert TITLE not in bob.get("/search?q=kursi+rotan").text
    worker.run_until_idle(app)
    assert "will be deleted on" in outbox.to(EMAIL)[-1]["Subject"]
    carol.get("/me")
    assert "Your account will be deleted on" in carol.text
    carol.post("/account/deletion/cancellation")
    assert TITLE in bob.get("/search?q=kursi+rotan").text
    assert bob.get(profile).text.count(BIO)

    # She asks again; seven days pass.
    for trace in TRACES:
        assert trace in what_tables_say(app), trace
    leave(carol)
    with app.app_context():
        asked = db.session.scalars(select(Member).where(Member.email == EMAIL)).one()
        due, public_id = asked.erase_after, asked.public_id
        db.session.remove()
    assert due
    with time_machine.travel(due.timestamp() - 3600, tick=True):
        worker.run_until_idle(app)
        assert NAME in carol.get("/me").text
    with time_machine.travel(due.timestamp() + 60, tick=True):
        worker.run_until_idle(app)
        _gone(app, bob, listing, profile, conversation)
        assert carol.client.get("/me").status_code in (302, 303)
        for trace in TRACES:
            assert trace not in what_tables_say(app), trace
        _no_file_says(app)
    with app.app_context():
        path = ledger.path_in(app.extensions["marketplace"].settings.instance_dir)
        assert [entry.member for entry in ledger.read(path)] == [public_id]


def _gone(app: Flask, bob: Reader, listing: str, profile: str, conversation: str) -> None:
    for address in (listing, profile, f"/api/v1{listing}"):
        assert bob.client.get(address).status_code in (404, 410), address
    assert TITLE not in bob.get("/search?q=kursi+rotan").text
    page = bob.get(conversation).text
    assert SAID in page
    assert "Deleted member" in page
    assert NAME not in page


def _no_file_says(app: Flask) -> None:
    """Photos, mails, the ledger; and once the database is closed, its file as well."""
    settings = app.extensions["marketplace"].settings
    with app.app_context():
        db.session.remove()
        db.engine.dispose()  # the last connection folds the write-ahead log into the file
    for trace in TRACES:
        found = files_that_say(settings.instance_dir, trace)
        # The dictionary of the index forgets words when its segments merge, or by a rebuild.
        assert [name for name in found if not name.startswith("index/")] == [], trace
    assert not [path for path in settings.uploads_dir.rglob("*") if path.is_file()]
    with app.app_context():
        from marketplace.search.sweeps import rebuild

        rebuild(app.extensions["marketplace"].search_index)
        db.session.remove()
    assert [files_that_say(settings.instance_dir, trace) for trace in TRACES] == [[]] * 3


def test_a_backup_from_before_does_not_bring_her_back(
    arrive: Callable[[str, str, str], Reader], carol: Reader, bob: Reader
) -> None:
    """The database as it was, and the ledger as it is; the command itself is tested beside it."""
    app: Flask = arrive.app  # type: ignore[attr-defined]
    with app.app_context():
        before = db.session.scalars(select(Member).where(Member.email == EMAIL)).one()
        at = before.created_at
        assert len(erasure.reapply([ledger.Entry(before.public_id, at)])) == 1
        db.session.remove()
    worker.run_until_idle(app)
    tables = what_tables_say(app)
    for trace in TRACES:
        assert trace not in tables, trace
