"""``make_backup``: a consistent, checked copy of a running site, whole or not there at all.

The rows are read in one snapshot. Uploads are copied after it: a file is written before its row
and never changes, so every row of the snapshot has its files, except those that were removed
while the backup ran. The backup grows under a name that begins with a dot and gets its own name
when every file of it was read back.
"""

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, text

from marketplace.backups import ledgers, manifest, rows
from marketplace.backups.manifest import BackupUnusable, Manifest
from marketplace.backups.rows import Echo
from marketplace.config import Settings

PART = ".part"
PART_KEPT_SECONDS = 24 * 3600  # what a killed backup left is removed by the next after this long
SAID_EVERY = 1000  # files
PRIVATE = 0o077
INSTANCE = "instance"
UPLOADS = "uploads"
LAST_BACKUP = "last_backup.json"
KEPT_FILES = ("secret_key", "config.toml")


def site_slug(settings: Settings) -> str:
    """The site in a file name: the host of its address, else its name."""
    name = urlsplit(settings.site_url).hostname or settings.site_name
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.") or "site"


def make_backup(
    settings: Settings, engine: Engine, target: Path, *, now: datetime, echo: Echo
) -> Path:
    """Write a backup below ``target``; returns its folder.

    Raises BackupUnusable, and leaves nothing behind, when anything goes wrong.
    """
    slug = site_slug(settings)
    folder = target / manifest.folder_name(slug, now)
    part = target / f".{folder.name}{PART}"
    with _private(), _told_in_words(target):
        target.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            raise BackupUnusable(f"{folder} is there already; wait a second.")
        _remove_old_parts(target)
        try:
            part.mkdir()
            made = _fill(part, settings, engine, before=_newest(target, slug), now=now, echo=echo)
            manifest.write(part, made)
            echo(f"Reading back {len(made.files)} files ...")
            wrong = list(manifest.problems(part, manifest.read(part)))
            if wrong:
                raise BackupUnusable(f"The backup could not be read back: {wrong[0]}.")
            os.sync()
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        ledgers.merge_into(target / ledgers.NAME, [settings.instance_dir / ledgers.NAME])
    return folder


def prune(target: Path, site: str, keep: int) -> list[Path]:
    """Remove all but the newest ``keep`` backups of the site; returns what went."""
    old = manifest.backups_in(target, site)[:-keep]
    for folder in old:
        # First out of the list, so that half a backup is never taken for one.
        part = folder.with_name(f".{folder.name}{PART}")
        folder.rename(part)
        shutil.rmtree(part)
    return old


def note(settings: Settings, at: datetime, folder: Path) -> None:
    """Remember the backup in the instance folder, for the doctor."""
    text = json.dumps({"at": at.isoformat(), "folder": str(folder)})
    (settings.instance_dir / LAST_BACKUP).write_text(text, "utf-8")


def last(settings: Settings) -> tuple[datetime, str] | None:
    """When the last backup was made, and where; None when none is known of."""
    try:
        noted = json.loads((settings.instance_dir / LAST_BACKUP).read_text("utf-8"))
        return datetime.fromisoformat(noted["at"]), str(noted["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database, however long it reads."""
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**level) as connection:  # type: ignore[arg-type]
        yield connection  # SQLite: the first read of a transaction fixes what it sees
        connection.rollback()


def _fill(
    part: Path,
    settings: Settings,
    engine: Engine,
    *,
    before: Path | None,
    now: datetime,
    echo: Echo,
) -> Manifest:
    present = set(_files_of(settings.uploads_dir))
    with snapshot(engine) as connection:
        schema = rows.revision_of(connection)
        if not schema:
            raise BackupUnusable("There is no site in this database yet: nothing to back up.")
        _check_source(connection)
        echo("Reading the database ...")
        counts = rows.write_tables(connection, part, echo)
    _copy_uploads(settings.uploads_dir, part / UPLOADS, before, echo)
    copied = set(_files_of(part / UPLOADS))
    (part / INSTANCE).mkdir()
    for name in (*KEPT_FILES, ledgers.NAME):
        if (settings.instance_dir / name).is_file():
            shutil.copyfile(settings.instance_dir / name, part / INSTANCE / name)
    files = {name: (part / name).stat().st_size for name in sorted(_files_of(part))}
    echo(f"Calculating the hashes of {len(files)} files ...")
    return Manifest(
        site=site_slug(settings),
        made_at=now.isoformat(),
        schema=schema,
        database=engine.dialect.name,
        tables=counts,
        files={name: (size, manifest.sha256(part / name)) for name, size in files.items()},
        vanished=len(present - copied),
    )


def _check_source(connection: Connection) -> None:
    """A damaged database is told now, not on the day of the restore."""
    if connection.dialect.name != "sqlite":
        return
    for pragma in ("quick_check(1)", "foreign_key_check"):
        found = connection.execute(text(f"PRAGMA {pragma}")).first()
        if found and found[0] != "ok":
            raise BackupUnusable(f"The database is damaged ({pragma}: {found[0]}); not backed up.")


def _copy_uploads(source: Path, goal: Path, before: Path | None, echo: Echo) -> None:
    """Copy each file, or link it to the same file of the backup before, which takes no room."""
    known: Mapping[str, tuple[int, str]] = {}
    if before is not None:
        with contextlib.suppress(BackupUnusable):
            known = manifest.read(before).files
    goal.mkdir()
    for count, name in enumerate(_files_of(source), 1):
        (goal / name).parent.mkdir(parents=True, exist_ok=True)
        same = f"{UPLOADS}/{name}"
        with contextlib.suppress(FileNotFoundError):  # removed by its owner meanwhile
            if not (before and same in known and _linked(before / same, goal / name, known[same])):
                shutil.copyfile(source / name, goal / name)
        if count % SAID_EVERY == 0:
            echo(f"  {count} uploads")


def _linked(old: Path, new: Path, known: tuple[int, str]) -> bool:
    """Link ``new`` to ``old`` if that still is what its manifest says."""
    try:
        if old.stat().st_size != known[0] or manifest.sha256(old) != known[1]:
            return False
        os.link(old, new)
    except OSError:  # another file system, or one without links
        return False
    return True


def _files_of(folder: Path) -> Iterator[str]:
    """Paths of all regular files below the folder, with /, sorted within each folder."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix()


def _newest(target: Path, slug: str) -> Path | None:
    return next(reversed(manifest.backups_in(target, slug)), None)


def _remove_old_parts(target: Path) -> None:
    for path in target.glob(f".*{PART}"):
        if time.time() - path.stat().st_mtime > PART_KEPT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _private() -> Iterator[None]:
    """Everything made inside is readable for this user alone."""
    before = os.umask(PRIVATE)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _told_in_words(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupUnusable(f"{error.filename or target}: {error.strerror}.") from error
