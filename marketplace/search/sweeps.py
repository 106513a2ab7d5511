"""The sweep ``search.sync``: what the database says becomes what the index holds.

First the commit of the index, then the note that it was made: dying in between means that the same
rows are put in again, which changes nothing. A row that changed meanwhile keeps a revision above
the one noted, and is due again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, update

from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.search.port import Document, IndexBusy, IndexUnusable, SearchIndex
from marketplace.search.sight import COLUMNS, document_of, unindexed

if TYPE_CHECKING:
    from marketplace import Parts

log = logging.getLogger(__name__)

BATCH = 1000  # rows of one commit: about a second
REBUILD_PAGE = 1000  # rows read at once


def sync(parts: "Parts") -> int:
    """One batch; the number of rows that the index now knows. Rebuilds an unusable index."""
    index = parts.search_index
    try:
        if not index.usable():
            return max(1, rebuild(index))
        return _sync_batch(index)
    except (IndexUnusable, IndexBusy):
        return 0  # the next run rebuilds, or finds the disk and the lock free again


def _sync_batch(index: SearchIndex) -> int:
    rows = db.session.execute(
        select(*COLUMNS).where(unindexed()).order_by(Listing.updated_at, Listing.id).limit(BATCH)
    ).all()
    if not rows:
        return 0
    db.session.rollback()  # nothing slow inside a transaction, not even one that reads
    index.apply(
        [document_of(row) for row in rows if row.state == "open"],
        [row.id for row in rows if row.state != "open"],
    )
    _note({row.id: row.revision for row in rows})
    return len(rows)


def _note(revisions: Mapping[int, int]) -> None:
    """The index holds at least these revisions of these listings."""
    table = Listing.__table__
    noted = (
        update(table)
        .where(table.c.id == bindparam("listing"), table.c.indexed_revision < bindparam("held"))
        .values(indexed_revision=bindparam("held"))
    )
    values = [{"listing": one, "held": revision} for one, revision in revisions.items()]
    with transaction() as session:
        session.connection().execute(noted, values)


def rebuild(index: SearchIndex, progress: Callable[[int, int], None] | None = None) -> int:
    """Build the index anew from the database, beside the old one; returns the documents held.

    ``progress`` is called with the number so far and the number expected.
    """
    expected = db.session.scalar(select(func.count()).where(Listing.open_now(utcnow()))) or 0
    log.info("rebuilding the search index", extra={"listings": expected})
    return index.rebuild(
        _open_documents(), (lambda done: progress(done, expected)) if progress else None
    )


def _open_documents() -> Iterator[Document]:
    """Every open listing, read in pages so that no transaction lasts as long as the rebuild."""
    last, now = 0, utcnow()
    while True:
        rows = db.session.execute(
            select(*COLUMNS)
            .where(Listing.open_now(now), Listing.id > last)
            .order_by(Listing.id)
            .limit(REBUILD_PAGE)
        ).all()
        db.session.rollback()
        if not rows:
            return
        yield from map(document_of, rows)
        last = rows[-1].id


def differences(index: SearchIndex) -> dict[str, list[int]]:
    """Ids for which index and database disagree although the database says they are in step:
    "missing", "outdated", "superfluous". Raises IndexUnusable."""
    held = index.revisions()
    rows = db.session.execute(
        select(
            Listing.id,
            Listing.state,
            Listing.revision,
            unindexed().label("due"),
            Listing.open_now(utcnow()).label("open_now"),
        )
    ).all()
    in_step = [row for row in rows if not row.due]
    known = {row.id for row in rows}
    closed = {row.id for row in in_step if row.state != "open"}
    return {
        "missing": [row.id for row in in_step if row.open_now and row.id not in held],
        "outdated": [row.id for row in in_step if held.get(row.id, row.revision) < row.revision],
        "superfluous": sorted(i for i in held if i in closed or i not in known),
    }
