"""The cast and the stage: a real application on a real, empty database for every test.

alice offers, bob asks, carol is a stranger, staff moderates. ``settle()`` runs the sweeps until
nothing is left to do.
"""

import functools
import gc
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

import pytest
from alembic.script import ScriptDirectory
from flask import Flask, g
from flask.testing import FlaskClient
from flask_babel import get_domain
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from sqlalchemy import Engine, create_engine, event, make_url, text
from werkzeug.routing import Rule

from marketplace import create_app, worker
from marketplace.accounts.models import Member
from marketplace.config import Settings, load_settings
from marketplace.db import db
from marketplace.migrations import migrate
from marketplace.search import reading
from marketplace.search.postgres_index import PostgresIndex
from tests import factories

LOOPBACK = ("127.0.0.1", "::1", "localhost")
DROP_EACH = """
    FOR build IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'lumbung_search_')
    LOOP EXECUTE format('DROP SCHEMA %I CASCADE', build); END LOOP;
"""
# Of the search index, which is not among the models.
DROP_BUILDS = f"DO $$ DECLARE build text; BEGIN {DROP_EACH} END $$"
# Of this connection only, so that it is in no schema that a test might look at. Deletes only from
# tables that hold something: TRUNCATE would cascade to every table, and takes a hundred times as
# long.
EMPTYING = f"""
CREATE OR REPLACE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS $$
DECLARE build text;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    {{tables}}
    {DROP_EACH}
END $$
"""
EMPTYING_ONE = "IF EXISTS (SELECT FROM {0}) THEN DELETE FROM {0}; {1} END IF;"
RESTARTING = "PERFORM setval('{0}_id_seq', 1, false);"
BROWSER_TESTS = Path(__file__).parent / "browser"
REQUIRED = {name for name in os.environ.get("REQUIRE", "").split(",") if name}


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """No test speaks to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise RuntimeError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates compiled once for all the applications of a run, and for all of its processes that
    share TMPDIR; a third of its time otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.codes.get((bucket.key, bucket.checksum))
        if bucket.code is None:
            super().load_bytecode(bucket)
            self.codes[bucket.key, bucket.checksum] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        super().dump_bytecode(bucket)
        self.codes[bucket.key, bucket.checksum] = bucket.code


COMPILED = CompiledTemplates()


class RememberedRule(Rule):
    """An address that is compiled once for all the applications of a run: what comes of it depends
    on the text of the rule alone, and made two thirds of the time of an application."""

    _known: ClassVar[dict[Any, Any]] = {}

    def compile(self) -> None:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, defaults, self.merge_slashes, self.subdomain, self.host)
        if key not in self._known:
            super().compile()
            names = ("_parts", "_trace", "_converters", "arguments")
            builders = [getattr(self, name).__func__ for name in ("_build", "_build_unknown")]
            self._known[key] = ({name: getattr(self, name) for name in names}, *builders)
        compiled, build, build_unknown = self._known[key]
        vars(self).update(compiled)
        self._build = build.__get__(self)
        self._build_unknown = build_unknown.__get__(self)


Flask.url_rule_class = RememberedRule
DIALECTS: dict[str, Any] = {}
ENGINES: dict[Any, tuple[Engine, ...]] = {}
STATEMENTS: dict[Any, Any] = {}
CATALOGS: dict[Any, Any] = {}


def remember_statements(engine: Engine) -> None:
    """Let all engines of a run share what their statements compile to: that depends on the dialect
    alone, and was done anew in every test."""
    if engine.dialect.name not in DIALECTS:
        engine.connect().close()  # a dialect knows its server from the first connection on
    engine.dialect = DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    engine.update_execution_options(compiled_cache=STATEMENTS)


def share_connections(app: Flask) -> None:
    """Let the applications of a run take over each other's connections to PostgreSQL, as the
    requests of a process do: a new one takes 10 ms."""
    index = app.extensions["marketplace"].search_index
    if isinstance(index, PostgresIndex):
        own = (db.engine, index._engine, index._writers)
        shared = ENGINES.setdefault(db.engine.url, own)
        db.engines[None], index._engine, index._writers = shared


def let_go(app: Flask) -> None:
    """Close the connections that no other application will use, or that somebody still holds."""
    index = app.extensions["marketplace"].search_index
    if db.engine.dialect.name == "sqlite":
        db.engine.dispose()
        index.close()
    for engine in ENGINES.get(db.engine.url, ()):
        if engine.pool.checkedout():
            engine.dispose()


class Outbox:
    """A mailer that keeps what it was given."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        as_sent = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
        self.mails.append(as_sent)  # type: ignore[arg-type]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in mail["To"]]


@pytest.fixture(scope="session")
def _empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file that every test copies."""
    folder = tmp_path_factory.mktemp("template")
    _migrate(load_settings({}, instance_dir=folder))
    path = folder / "marketplace.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return path


@pytest.fixture(scope="session")
def _postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine | None]:
    """A migrated database of this test process on the server of TEST_DATABASE_URL, or None."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        yield None
        return
    name = f"lumbung_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    url = make_url(server).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(url.set(database=name))
    event.listen(engine, "connect", _teach_emptying)
    address = engine.url.render_as_string(hide_password=False)
    _migrate(load_settings({}, instance_dir=tmp_path_factory.mktemp("pg"), database_url=address))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.dispose()


def _migrate(settings: Settings) -> None:
    from flask_migrate import upgrade

    app = create_app(settings)
    with app.app_context():
        upgrade(directory=str(Path(app.root_path) / "migrations"))
        db.engine.dispose()
    app.extensions["marketplace"].search_index.close()


@functools.cache
def _head() -> str | None:
    return ScriptDirectory(migrate.directory).get_current_head()


def _teach_emptying(connection: Any, record: Any) -> None:
    tables = (
        EMPTYING_ONE.format(name, RESTARTING.format(name) if "id" in table.c else "")
        for name, table in db.metadata.tables.items()
    )
    connection.execute(EMPTYING.format(tables="\n    ".join(tables)))
    connection.commit()


def _empty(engine: Engine, settings: Settings) -> None:
    """Take out what the last test left; a test of migrations may have left another schema."""
    with engine.begin() as connection:
        versions = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
        if versions == [_head()]:
            connection.execute(text("SELECT pg_temp.empty()"))
            return
        connection.execute(text(DROP_BUILDS))
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    _migrate(settings)


@pytest.fixture
def settings(
    tmp_path: Path, request: pytest.FixtureRequest, _postgresql: Engine | None
) -> Iterator[Settings]:
    """Settings of an instance of its own; SQLite, or PostgreSQL under TEST_DATABASE_URL."""
    instance = tmp_path / "instance"
    instance.mkdir()
    common = {"instance_dir": instance, "log_level": "CRITICAL"}
    if _postgresql is None:
        shutil.copy(request.getfixturevalue("_empty_sqlite"), instance / "marketplace.sqlite3")
        yield load_settings({}, **common)
        return
    address = _postgresql.url.render_as_string(hide_password=False)
    own = load_settings({}, database_url=address, **common)
    _empty(_postgresql, own)
    yield own


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


def _forget_the_request_before() -> None:
    """The test's application context, and ``g`` with it, stands around all of its requests."""
    for name in list(g):
        g.pop(name)


def application(settings: Settings, outbox: Outbox, **flask_config: Any) -> Flask:
    """An application that shares with the others of a run what depends on none of them."""
    config = {"TESTING": True, "WTF_CSRF_ENABLED": False, "RATELIMIT_ENABLED": False}
    app = create_app(settings, mailer=outbox, **(config | flask_config))
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        remember_statements(db.engine)
        share_connections(app)
        folders = app.config["BABEL_TRANSLATION_DIRECTORIES"]
        get_domain().cache = CATALOGS.setdefault(folders, {})  # read once in a run
    app.before_request_funcs.setdefault(None, []).insert(0, _forget_the_request_before)
    return app


@pytest.fixture
def make_app(settings: Settings, outbox: Outbox) -> Iterator[Callable[..., Flask]]:
    """Makes an application on this test's database; ``flask_config`` overrides its settings."""
    made: list[Flask] = []

    def make(use: Settings = settings, **flask_config: Any) -> Flask:
        made.append(application(use, outbox, **flask_config))
        return made[-1]

    yield make
    reading.take([])  # words that a site added are those of its process
    for app in made:
        with app.app_context():
            db.session.remove()
            let_go(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The application, inside an application context."""
    app = make_app()
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser; no cookies yet."""
    return app.test_client()


@pytest.fixture
def settle(app: Flask) -> Callable[[], None]:
    """Run every sweep until nothing is left to do."""
    return lambda: worker.run_until_idle(app)


@pytest.fixture
def alice(app: Flask) -> Member:
    return factories.member("Alice", email="alice@example.org")


@pytest.fixture
def bob(app: Flask) -> Member:
    return factories.member("Bob", email="bob@example.org")


@pytest.fixture
def carol(app: Flask) -> Member:
    return factories.member("Carol", email="carol@example.org")


@pytest.fixture
def staff(app: Flask) -> Member:
    return factories.member("Staff", email="staff@example.org", is_staff=True)


@pytest.fixture
def as_member(app: Flask) -> Callable[[Member], FlaskClient]:
    """A browser signed in as the given member."""
    return lambda member: factories.sign_in(app, member)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot do, unless REQUIRE forbids leaving it out."""
    missing: dict[str, str] = {}
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        missing["browser"] = "no Chromium on this machine"
    if not os.environ.get("EVALUATION_DATA"):
        missing["evaluation"] = "EVALUATION_DATA is not set"
    for name, reason in missing.items():
        if name in REQUIRED:
            raise pytest.UsageError(f"REQUIRE={name}, but {reason}")
    for item in items:
        touches = "settings" in getattr(item, "fixturenames", ())
        if touches and not item.get_closest_marker("one_database"):
            item.add_marker("database")
        if item.get_closest_marker("postgresql"):
            _needs_postgresql(item)
        if item.get_closest_marker("browser") and not item.path.is_relative_to(BROWSER_TESTS):
            raise pytest.UsageError(f"{item.nodeid} would run in no group: not in {BROWSER_TESTS}")
        for name, reason in missing.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_configure() -> None:
    """Look for no garbage while tests are collected: what comes stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage less often: what is here by now stays to the end, and looking through it
    again and again took a seventh of a run."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 10, 10)


def _needs_postgresql(item: pytest.Item) -> None:
    """``tests.run`` runs what touches the database again on PostgreSQL: there it may not miss."""
    if not item.get_closest_marker("database"):
        raise pytest.UsageError(f"{item.nodeid} would run in no group: it takes no settings")
    if not os.environ.get("TEST_DATABASE_URL"):
        item.add_marker(pytest.mark.skip(reason="needs PostgreSQL, which has its own run"))
