"""``flask backup``: consistent while the site runs, private, checked, whole or not there."""

import gzip
import json
import os
import resource
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select

from marketplace.accounts.models import Member
from marketplace.backups import manifest
from marketplace.backups.making import make_backup
from marketplace.config import Settings
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Photo
from marketplace.picture_files import remove_files
from tests.backups.conftest import Run, files_of, photographed

Backup = Callable[[], Path]


def lines_of(backup: Path, table: str) -> list[dict[str, object]]:
    with gzip.open(backup / "tables" / f"{table}.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


def test_a_backup_says_what_it_holds(
    neighbourhood: list[str], backup: Backup, settings: Settings
) -> None:
    made = backup()
    said = manifest.read(made)
    assert (said.tables["members"], said.tables["listings"], said.tables["photos"]) == (2, 5, 3)
    assert set(said.files) == set(files_of(made)) - {manifest.NAME}
    assert len([name for name in said.files if name.startswith("uploads/")]) == 12
    assert lines_of(made, "listings")[0]["title"] == "Mesin jahit tua"
    assert made.name.startswith("lumbung-")


def test_nobody_else_can_read_a_backup(neighbourhood: list[str], backup: Backup) -> None:
    before = os.umask(0o022)
    try:
        made = backup()
    finally:
        os.umask(before)
    for path in (made, *made.rglob("*")):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path


def test_a_backup_under_writers_holds_one_moment(
    app: Flask, settings: Settings, alice: Member, tmp_path: Path
) -> None:
    """Listings with their photos are posted and taken away in between the tables."""
    alice_id = alice.id
    photographed(alice, "Sudah lama", settings.uploads_dir)
    (name,) = db.session.scalars(select(Photo.name))
    db.session.rollback()

    def post_and_remove() -> None:
        with app.app_context():
            owner = db.session.get_one(Member, alice_id)
            photographed(owner, "Sementara itu", settings.uploads_dir)
            with transaction() as session:
                session.execute(delete(Photo).where(Photo.name == name))
            remove_files(settings.uploads_dir, name)
            db.session.remove()

    def between_tables(said: str) -> None:
        writer = threading.Thread(target=post_and_remove)
        writer.start()
        writer.join(60)

    folder = tmp_path / "backups"
    made = make_backup(settings, db.engine, folder, now=utcnow(), echo=between_tables)
    listings, photos = lines_of(made, "listings"), lines_of(made, "photos")
    known = {row["id"] for row in listings}
    assert all(photo["listing_id"] in known for photo in photos)
    assert [row["title"] for row in listings] == ["Sudah lama"]
    assert len(photos) == 1
    db.session.rollback()
    assert db.session.query(Photo).count() > 1
    assert manifest.read(made).vanished == 4


def test_a_backup_while_a_thread_posts_can_be_restored(
    app: Flask, settings: Settings, alice: Member, backup: Backup, restored: Run
) -> None:
    alice_id, stop = alice.id, threading.Event()

    def post() -> None:
        with app.app_context():
            while not stop.is_set():
                photographed(db.session.get_one(Member, alice_id), "Baru", settings.uploads_dir)
            db.session.remove()

    writer = threading.Thread(target=post)
    writer.start()
    try:
        made = backup()
    finally:
        stop.set()
        writer.join(60)
    files = files_of(made / "uploads")
    for photo in lines_of(made, "photos"):
        assert f"{str(photo['name'])[:2]}/{photo['name']}.jpg" in files
    done = restored("restore", made)
    assert done.exit_code == 0, done.output


def test_what_is_null_and_what_is_empty_are_kept_apart(
    app: Flask, alice: Member, backup: Backup
) -> None:
    with transaction():
        db.session.get_one(Member, alice.id).email = None
    (row,) = lines_of(backup(), "members")
    assert "email" not in row
    assert row["bio"] == ""


def test_a_file_of_the_backup_before_is_linked_not_copied(
    neighbourhood: list[str], backup: Backup
) -> None:
    import time_machine

    first = backup()
    with time_machine.travel("2030-01-01 00:00:00+00:00"):
        second = backup()
    one = next(iter(files_of(first / "uploads")))
    assert (first / "uploads" / one).samefile(second / "uploads" / one)
    # A damaged file is not passed on.
    (first / "uploads" / one).unlink()
    (first / "uploads" / one).write_bytes(b"x" * (second / "uploads" / one).stat().st_size)
    with time_machine.travel("2030-01-02 00:00:00+00:00"):
        third = backup()
    assert not list(manifest.problems(third, manifest.read(third)))


def test_old_backups_go_only_when_asked_and_only_of_this_site(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    import time_machine

    folder = tmp_path / "backups"
    for day in (1, 2, 3):
        with time_machine.travel(f"2030-01-0{day} 00:00:00+00:00"):
            assert run("backup", folder).exit_code == 0
    other = folder / "another-20200101T000000Z"
    other.mkdir()
    (other / manifest.NAME).write_text("{}")
    with time_machine.travel("2030-01-04 00:00:00+00:00"):
        assert run("backup", folder, "--keep", "2").exit_code == 0
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert names == [other.name, "lumbung-20300103T000000Z", "lumbung-20300104T000000Z"]


@pytest.fixture
def no_file_above_300_bytes() -> Iterator[None]:
    """The kernel refuses to write on, as it does when the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_leaves_no_half_backup(
    neighbourhood: list[str], run: Run, tmp_path: Path, no_file_above_300_bytes: None
) -> None:
    done = run("backup", tmp_path / "backups")
    assert done.exit_code == 1
    assert "File too large" in done.output
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_place_that_is_no_folder_is_named(app: Flask, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("backup", tmp_path / "file" / "backups")
    assert done.exit_code == 1
    assert str(tmp_path / "file" / "backups") in done.output


def test_check_names_what_is_damaged(neighbourhood: list[str], backup: Backup, run: Run) -> None:
    made = backup()
    assert run("backup", made.parent, "--check").output == f"{made.name}: whole\n"
    (made / "tables" / "members.jsonl.gz").write_bytes(b"")
    done = run("backup", made, "--check")
    assert done.exit_code == 1
    assert "tables/members.jsonl.gz is damaged" in done.output


def test_a_database_without_a_site_is_no_backup(restored: Run, tmp_path: Path) -> None:
    done = restored("backup", tmp_path / "backups")
    assert done.exit_code == 1
    assert "nothing to back up" in done.output
    assert list((tmp_path / "backups").iterdir()) == []
