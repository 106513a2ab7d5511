"""``flask backup`` and ``flask restore``."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from marketplace import Parts, create_app
from marketplace.backups import making, manifest, restoring
from marketplace.backups.manifest import BackupUnusable
from marketplace.backups.restoring import Steps
from marketplace.config import Settings
from marketplace.db import db, utcnow
from marketplace.migrations import migrate
from marketplace.privacy import erasure, ledger
from marketplace.privacy.sweeps import clear_files
from marketplace.search import sweeps

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("backup")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--keep", type=click.IntRange(min=1), help="Then remove all but the newest N.")
@click.option("--check", is_flag=True, help="Make none; read back those that are there.")
@with_appcontext
def backup_command(folder: Path, keep: int | None, check: bool) -> None:
    """Write a checked backup of the running site into a new folder below DIR."""
    folder = folder.absolute()
    try:
        if check:
            _check_all(folder)
        else:
            _make(folder, keep)
    except BackupUnusable as error:
        raise click.ClickException(str(error)) from None


@click.command("restore")
@click.argument("backup", metavar="BACKUP", type=click.Path(path_type=Path, exists=True))
@click.option("--replace", is_flag=True, help="Take the place of the site that is here.")
@click.option(
    "--erasures", type=click.Path(path_type=Path, exists=True, dir_okay=False), multiple=True,
    help="A ledger of erasures to obey, beside those that are found.",
)  # fmt: skip
@with_appcontext
def restore_command(backup: Path, replace: bool, erasures: Sequence[Path]) -> None:
    """Make BACKUP, or the newest backup in that folder, the site; members erased since stay so."""
    settings: Settings = current_app.extensions["marketplace"].settings
    _close(current_app.extensions["marketplace"])
    try:
        chosen = restoring.choose(backup.absolute())
        click.echo(f"Checking {chosen} ...")
        restoring.check(chosen, migrate.directory)
        done = restoring.restore(
            chosen,
            settings,
            Steps(_migrate, _erase_again),
            ledger_files=erasures,
            replace_site=replace,
            now=utcnow(),
            echo=click.echo,
        )
    except BackupUnusable as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Restored: the site of {done.manifest.made:%Y-%m-%d %H:%M} UTC.")
    if done.erased_again:
        click.echo(f"Erased again, as their members had asked since: {done.erased_again}.")
    if done.aside:
        click.echo(f"What was here before is kept in {done.aside}; remove it when all is well.")
    _rebuild_index(settings)


def _make(folder: Path, keep: int | None) -> None:
    settings: Settings = current_app.extensions["marketplace"].settings
    began, now = time.monotonic(), utcnow()
    made = making.make_backup(settings, db.engine, folder, now=now, echo=click.echo)
    found = manifest.read(made)
    making.note(settings, found.made, made)
    for old in making.prune(folder, found.site, keep) if keep else ():
        click.echo(f"Removed {old}")
    if found.vanished:
        click.echo(f"{found.vanished} uploads were removed by their owners meanwhile.")
    rows, megabytes = sum(found.tables.values()), found.bytes / 1e6
    click.echo(
        f"{made}: {rows} rows, {len(found.files)} files, {megabytes:.1f} MB, "
        f"checked, in {time.monotonic() - began:.1f} s."
    )


def _check_all(folder: Path) -> None:
    """Read back every backup in the folder, or the one that it is."""
    one = (folder / manifest.NAME).is_file()
    backups = [folder] if one else manifest.backups_in(folder)
    if not backups:
        raise BackupUnusable(f"There is no backup in {folder}.")
    damaged = 0
    for backup in backups:
        wrong = list(manifest.problems(backup, manifest.read(backup)))
        damaged += bool(wrong)
        click.echo(f"{backup.name}: {'whole' if not wrong else '; '.join(wrong)}")
    if damaged:
        raise BackupUnusable(f"{damaged} of {len(backups)} backups are damaged.")


@contextmanager
def _application(settings: Settings) -> Iterator[Parts]:
    """The application on other settings; nothing of it stays open afterwards."""
    app = create_app(settings)
    parts: Parts = app.extensions["marketplace"]
    with app.app_context():
        try:
            yield parts
        finally:
            _close(parts)


def _close(parts: Parts) -> None:
    db.session.remove()
    db.engine.dispose()
    parts.search_index.close()


def _migrate(settings: Settings, revision: str) -> None:
    with _application(settings):
        upgrade(directory=migrate.directory, revision=revision)


def _erase_again(settings: Settings, path: Path) -> int:
    with _application(settings) as parts:
        again = erasure.reapply(ledger.read(path))
        for erased in again:
            clear_files(parts, erased)
    return len(again)


def _rebuild_index(settings: Settings) -> None:
    """The index is no part of a backup; should this fail, the site still starts and mends it."""
    with _application(settings) as parts:
        count = sweeps.rebuild(parts.search_index)
    click.echo(f"{count} listings indexed. Start the site again.")
