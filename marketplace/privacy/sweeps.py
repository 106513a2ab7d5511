"""The sweeps ``privacy.erase`` and ``privacy.retain``: days of grace that are over become erasures,
erasures become lines of the ledger, what the table of ``retention`` calls over goes, and so does
what no row names on disk.

First the commit, then files and ledger: dying in between loses nothing, for the next run compares
the tombstones of the database with the ledger, and files that no row names are waste.
"""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.db import db, utcnow
from marketplace.picture_files import remove_files
from marketplace.privacy import ending, erasure, ledger
from marketplace.privacy.retention import cutoff

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 20  # members in one run; each is a transaction of its own
POSTS_BATCH = 200
LOOK_BACK = timedelta(days=1)  # longer than any request lasts


def erase(parts: "Parts") -> int:
    """One batch; returns how many members, lines of the ledger and empty posts were handled."""
    erased = 0
    for member_id in erasure.due(utcnow(), BATCH):
        found = erasure.erase_if_due(member_id)
        if found is not None:
            erased += 1
            clear_files(parts, found)
    for found in erasure.erase_leftovers(utcnow() - LOOK_BACK, BATCH):
        clear_files(parts, found)
        erased += 1
    return erased + write_ledger(parts) + erasure.remove_empty_posts(POSTS_BATCH)


def clear_files(parts: "Parts", erased: erasure.Erased) -> None:
    """Remove the photos and the mail on disk that the erased rows named."""
    for name in erased.photos:
        remove_files(parts.settings.uploads_dir, name)
    for name in erased.mails:
        (parts.settings.mail_dir / f"{name}.eml").unlink(missing_ok=True)


def write_ledger(parts: "Parts") -> int:
    """Write the tombstones that the ledger of this host lacks; returns how many."""
    path = ledger.path_in(parts.settings.instance_dir)
    tombstones = erasure.tombstones()
    db.session.rollback()
    if not tombstones:
        return 0
    known = {entry.member for entry in ledger.read(path)}
    missing = [entry for entry in tombstones if entry.member not in known]
    ledger.append(path, missing)
    return len(missing)


def retain(parts: "Parts") -> int:
    """One batch of everything that is over by the table; returns how much ended."""
    now = utcnow()
    ended = sum(ending.delete_batch(name, now) for name in ending.DELETED)
    ended += sum(end(now) for end in ending.OTHERWISE)
    return ended + _clear_photos(parts, now) + _clear_mails(parts, now)


def _clear_photos(parts: "Parts", now: datetime) -> int:
    """Files that no row names: a process died between two steps, or the row was erased."""
    removed = 0
    for folder in _folders(parts.settings.uploads_dir):
        old = _older(folder, cutoff("photo_files", now))
        stems = {path.name.partition("-")[0].partition(".")[0] for path in old}
        for name in stems - ending.photo_names(stems) if stems else ():
            remove_files(parts.settings.uploads_dir, name)
            removed += 1
    db.session.rollback()
    return removed


def _clear_mails(parts: "Parts", now: datetime) -> int:
    old = list(_older(parts.settings.mail_dir, cutoff("mail_files", now)))
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_dir())


def _older(folder: Path, limit: datetime) -> Iterator[Path]:
    """Files of the folder that were written before ``limit``."""
    if folder.is_dir():
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file() and entry.stat().st_mtime < limit.timestamp():
                    yield Path(entry.path)
