"""On PostgreSQL too the index may be lost, damaged, locked or half built: nothing else is lost."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url, text, update

from marketplace.accounts.models import Member
from marketplace.config import PROJECT_ROOT, Settings
from marketplace.db import db, transaction
from marketplace.search import postgres_builds as builds
from marketplace.search.port import Document, IndexBusy, IndexUnusable
from marketplace.search.postgres_index import PostgresIndex
from tests import factories
from tests.search.corpus import document, query

pytestmark = pytest.mark.postgresql

NOTICE = "The search is being repaired."
DAMAGES = {
    "no schema": "DROP SCHEMA {build} CASCADE",
    "no documents": "DROP TABLE {build}.documents",
    "no terms": "DROP TABLE {build}.terms",
    "no state": "DROP TABLE {build}.state",
    "another column": "ALTER TABLE {build}.documents RENAME COLUMN words TO said",
    "nothing in it": "TRUNCATE {build}.documents",
    "state without a row": "DELETE FROM {build}.state",
}


def run(statement: str) -> None:
    """On a connection of its own, with the name of the build in use filled in."""
    with db.engine.begin() as connection:
        build = builds.newest(connection)
        connection.execute(text(statement.format(build=build)))


def all_builds() -> list[str]:
    named = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'lumbung_search_')")
    with db.engine.connect() as connection:
        return list(connection.scalars(named))


@pytest.fixture
def index(app: Flask, settings: Settings) -> Iterator[PostgresIndex]:
    index = PostgresIndex(settings.database, lock_seconds=0.2)
    yield index
    index.close()


@pytest.fixture
def other(settings: Settings) -> Iterator[PostgresIndex]:
    """As in another process, or on another host."""
    index = PostgresIndex(settings.database, lock_seconds=0.2)
    yield index
    index.close()


def test_a_site_on_postgresql_searches_in_postgresql(app: Flask) -> None:
    assert isinstance(app.extensions["marketplace"].search_index, PostgresIndex)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_means_a_notice_then_a_rebuild(
    client: FlaskClient, alice: Member, settle: Callable[[], None], damage: str
) -> None:
    factories.offer(alice, "Mesin jahit")
    factories.offer(alice, "Traktor")
    settle()
    db.session.rollback()
    run(DAMAGES[damage])
    page = client.get("/search?q=menjahit", headers={"Accept-Language": "en"}).text
    if damage != "nothing in it":  # which only a comparison could notice at once
        assert "Mesin jahit" in page
        assert "Traktor" not in page
        assert NOTICE in page
    assert client.get("/healthz").get_json()["status"] == "degraded"
    db.session.rollback()
    settle()
    page = client.get("/search?q=menjahit", headers={"Accept-Language": "en"}).text
    assert "Mesin jahit" in page
    assert NOTICE not in page


def test_a_reader_that_finds_damage_tells_the_process_that_writes(
    index: PostgresIndex, other: PostgresIndex
) -> None:
    index.rebuild([document(1, "mesin")])
    run("ALTER TABLE {build}.documents RENAME COLUMN facts TO said")
    assert other.usable()  # it looks at no column of documents
    with pytest.raises(IndexUnusable):
        index.search(query("mesin"))
    assert not other.usable()
    other.rebuild([document(1, "mesin")])
    assert index.usable()
    assert index.search(query("mesin")).total == 1


def test_an_index_of_another_format_is_built_anew(
    index: PostgresIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.rebuild([document(1)])
    monkeypatch.setattr(builds, "PREFIX", f"{builds.ANY_BUILD}{builds.FORMAT + 1}_")
    assert not index.usable()
    index.rebuild([document(2)])
    assert index.revisions() == {2: 1}
    assert len(all_builds()) == 1


def test_searches_go_on_while_another_process_writes_and_rebuilds(
    index: PostgresIndex, other: PostgresIndex
) -> None:
    index.rebuild(document(n, "mesin") for n in range(50))
    failures: list[BaseException] = []
    searches, stop = 0, threading.Event()

    def search() -> None:
        nonlocal searches
        while not stop.is_set():
            try:
                assert other.search(query("mesin")).total >= 50
                assert other.facets(query("mesin")).kinds["goods"] >= 50
                assert other.completions("mes", 1) == ["mesin"]
                assert other.stats(["mesin"]).frequencies["mesin"] >= 50
                searches += 1
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for round_ in range(8):
        index.apply([document(100 + round_, "mesin")], [100 + round_ - 1])
        index.rebuild(document(n, "mesin") for n in range(50 + round_))
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert searches
    index.rebuild([])  # takes away what a slow reader of the last round kept
    assert len(all_builds()) == 1


def test_a_slow_reader_of_the_old_build_keeps_nobody_from_searching_the_new_one(
    index: PostgresIndex, other: PostgresIndex
) -> None:
    index.rebuild([document(1, "mesin")])
    assert [hit.id for hit in other.search(query("mesin")).hits] == [1]
    with db.engine.connect() as slow:  # such as a dump of the whole database
        slow.execute(text(f"SELECT * FROM {builds.newest(slow)}.documents"))
        index.rebuild([document(2, "mesin")])
        assert [hit.id for hit in other.search(query("mesin")).hits] == [2]
        assert len(all_builds()) == 2
    index.rebuild([document(2, "mesin")])
    assert len(all_builds()) == 1


def test_a_second_writer_waits_and_then_says_that_it_is_busy(
    index: PostgresIndex, other: PostgresIndex
) -> None:
    index.rebuild([document(1)])

    def meanwhile() -> Iterator[Document]:
        with pytest.raises(IndexBusy):
            other.apply([document(2)])
        with pytest.raises(IndexBusy):
            other.rebuild([document(2)])
        yield document(3)

    index.rebuild(meanwhile())
    other.apply([document(2)])
    assert sorted(index.revisions()) == [2, 3]


def test_many_writers_at_once_lose_no_document_and_no_count(
    settings: Settings, index: PostgresIndex
) -> None:
    index.rebuild([])
    failures: list[BaseException] = []

    def write(worker: int) -> None:
        own = PostgresIndex(settings.database)
        try:
            for n in range(10):
                own.apply([document(worker * 100 + n, "mesin jahit")])
                own.apply([document(worker * 100 + n, "mesin", revision=2)])
        except BaseException as error:
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    stats = index.stats(["mesin", "jahit"])
    assert (stats.documents, dict(stats.frequencies)) == (50, {"mesin": 50, "jahit": 0})


def test_words_that_nobody_uses_any_more_are_not_kept(index: PostgresIndex) -> None:
    index.rebuild([document(1, "rahasia")])
    index.apply([], removals=[1])
    with db.engine.connect() as connection:
        left = connection.scalar(text(f"SELECT count(*) FROM {builds.newest(connection)}.terms"))
    assert left == 0


def test_the_number_of_a_forgotten_word_is_not_given_to_another(index: PostgresIndex) -> None:
    """So that a search that read it before the commit mistakes nothing."""

    def numbers() -> list[int]:
        with db.engine.connect() as connection:
            build = builds.newest(connection)
            chosen = f"SELECT number FROM {build}.terms WHERE term IN ('rahasia', 'terbuka')"
            return list(connection.scalars(text(chosen)))

    index.rebuild([document(1, "kursi")])
    index.apply([document(2, words={"rahasia": 1.0})])
    before = numbers()
    index.apply([], removals=[2])
    index.apply([document(3, words={"terbuka": 1.0})])
    assert len(before) == len(numbers()) == 1
    assert numbers() > before


def test_a_search_is_answered_again_after_the_server_ended_the_connections(
    index: PostgresIndex, settings: Settings
) -> None:
    index.rebuild([document(1, "mesin")])
    index.search(query("mesin"))
    admin = create_engine(settings.database, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'lumbung search'"
            )
        )
    admin.dispose()
    assert index.search(query("mesin")).total == 1


def test_a_server_that_is_down_is_said_so_and_usable_never_raises(settings: Settings) -> None:
    nowhere = make_url(settings.database).set(port=9)
    index = PostgresIndex(nowhere.render_as_string(hide_password=False))
    assert not index.usable()
    with pytest.raises(IndexUnusable):
        index.search(query("mesin"))
    with pytest.raises(IndexUnusable):
        index.apply([document(1)])
    index.close()


def test_what_was_applied_stays_when_the_transaction_of_the_request_is_undone(
    index: PostgresIndex, alice: Member
) -> None:
    index.rebuild([])
    with contextlib.suppress(RuntimeError), transaction() as session:
        session.execute(update(Member).values(name="Someone"))
        index.apply([document(1, "mesin")])
        raise RuntimeError
    assert index.search(query("mesin")).total == 1


REBUILD = """
import sys, time
from marketplace.search.postgres_index import PostgresIndex
from tests.search.corpus import document

def slowly():
    for n in range(2000):
        yield document(n, "kursi")
        if n == 1500:
            print("half", flush=True)
            time.sleep(60)

PostgresIndex(sys.argv[1]).rebuild(slowly())
"""


def test_kill_9_in_the_middle_of_a_rebuild_leaves_the_old_index_and_nothing_else(
    index: PostgresIndex, settings: Settings
) -> None:
    index.rebuild([document(1, "mesin")])
    before = all_builds()
    with subprocess.Popen(
        [sys.executable, "-c", REBUILD, settings.database],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        assert index.search(query("mesin")).total == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert all_builds() == before
    assert index.search(query("mesin")).total == 1
    for _ in range(50):  # until the server has noticed
        try:
            index.apply([document(2, "mesin")])
            break
        except IndexBusy:
            time.sleep(0.1)
    assert index.search(query("mesin")).total == 2
