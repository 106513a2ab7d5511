"""The index may be deleted, damaged or locked, and processes may die: nothing is lost."""

import contextlib
import gc
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from marketplace.accounts.models import Member
from marketplace.config import PROJECT_ROOT
from marketplace.db import db, is_postgresql
from marketplace.listings.models import Listing
from marketplace.search import builds, lag, service, sweeps
from marketplace.search.port import IndexBusy, IndexUnusable
from marketplace.search.service import SearchRequest
from marketplace.search.whoosh_index import WhooshIndex
from tests import factories
from tests.search.corpus import document, query

NOTICE = "The search is being repaired."
ROUNDS = 5  # of killing; the bench does more


@pytest.fixture
def index_dir(app: Flask) -> Path:
    if is_postgresql():
        pytest.skip("no folder: on PostgreSQL test_postgres_faults breaks the index")
    return app.extensions["marketplace"].settings.index_dir


def _truncate(folder: Path) -> None:
    for path in folder.rglob("*.seg"):
        os.truncate(path, path.stat().st_size // 2)


def _scribble(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.suffix in (".seg", ".toc"):
            path.write_bytes(b"\xff" * path.stat().st_size)


def _remove_segments(folder: Path) -> None:
    for path in folder.rglob("*.seg"):
        path.unlink()


def _lose_the_pointer(folder: Path) -> None:
    (folder / "CURRENT").unlink()


DAMAGES = [shutil.rmtree, _truncate, _scribble, _remove_segments, _lose_the_pointer]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_a_damaged_index_means_a_notice_then_a_rebuild(
    client: FlaskClient,
    app: Flask,
    index_dir: Path,
    alice: Member,
    settle: Callable[[], None],
    damage: Callable[[Path], None],
) -> None:
    factories.offer(alice, "Mesin jahit")
    factories.offer(alice, "Traktor")
    settle()
    damage(index_dir)
    app.extensions["marketplace"].search_index.close()  # as after a restart
    page = client.get("/search?q=menjahit", headers={"Accept-Language": "en"}).text
    assert "Mesin jahit" in page
    assert "Traktor" not in page
    assert NOTICE in page
    assert client.get("/healthz").get_json()["status"] == "degraded"
    settle()
    page = client.get("/search?q=menjahit", headers={"Accept-Language": "en"}).text
    assert "Mesin jahit" in page
    assert NOTICE not in page


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_damage_under_use_ends_no_search_and_no_process(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "index"
    index = WhooshIndex(folder)
    index.rebuild(document(n, f"mesin nomor{n}") for n in range(200))
    index.search(query("mesin"))
    damage(folder)
    for n in range(200):  # words not read before
        try:
            assert [hit.id for hit in index.search(query(f"nomor{n}")).hits] == [n]
        except IndexUnusable:
            assert not index.usable()
    index.rebuild([document(1, "mesin")])
    assert index.usable()
    assert [hit.id for hit in index.search(query("mesin")).hits] == [1]


def test_a_reader_that_finds_damage_tells_the_process_that_writes(tmp_path: Path) -> None:
    writer, reader = WhooshIndex(tmp_path), WhooshIndex(tmp_path)
    writer.rebuild([document(1)])
    assert writer.usable()  # it has everything in memory
    _truncate(tmp_path)
    with pytest.raises(IndexUnusable):
        reader.search(query())
    assert not writer.usable()
    writer.rebuild([document(1)])
    assert writer.usable()
    assert reader.search(query()).total == 1


def test_an_index_of_another_format_is_built_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WhooshIndex(tmp_path).rebuild([document(1)])
    monkeypatch.setattr(builds, "PREFIX", f"{builds.ANY_BUILD}{builds.FORMAT + 1}-")
    index = WhooshIndex(tmp_path)
    assert not index.usable()
    index.rebuild([document(2)])
    assert index.revisions() == {2: 1}
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_searches_go_on_while_another_process_writes_and_rebuilds(tmp_path: Path) -> None:
    writer, reader = WhooshIndex(tmp_path), WhooshIndex(tmp_path)
    writer.rebuild(document(n, "mesin") for n in range(50))
    failures: list[BaseException] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            try:
                assert reader.search(query("mesin")).total >= 50
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for round_ in range(8):
        writer.apply([document(100 + round_, "mesin")], [100 + round_ - 1])
        writer.rebuild(document(n, "mesin") for n in range(50 + round_))
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_second_writer_waits_and_then_says_that_it_is_busy(tmp_path: Path) -> None:
    first, second = WhooshIndex(tmp_path), WhooshIndex(tmp_path, lock_seconds=0.2)
    first.rebuild([document(1)])

    def meanwhile():
        with pytest.raises(IndexBusy):
            second.apply([document(2)])
        yield document(3)

    first.rebuild(meanwhile())
    second.apply([document(2)])
    assert sorted(first.revisions()) == [2, 3]


@pytest.mark.filterwarnings(  # Whoosh leaves its half-written files to the garbage collector
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_a_full_disk_costs_no_search_and_no_listing(
    app: Flask, index_dir: Path, alice: Member, settle: Callable[[], None]
) -> None:
    parts = app.extensions["marketplace"]
    factories.offer(alice, "Mesin lama")
    settle()
    factories.offer(alice, "Mesin baru")
    documents = [document(n, f"mesin nomor{n}") for n in range(100, 200)]
    with _files_of_at_most(2000):
        with pytest.raises(IndexUnusable):
            parts.search_index.apply(documents)
        assert parts.search_index.usable()
        assert service.find(parts, None, SearchRequest(text="mesin")).total == 2
    settle()
    db.session.rollback()
    assert lag.measure(parts).unindexed == 0
    assert len(parts.search_index.revisions()) == 2
    gc.collect()


@contextlib.contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """The nearest that a test may come to a full disk: writing more is an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_busy_index_leaves_the_rows_due(
    app: Flask, alice: Member, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = app.extensions["marketplace"]
    settle()
    factories.offer(alice, "Mesin")

    def busy(*_: object, **__: object) -> None:
        raise IndexBusy

    monkeypatch.setattr(type(parts.search_index), "apply", busy)
    assert sweeps.sync(parts) == 0
    monkeypatch.undo()
    assert lag.measure(parts).unindexed == 1
    assert service.find(parts, None, SearchRequest(text="mesin")).total == 1


SYNC_FOR_EVER = """
import sys
from pathlib import Path
from marketplace import create_app
from marketplace.config import load_settings
from marketplace.db import db
from marketplace.search import sweeps

sweeps.BATCH = 3
app = create_app(
    load_settings(
        {}, instance_dir=Path(sys.argv[1]), database_url=sys.argv[2], log_level="CRITICAL"
    )
)
with app.app_context():
    print("ready", flush=True)
    while True:
        sweeps.sync(app.extensions["marketplace"])
        db.session.rollback()
"""


def test_kill_9_in_the_middle_of_sync_loses_no_acknowledged_listing(
    app: Flask, alice: Member, settle: Callable[[], None]
) -> None:
    parts = app.extensions["marketplace"]
    settings = parts.settings
    settle()
    number = 0
    for round_ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", SYNC_FOR_EVER, settings.instance_dir, settings.database_url],
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            for _ in range(6 + round_):
                factories.offer(alice, f"Mesin nomor{number}")
                number += 1
            time.sleep(0.01 * round_)
            process.send_signal(signal.SIGKILL)
            process.wait()
        db.session.rollback()
        assert service.find(parts, None, SearchRequest(text="mesin")).total == number
    settle()
    db.session.rollback()
    assert lag.measure(parts).unindexed == 0
    assert sweeps.differences(parts.search_index) == {
        "missing": [],
        "outdated": [],
        "superfluous": [],
    }
    rows = db.session.execute(select(Listing.id, Listing.revision)).all()
    assert parts.search_index.revisions() == {row.id: row.revision for row in rows}
    assert len(builds_left(settings.index_dir)) == 1


def builds_left(index_dir: Path) -> list[str]:
    if is_postgresql():
        named = text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'lumbung%'")
        return list(db.session.scalars(named))
    return [path.name for path in index_dir.iterdir() if path.is_dir()]
