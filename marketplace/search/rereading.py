"""The sweep ``search.analyse``: posts that were read in another way than the present one are read
anew, after staff changed a word or the product its lexicon.

A post whose words come out the same is only marked. Of any other the revision rises, so that the
index and the matches follow; for its owner that is no edit. A site has many posts: this waits for
the index, so that searching never has more than some hundred posts to look at beside it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ColumnElement, and_, bindparam, exists, func, or_, select, text, update

from marketplace.db import UTCDateTime, db, transaction, utcnow
from marketplace.listings.models import READ, Listing
from marketplace.search import reading, synonyms
from marketplace.search.sight import unindexed

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 200  # posts; some tenths of a second
AHEAD = 250  # posts that may wait for the index before the next are read


@dataclass(frozen=True, slots=True)
class Progress:
    """``left``: posts that are still to be read anew, ``posts``: all that are read at all."""

    left: int
    posts: int


def analyse(parts: "Parts") -> int:
    """One batch; how many were looked at. 0 when nothing is due, or the index has to follow."""
    synonyms.take_up(at_once=True)
    if not is_under_way() or _waiting_for_the_index() >= AHEAD:
        return 0
    rows = db.session.execute(
        select(
            *(Listing.id, Listing.revision, Listing.reading, Listing.words),
            *(Listing.title, Listing.description, Listing.text_language),
        )
        .where(_due())
        .limit(BATCH)
    ).all()
    db.session.rollback()  # nothing slow inside a transaction, not even one that reads
    same, other = [], []
    for row in rows:
        words, name = reading.analysed(row.title, row.description, row.text_language)
        seen = {"listing": row.id, "at": row.revision, "before": row.reading, "name": name}
        if words == row.words:
            same.append(seen)
        else:
            other.append(seen | {"found": words, "read_at": utcnow()})
    _note(same, {"reading": bindparam("name")})
    _note(
        other,
        {
            "reading": bindparam("name"),
            "words": bindparam("found", type_=JSON),
            "reread_at": bindparam("read_at", type_=UTCDateTime),
            "revision": Listing.__table__.c.revision + 1,
        },
    )
    return len(rows)


def _note(rows: list[dict[str, Any]], values: dict[str, Any]) -> None:
    """Write what was found, unless the post was edited or read by somebody else meanwhile."""
    if not rows:
        return
    table = Listing.__table__
    unchanged = (
        table.c.id == bindparam("listing"),
        table.c.revision == bindparam("at"),
        table.c.reading == bindparam("before"),
    )
    with transaction() as session:
        session.connection().execute(update(table).where(*unchanged).values(values), rows)


def outdated(column: Any, *where: Any) -> ColumnElement[bool]:
    """SQL: this name of a reading is not that of the present one, and ``where`` holds. Written as
    the two sides of the name, so that an index says at once that there is none."""
    now = reading.name()
    return or_(and_(*where, column < now), and_(*where, column > now))


def is_under_way() -> bool:
    """Whether any post is still to be read anew."""
    return bool(db.session.scalar(select(exists().where(_due()))))


def progress() -> Progress:
    """How far it is."""
    synonyms.take_up(at_once=True)
    count = select(func.count()).select_from(Listing)
    left, posts = (db.session.scalar(count.where(which)) or 0 for which in (_due(), text(READ)))
    return Progress(left, posts)


def _due() -> ColumnElement[bool]:
    return outdated(Listing.reading, text(READ))


def _waiting_for_the_index() -> int:
    return db.session.scalar(select(func.count()).where(unindexed())) or 0
