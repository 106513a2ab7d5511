"""Commands for the operator: ``flask --app wsgi COMMAND``."""

import shutil
import sqlite3
import sys
from typing import Any

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from marketplace import health, worker
from marketplace.backups import making, swap
from marketplace.config import Settings
from marketplace.db import db, utcnow
from marketplace.migrations import migrate

BACKUP_DAYS_MAX = 7
DISK_FREE_MB_MIN = 500  # below this a burst of photos could fill the disk


@click.command("work")
@with_appcontext
def work_command() -> None:
    """Run the sweeps (search, matching, mail) until stopped."""
    worker.work(current_app._get_current_object())  # type: ignore[attr-defined]


def schema_is_current() -> bool:
    """Whether the database has every migration; one query."""
    script = ScriptDirectory(migrate.directory)
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == script.get_current_head()


def require_schema() -> None:
    """Raise click.ClickException, which says what to do, unless the database is up to date."""
    if not schema_is_current():
        raise click.ClickException("The database is not ready; run: flask --app wsgi prepare")


@click.command("prepare")
@with_appcontext
def prepare_command() -> None:
    """Bring the database up to date and load what a first start needs."""
    prepare_site(current_app._get_current_object())  # type: ignore[attr-defined]


def prepare_site(app: Flask) -> None:
    """What must be true before the site serves: schema, gazetteer, demo or no demo.

    Raises click.ClickException when a real site would start on a demo database, or half a restore.
    """
    from marketplace.demo import service as demo
    from marketplace.places import service as places

    parts = app.extensions["marketplace"]
    if swap.is_interrupted(parts.settings):
        raise click.ClickException(
            "A restore was interrupted while it put the backup in place; run it again."
        )
    if not schema_is_current():
        _require_known_schema()
        click.echo("Preparing the database ...")
        upgrade(directory=migrate.directory)
    if not places.is_loaded():
        places.load(echo=click.echo)
    if parts.settings.demo and not demo.has_demo():
        demo.load(parts, echo=click.echo)
    if not parts.settings.demo and demo.has_demo():
        raise click.ClickException(
            "This database holds the demo neighbourhood; a real site does not start on it. "
            "Use another INSTANCE_DIR, or remove it with: flask --app wsgi demo remove"
        )


def _require_known_schema() -> None:
    """A database of a newer version is left alone."""
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    try:
        ScriptDirectory(migrate.directory).get_revision(current or "base")
    except CommandError:
        raise click.ClickException(
            f"The database has the schema {current}, which this program does not know: a newer "
            "version made it. Upgrade the program, or restore the backup from before the upgrade."
        ) from None


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Check the site and say what to mend. Exit 1 when something is wrong."""
    wrong = 0
    for name, good, words in _findings():
        click.echo(f"{'ok  ' if good else 'MEND'} {name}: {words}")
        wrong += not good
    sys.exit(1 if wrong else 0)


def _findings() -> list[tuple[str, bool, str]]:
    """What was looked at, whether it is well, and what to do if not."""
    parts = current_app.extensions["marketplace"]
    settings = parts.settings
    current = schema_is_current()
    free_mb = shutil.disk_usage(settings.instance_dir).free // 2**20
    found = [
        ("settings", True, f"instance folder {settings.instance_dir}"),
        ("database", True, f"{db.engine.dialect.name}; SQLite library {sqlite3.sqlite_version}"),
        ("schema", current, "current" if current else "run: flask --app wsgi prepare"),
        ("disk", free_mb > DISK_FREE_MB_MIN, f"{free_mb} MB free"),
        _backup_finding(settings),
    ]
    return found + (_running_findings(health.report(parts)) if current else [])


def _backup_finding(settings: Settings) -> tuple[str, bool, str]:
    """Never having made one is said; that those who made them stopped is to be mended."""
    found = making.last(settings)
    if found is None:
        return "backup", True, "none made yet; flask --app wsgi backup DIR"
    days = (utcnow() - found[0]).days
    return "backup", days <= BACKUP_DAYS_MAX, f"{days} days old: {found[1]}"


def _running_findings(state: dict[str, Any]) -> list[tuple[str, bool, str]]:
    index, worker_state, stuck = state["search"], state["worker"], state["mail"]["stuck"]
    waiting = f"{index['unindexed']} posts wait to be indexed"
    if index["problems"]:
        waiting += f" ({', '.join(index['problems'])}); see: flask --app wsgi search check"
    failing = ", ".join(worker_state["failing"])
    doubtful = f"{stuck} not sent, or not surely; see outgoing_mails, states failed and sending"
    silent = "no sign of life in the last minute; start bin/run, or: flask --app wsgi work"
    return [
        ("search", not index["problems"],
         waiting if index["usable"] else "run: flask --app wsgi search rebuild"),
        ("worker", not worker_state["silent"] and not failing,
         silent if worker_state["silent"] else f"failing: {failing}" if failing else "running"),
        ("mail", not stuck, doubtful if stuck else "nothing stuck"),
    ]  # fmt: skip


def init_cli(app: Flask) -> None:
    """Register the commands of every feature."""
    from marketplace.accounts.cli import staff_cli
    from marketplace.backups.cli import backup_command, restore_command
    from marketplace.demo.cli import demo_cli
    from marketplace.listings.cli import listings_cli
    from marketplace.mail_cli import mail_cli
    from marketplace.matching.cli import matching_cli
    from marketplace.places.cli import places_cli
    from marketplace.privacy.cli import privacy_cli
    from marketplace.search.cli import search_cli

    own = (work_command, prepare_command, doctor_command, backup_command, restore_command)
    features = (places_cli, search_cli, matching_cli, listings_cli, staff_cli, privacy_cli)
    for command in (*own, mail_cli, *features, demo_cli):
        app.cli.add_command(command)
