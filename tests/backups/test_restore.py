"""``flask restore``: the site of the backup, whole, or the site as it was."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import create_engine, text

from marketplace.accounts.models import Member
from marketplace.backups import manifest, swap
from marketplace.backups.restoring import prepared_beside
from marketplace.config import Settings, load_settings
from marketplace.db import db, utcnow
from marketplace.listings.models import Listing
from marketplace.search.synonym_rules import SynonymDraft
from marketplace.search.synonyms import add_synonym
from tests import factories
from tests.backups.conftest import Run, files_of, rows_of

SEARCHES = ("mesin jahit", "sepeda", "rak", "buku kayu", "tidak ada")


def found_by(app: Flask, words: str) -> list[str]:
    page = app.test_client().get("/search", query_string={"q": words}).text
    return re.findall(r'href="/listings/([0-9a-z]{12})"', page)


def test_a_restored_site_equals_its_source_in_rows_files_and_searches(
    app: Flask,
    settings: Settings,
    elsewhere: Settings,
    neighbourhood: list[str],
    backup: Callable[[], Path],
    restored: Run,
    make_app: Callable[..., Flask],
    settle: Callable[[], None],
) -> None:
    add_synonym(factories.member("Staff", is_staff=True), SynonymDraft("blurik", "mesin jahit"))
    settle()
    (settings.instance_dir / "config.toml").write_text('site_name = "Warga"\n')
    made = backup()
    done = restored("restore", made)
    assert done.exit_code == 0, done.output
    assert rows_of(elsewhere) == rows_of(settings)
    assert files_of(elsewhere.uploads_dir) == files_of(settings.uploads_dir)
    assert len(files_of(elsewhere.uploads_dir)) == 12
    for name in ("secret_key", "config.toml"):
        here, there = settings.instance_dir / name, elsewhere.instance_dir / name
        assert here.read_text() == there.read_text()
    second = make_app(elsewhere)
    with second.app_context():
        for words in SEARCHES:
            assert found_by(second, words) == found_by(app, words), words
        assert found_by(second, "mesin jahit")
        assert found_by(second, "blurik")


def test_a_site_moves_from_postgresql_to_sqlite_and_back(
    tmp_path: Path,
    settings: Settings,
    elsewhere: Settings,
    neighbourhood: list[str],
    backup: Callable[[], Path],
    restored: Run,
    make_app: Callable[..., Flask],
) -> None:
    if not settings.database_url:
        pytest.skip("needs both databases")
    small = load_settings({}, instance_dir=tmp_path / "small", log_level="CRITICAL")
    made, app = backup(), make_app(small)
    with app.app_context():
        runner = app.test_cli_runner()
        done = runner.invoke(args=["restore", str(made)])
        assert done.exit_code == 0, done.output
        assert rows_of(small) == rows_of(settings)
        db.session.remove()
        assert runner.invoke(args=["backup", str(tmp_path / "back")]).exit_code == 0
    done = restored("restore", tmp_path / "back")
    assert done.exit_code == 0, done.output
    assert rows_of(elsewhere) == rows_of(settings)
    assert files_of(elsewhere.uploads_dir) == files_of(settings.uploads_dir)


def test_new_rows_of_a_restored_site_get_new_ids(
    neighbourhood: list[str],
    backup: Callable[[], Path],
    elsewhere: Settings,
    restored: Run,
    make_app: Callable[..., Flask],
) -> None:
    assert restored("restore", backup()).exit_code == 0
    with make_app(elsewhere).app_context():
        owner = db.session.query(Member).filter_by(name="Alice").one()
        assert factories.offer(owner).id == db.session.query(Listing).count()


def test_the_newest_backup_of_a_folder_is_taken(
    neighbourhood: list[str], backup: Callable[[], Path], restored: Run
) -> None:
    made = backup()
    done = restored("restore", made.parent)
    assert f"Checking {made}" in done.output
    assert done.exit_code == 0


def test_a_damaged_file_is_named_and_nothing_is_restored(
    neighbourhood: list[str], backup: Callable[[], Path], elsewhere: Settings, restored: Run
) -> None:
    made = backup()
    photo = next(path for path in (made / "uploads").rglob("*.jpg"))
    data = bytearray(photo.read_bytes())
    data[len(data) // 2] ^= 1
    photo.write_bytes(data)
    (made / "tables" / "listings.jsonl.gz").unlink()
    done = restored("restore", made)
    assert done.exit_code == 1
    assert f"{photo.relative_to(made)} is damaged" in done.output
    assert "tables/listings.jsonl.gz is missing" in done.output
    assert not elsewhere.uploads_dir.exists()
    assert not swap.holds_site(elsewhere)


def test_a_newer_schema_is_refused(
    neighbourhood: list[str], backup: Callable[[], Path], restored: Run
) -> None:
    made = backup()
    values = json.loads((made / manifest.NAME).read_text()) | {"schema": "9999"}
    (made / manifest.NAME).write_text(json.dumps(values))
    done = restored("restore", made)
    assert done.exit_code == 1
    assert "9999" in done.output
    assert "newer version" in done.output


def test_an_older_schema_is_brought_up_to_date(
    app: Flask,
    settings: Settings,
    neighbourhood: list[str],
    backup: Callable[[], Path],
    elsewhere: Settings,
    restored: Run,
    make_app: Callable[..., Flask],
) -> None:
    from flask_migrate import downgrade, upgrade

    from marketplace.cli import schema_is_current
    from marketplace.migrations import migrate

    db.session.remove()
    downgrade(directory=migrate.directory, revision="0002")
    made = backup()
    upgrade(directory=migrate.directory)
    assert manifest.read(made).schema == "0002"
    done = restored("restore", made)
    assert done.exit_code == 0, done.output
    with make_app(elsewhere).app_context():
        assert schema_is_current()
    assert len(rows_of(elsewhere)["listings"]) == 5


def test_a_site_with_members_is_only_replaced_when_asked_and_then_kept_aside(
    settings: Settings, neighbourhood: list[str], backup: Callable[[], Path], run: Run
) -> None:
    made = backup()
    newer = factories.offer(db.session.query(Member).filter_by(name="Bob").one(), "Kursi").title
    before = rows_of(settings)
    refused = run("restore", made)
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    assert rows_of(settings) == before
    done = run("restore", made, "--replace")
    assert done.exit_code == 0, done.output
    assert newer not in str(rows_of(settings)["listings"])
    kept = Path(re.search(r"is kept in (\S+?)(;| and)", done.output)[1])  # type: ignore[index]
    assert len(files_of(kept / "uploads")) == 12
    assert files_of(settings.uploads_dir) == files_of(kept / "uploads")
    assert not swap.is_interrupted(settings)
    assert not (settings.instance_dir / swap.BESIDE).exists()


def test_a_running_site_is_not_replaced(
    settings: Settings, neighbourhood: list[str], backup: Callable[[], Path], run: Run
) -> None:
    made = backup()
    before = rows_of(settings)
    other = create_engine(settings.database)
    with other.connect() as open_elsewhere:
        open_elsewhere.execute(text("SELECT count(*) FROM members"))
        open_elsewhere.rollback()
        done = run("restore", made, "--replace")
    other.dispose()
    assert done.exit_code == 1
    assert "running" in done.output
    assert rows_of(settings) == before


def test_a_restore_that_fails_at_the_last_step_changes_nothing(
    settings: Settings, neighbourhood: list[str], backup: Callable[[], Path], run: Run
) -> None:
    made = backup()
    before, files = rows_of(settings), files_of(settings.uploads_dir)
    with time_machine.travel("2030-01-01 00:00:00+00:00", tick=False):
        (settings.instance_dir / f"{swap.ASIDE}20300101T000000Z").write_text("in the way")
        done = run("restore", made, "--replace")
    assert done.exit_code == 1
    assert "Nothing was changed" in done.output
    assert (rows_of(settings), files_of(settings.uploads_dir)) == (before, files)
    assert not swap.is_interrupted(settings)
    assert not (settings.instance_dir / swap.BESIDE).exists()


def test_files_go_back_when_the_database_cannot_follow(tmp_path: Path) -> None:
    """The database lies in a folder that is not there (any longer)."""
    address = f"sqlite:///{tmp_path / 'gone' / 'site.sqlite3'}"
    here = load_settings({}, instance_dir=tmp_path / "site", database_url=address)
    beside = prepared_beside(here)
    for folder, name in ((here.uploads_dir, "old.jpg"), (beside.uploads_dir, "new.jpg")):
        folder.mkdir(parents=True)
        (folder / name).write_text(name)
    swap.sqlite_file(beside).write_text("prepared")
    with pytest.raises(OSError, match="No such file"):
        swap.swap(here, beside, keep=True, now=utcnow())
    assert [path.name for path in here.uploads_dir.iterdir()] == ["old.jpg"]
    assert [path.name for path in beside.uploads_dir.iterdir()] == ["new.jpg"]
    assert sorted(path.name for path in here.instance_dir.iterdir()) == [
        "restoring", "secret_key", "uploads",
    ]  # fmt: skip


def test_a_site_whose_restore_was_interrupted_does_not_start(
    settings: Settings, run: Run, app: Flask
) -> None:
    from marketplace.serve import is_prepared

    (settings.instance_dir / swap.MARK).touch()
    done = run("prepare")
    assert done.exit_code == 1
    assert "interrupted" in done.output
    assert not is_prepared(settings)


def test_a_manifest_that_points_outside_is_refused(
    neighbourhood: list[str], backup: Callable[[], Path], restored: Run
) -> None:
    made = backup()
    values = json.loads((made / manifest.NAME).read_text())
    values["files"]["uploads/../../outside"] = [1, "0" * 64]
    (made / manifest.NAME).write_text(json.dumps(values))
    done = restored("restore", made)
    assert done.exit_code == 1
    assert "damaged" in done.output


def test_an_older_program_leaves_the_database_of_a_newer_one_alone(app: Flask, run: Run) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = run("prepare")
    assert done.exit_code == 1
    assert "9999" in done.output
    assert "newer version" in done.output
