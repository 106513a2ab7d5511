"""``restore``: a backup becomes the site, whole or not at all.

A complete instance is prepared beside the present one (``instance/restoring``; on PostgreSQL its
tables in a schema of that name): migrated to the revision of the backup, filled, counted, migrated
to the present revision, members that were erased since erased again. Only then it takes the place
of what was there, which is kept (see ``swap``).
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, inspect, text

from marketplace.backups import ledgers, manifest, rows, swap
from marketplace.backups.making import INSTANCE, UPLOADS
from marketplace.backups.manifest import BackupUnusable, Manifest
from marketplace.backups.rows import Echo, RowsRefused
from marketplace.config import Settings

SHOWN = 5  # damaged files named


@dataclass(frozen=True, slots=True)
class Steps:
    """What a restore needs of the application, on the settings it is given.

    ``migrate(settings, revision)``; ``erase_again(settings, ledger)`` returns how many members.
    """

    migrate: Callable[[Settings, str], None]
    erase_again: Callable[[Settings, Path], int]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. ``aside`` says where the old site is kept; "" when there was none."""

    manifest: Manifest
    erased_again: int
    aside: str


def choose(path: Path) -> Path:
    """The backup at ``path``, or the newest of those in that folder. Raises BackupUnusable."""
    if (path / manifest.NAME).is_file():
        return path
    found = manifest.backups_in(path)
    if not found:
        raise BackupUnusable(f"{path} is no backup, and there is none in it.")
    sites = {manifest.read(backup).site for backup in found}
    if len(sites) > 1:
        raise BackupUnusable(f"{path} holds backups of {len(sites)} sites; name one of them.")
    return found[-1]


def check(backup: Path, migrations: str) -> Manifest:
    """The manifest of a whole backup that this program can restore. Raises BackupUnusable."""
    found = manifest.read(backup)
    wrong = list(manifest.problems(backup, found))
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise BackupUnusable(f"The backup is damaged: {'; '.join(wrong[:SHOWN])}{more}.")
    try:
        ScriptDirectory(migrations).get_revision(found.schema)
    except CommandError:
        raise BackupUnusable(
            f"The backup has the schema {found.schema}, which this program does not know: it was "
            "made by a newer version. Upgrade the program, then restore."
        ) from None
    return found


def restore(
    backup: Path,
    settings: Settings,
    steps: Steps,
    *,
    ledger_files: Sequence[Path],
    replace_site: bool,
    now: datetime,
    echo: Echo,
) -> Restored:
    """Put the (checked) backup in the place of the site of ``settings``. Raises BackupUnusable."""
    found = manifest.read(backup)
    holds_site = swap.holds_site(settings)
    if holds_site and not replace_site:
        raise BackupUnusable(
            "There is a site here already. To put the backup in its place, and keep "
            "what is there aside, add --replace."
        )
    swap.require_stopped(settings)
    beside = prepared_beside(settings)
    try:
        with swap.place_beside(settings, beside):
            _prepare(backup, found, beside, steps=steps, echo=echo)
            known = [settings.instance_dir / ledgers.NAME, backup / INSTANCE / ledgers.NAME]
            ledger = beside.instance_dir / ledgers.NAME
            ledgers.merge_into(ledger, [*known, backup.parent / ledgers.NAME, *ledger_files])
            erased = steps.erase_again(beside, ledger)
            _copy_keys(backup, settings, beside, echo)
            aside = swap.swap(settings, beside, keep=holds_site, now=now)
    except (OSError, RowsRefused) as error:
        raise BackupUnusable(f"Nothing was changed: {error}.") from error
    return Restored(found, erased, aside)


def prepared_beside(settings: Settings) -> Settings:
    """The settings of the instance that is being prepared."""
    return replace(
        settings,
        instance_dir=settings.instance_dir / swap.BESIDE,
        database_url=swap.database_beside(settings),
    )


def _prepare(backup: Path, found: Manifest, beside: Settings, *, steps: Steps, echo: Echo) -> None:
    echo(f"Making the tables of revision {found.schema} ...")
    steps.migrate(beside, found.schema)
    echo("Filling them ...")
    engine = create_engine(beside.database)
    try:
        with engine.begin() as connection:
            _load(connection, backup, found, echo)
    finally:
        engine.dispose()
    uploads = [name for name in found.files if name.startswith(f"{UPLOADS}/")]
    echo(f"Copying {len(uploads)} uploads ...")
    for name in uploads:
        goal = beside.instance_dir / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(backup / name, goal)
        if manifest.sha256(goal) != found.files[name][1]:
            raise RowsRefused(f"{name} changed while it was read")
    echo("Bringing the tables up to date ...")
    steps.migrate(beside, "head")


def _load(connection: Connection, backup: Path, found: Manifest, echo: Echo) -> None:
    """Fill the tables; foreign keys are looked at once, at the end."""
    if (
        connection.dialect.name == "sqlite"
    ):  # foreign keys are off unless a connection asks for them
        rows.load_tables(connection, backup, found.tables, echo)
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken:
            raise RowsRefused(f"{broken[0]}: rows point to nothing")
        return
    keys = [
        (table, key["name"])
        for table in inspect(connection).get_table_names()
        for key in inspect(connection).get_foreign_keys(table)
    ]
    quote = connection.dialect.identifier_preparer.quote
    alter = "ALTER TABLE {} ALTER CONSTRAINT {} {}"
    for table, key in keys:
        later = alter.format(quote(table), quote(str(key)), "DEFERRABLE INITIALLY DEFERRED")
        connection.execute(text(later))
    rows.load_tables(connection, backup, found.tables, echo)
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table, key in keys:
        connection.execute(text(alter.format(quote(table), quote(str(key)), "NOT DEFERRABLE")))
    _set_sequences(connection)


def _set_sequences(connection: Connection) -> None:
    """New rows get ids above those that were loaded."""
    quote = connection.dialect.identifier_preparer.quote
    for table in rows.tables_of(connection):
        for column in table.primary_key.columns:
            sequence = connection.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"),
                {"table": quote(table.name), "column": column.name},
            )
            if sequence:
                name = quote(column.name)
                connection.execute(
                    text(
                        f"SELECT setval(:sequence, coalesce(max({name}), 1), max({name}) "
                        f"IS NOT NULL) FROM {quote(table.name)}"
                    ),
                    {"sequence": sequence},
                )


def _copy_keys(backup: Path, settings: Settings, beside: Settings, echo: Echo) -> None:
    """The key of the signed links always; the settings only where there are none, and only if
    they name no database: that would be the one of the old machine."""
    key = backup / INSTANCE / "secret_key"
    if key.is_file():
        shutil.copyfile(key, beside.instance_dir / "secret_key")
    config = backup / INSTANCE / "config.toml"
    if not config.is_file() or (settings.instance_dir / "config.toml").exists():
        return
    if "database_url" in config.read_text("utf-8"):
        echo(f"The settings were not copied, they name a database: {config}")
    else:
        shutil.copyfile(config, beside.instance_dir / "config.toml")
