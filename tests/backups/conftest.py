"""A small neighbourhood with photos, and a second, empty machine to restore it on."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from PIL import Image
from sqlalchemy import Engine, create_engine, select, text

from marketplace.accounts.models import Member
from marketplace.backups import manifest
from marketplace.config import Settings, load_settings
from marketplace.db import db
from marketplace.listings.photos import attach_photo
from tests import factories

Run = Callable[..., Result]


def picture(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(data, "JPEG")
    return data.getvalue()


def photographed(owner: Member, title: str, folder: Path, colour: str = "red") -> str:
    """An open offer with one photo; its public id."""
    listing = factories.offer(owner, title)
    attach_photo(owner, listing.public_id, picture(colour), folder=folder)
    return listing.public_id


@pytest.fixture
def neighbourhood(app: Flask, settings: Settings, alice: Member, bob: Member) -> list[str]:
    """Offers of alice with photos, requests of bob; public ids of the offers."""
    offers = [
        photographed(alice, title, settings.uploads_dir)
        for title in ("Mesin jahit tua", "Sepeda anak", "Rak buku kayu")
    ]
    for title in ("Butuh mesin jahit", "Mencari sepeda"):
        factories.request(bob, title)
    return offers


@pytest.fixture
def run(app: Flask, _postgresql: Engine | None) -> Run:
    """Run a command of the first site."""

    def run(*args: object) -> Result:
        if _postgresql is not None:
            _postgresql.dispose()  # its connections would pass for those of a running site
            app.extensions["marketplace"].search_index.close()
        return app.test_cli_runner().invoke(args=[str(one) for one in args])

    return run


@pytest.fixture
def backup(run: Run, tmp_path: Path) -> Callable[[], Path]:
    """Back the first site up; returns the new backup."""

    def make() -> Path:
        done = run("backup", tmp_path / "backups")
        assert done.exit_code == 0, done.output
        return manifest.backups_in(tmp_path / "backups")[-1]

    return make


@pytest.fixture
def elsewhere(tmp_path: Path, settings: Settings, _postgresql: Engine | None) -> Iterator[Settings]:
    """The settings of an empty machine; on PostgreSQL with an empty database of its own."""
    instance = tmp_path / "elsewhere"
    if _postgresql is None:
        yield load_settings({}, instance_dir=instance, log_level="CRITICAL")
        return
    name = f"{_postgresql.url.database}_elsewhere"
    admin = create_engine(_postgresql.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    address = _postgresql.url.set(database=name).render_as_string(hide_password=False)
    yield load_settings({}, instance_dir=instance, log_level="CRITICAL", database_url=address)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def restored(make_app: Callable[..., Flask], elsewhere: Settings) -> Run:
    """Run a command on the empty machine; each call is a process of its own, as it were."""

    def run(*args: object) -> Result:
        app = make_app(elsewhere)
        with app.app_context():
            done = app.test_cli_runner().invoke(args=[str(one) for one in args])
            db.session.remove()
            db.engine.dispose()
        app.extensions["marketplace"].search_index.close()
        return done

    return run


def rows_of(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table; times without their zone, which SQLite does not have."""
    engine = create_engine(settings.database)
    found = {}
    with engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    engine.dispose()
    return found


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): manifest.sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
