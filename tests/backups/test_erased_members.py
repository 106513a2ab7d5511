"""Whoever was erased stays erased, whichever backup is restored and wherever."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from marketplace.accounts.models import Member
from marketplace.config import Settings
from marketplace.db import db, utcnow
from marketplace.privacy import ledger
from marketplace.privacy.service import ask_erasure
from tests import factories
from tests.backups.conftest import Run, files_of, rows_of
from tests.backups.test_restore import found_by

Backup = Callable[[], Path]


@pytest.fixture
def old_backup(
    settings: Settings,
    neighbourhood: list[str],
    backup: Backup,
    alice: Member,
    settle: Callable[[], None],
) -> Path:
    """A backup from before alice left; she is gone from the site."""
    settle()
    made = backup()
    ask_erasure(alice)
    with time_machine.travel(utcnow() + timedelta(days=8)):
        settle()
    assert not files_of(settings.uploads_dir)
    return made


def erased_in(settings: Settings) -> None:
    """alice, her words, her posts and her photos are nowhere; bob is there."""
    texts = str(rows_of(settings))
    for trace in ("Alice", "alice@example.org", "Mesin jahit tua", "Rak buku"):
        assert trace not in texts, trace
    assert "Bob" in texts
    assert not files_of(settings.uploads_dir)
    assert len(ledger.read(settings.instance_dir / ledger.FILE_NAME)) == 1


def test_an_old_backup_put_back_on_the_same_machine(
    app: Flask, settings: Settings, old_backup: Path, run: Run
) -> None:
    done = run("restore", old_backup, "--replace")
    assert done.exit_code == 0, done.output
    assert "Erased again, as their members had asked since: 1." in done.output
    erased_in(settings)


def test_an_old_backup_on_an_empty_machine_obeys_the_newest_ledger_beside_it(
    old_backup: Path, backup: Backup, elsewhere: Settings, restored: Run
) -> None:
    with time_machine.travel(utcnow() + timedelta(days=9)):
        backup()
    done = restored("restore", old_backup)
    assert done.exit_code == 0, done.output
    erased_in(elsewhere)


def test_a_ledger_that_was_saved_elsewhere_is_obeyed_too(
    settings: Settings,
    old_backup: Path,
    elsewhere: Settings,
    restored: Run,
    tmp_path: Path,
    make_app: Callable[..., Flask],
) -> None:
    saved = tmp_path / "ledger.jsonl"
    shutil.copy(settings.instance_dir / ledger.FILE_NAME, saved)
    done = restored("restore", old_backup, "--erasures", saved)
    assert done.exit_code == 0, done.output
    erased_in(elsewhere)
    second = make_app(elsewhere)
    with second.app_context():
        assert found_by(second, "rak buku") == []
        assert len(found_by(second, "mesin jahit")) == 1  # what bob asks for


def test_without_any_erasure_nobody_is_missing(
    neighbourhood: list[str], backup: Backup, elsewhere: Settings, restored: Run
) -> None:
    assert restored("restore", backup()).exit_code == 0
    assert "Alice" in str(rows_of(elsewhere))
    assert not (elsewhere.instance_dir / ledger.FILE_NAME).exists()


def test_the_ledger_beside_the_backups_only_grows(
    app: Flask, backup: Backup, settings: Settings
) -> None:
    beside = backup().parent / ledger.FILE_NAME
    assert not beside.exists()
    own = settings.instance_dir / ledger.FILE_NAME
    ledger.append(own, [ledger.Entry("first0000000", utcnow())])
    with time_machine.travel("2030-01-01 00:00:00+00:00"):
        backup()
    own.unlink()
    ledger.append(own, [ledger.Entry("second000000", utcnow())])
    with time_machine.travel("2030-01-02 00:00:00+00:00"):
        backup()
    assert [entry.member for entry in ledger.read(beside)] == ["first0000000", "second000000"]
    assert factories.member().erased_at is None
    db.session.rollback()
