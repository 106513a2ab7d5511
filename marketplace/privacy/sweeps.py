"""The sweep ``privacy.erase``: days of grace that are over become erasures, erasures become lines
of the ledger, and what an erasure leaves on disk goes.

First the commit, then files and ledger: dying in between loses nothing, for the next run compares
the tombstones of the database with the ledger, and files that no row names are waste.
"""

from typing import TYPE_CHECKING

from marketplace.db import db, utcnow
from marketplace.picture_files import remove_files
from marketplace.privacy import erasure, ledger

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 20  # members in one run; each is a transaction of its own
POSTS_BATCH = 200


def erase(parts: "Parts") -> int:
    """One batch; returns how many members, lines of the ledger and empty posts were handled."""
    erased = 0
    for member_id in erasure.due(utcnow(), BATCH):
        found = erasure.erase_if_due(member_id)
        if found is not None:
            erased += 1
            clear_files(parts, found)
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
