"""The sweep ``search.alert``: new and changed posts held against the searches that members saved.

A post that nobody has held against them yet (``revision`` ahead of ``alerted_revision``) proposes
by its words which searches it may fit; the pure code of searching decides. First everything is
worked out from what is read, then one short transaction marks the posts and writes down what was
found: it may die at any line, and nothing is found twice or lost. Who may see what is asked when it
is told.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.accounts.models import Member
from marketplace.db import db, is_postgresql, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.notifications import rules
from marketplace.notifications.models import MailHours
from marketplace.search import keying, standing
from marketplace.search.models import (
    HIDDEN,
    KNOWN,
    WAITING,
    SavedSearch,
    SavedSearchTerm,
    SearchAlert,
)
from marketplace.search.port import Document
from marketplace.search.sight import COLUMNS, document_of
from marketplace.search.standing import Standing

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 100  # posts in one run
NEWS_FOR = timedelta(days=1)  # since it was written, a post that is read anew is still news
ASKED_AT_ONCE = 5000  # values in one question; SQLite takes 32,766


@dataclass(frozen=True, slots=True)
class Post:
    """A post that is due; ``makers`` are told nothing of it. ``is_old``: only the site reads it in
    another way than before, so that it may newly fit, but is no news."""

    document: Document
    title: str
    description: str
    makers: frozenset[int]
    is_old: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A search that may fit, with its member and where they live."""

    what: Standing
    member_id: int
    home: int | None


def find(parts: "Parts") -> int:
    """One batch; returns how many posts were held against the searches.

    An open post waits until its matches are made: whoever has a post that it fits hears of it as
    a match. All wait while keys are out of date.
    """
    now = utcnow()
    due, posts = _due(now)
    if not due:
        return 0
    if refreshed := keying.refresh(parts):
        return refreshed
    found = list(_found(posts))
    old = {post.document.id for post in posts if post.is_old}
    with transaction():
        claimed = _claim(due)
        _write([pair for pair in found if pair[1] in claimed], old & claimed, now)
    return len(due)


def _due(now: datetime) -> tuple[dict[int, int], list[Post]]:
    """The revisions of the listings that are due, and the posts: those of them that are open."""
    is_open = Listing.open_now(now)
    texts = (Listing.title, Listing.description, Listing.created_by_id, is_open.label("is_open"))
    times = (Listing.updated_at, Listing.reread_at)
    rows = db.session.execute(
        select(*COLUMNS, *texts, *times)
        .where(
            Listing.revision > Listing.alerted_revision,
            or_(~is_open, Listing.matched_revision >= Listing.revision),
        )
        .order_by(Listing.updated_at, Listing.id)
        .limit(BATCH)
    ).all()
    posts = [_post(row, now) for row in rows if row.is_open]
    return {row.id: row.revision for row in rows}, posts


def _post(row: Any, now: datetime) -> Post:
    is_old = (
        row.reread_at is not None
        and row.reread_at > row.updated_at
        and row.updated_at < now - NEWS_FOR
    )
    makers = frozenset((row.owner_id, row.created_by_id))
    return Post(document_of(row), row.title, row.description, makers, is_old)


def _found(posts: Sequence[Post]) -> Iterator[tuple[int, int]]:
    """(search, post) for all that fit, but of nobody's own."""
    proposed = _proposed(posts)
    searches = _load({one for ids in proposed.values() for one in ids})
    for post in posts:
        for search_id in sorted(proposed[post.document.id] & searches.keys()):
            one = searches[search_id]
            texts = (post.title, post.description)
            if one.member_id not in post.makers and standing.fits(
                one.what, one.home, post.document, *texts
            ):
                yield search_id, post.document.id


def _proposed(posts: Iterable[Post]) -> dict[int, set[int]]:
    """For each post the searches of which it holds a key."""
    keys = {post.document.id: set(standing.keys_of(post.document)) for post in posts}
    wanted = sorted({key for of_post in keys.values() for key in of_post})
    under: dict[str, set[int]] = {}
    for some in _some(wanted, ASKED_AT_ONCE):
        rows = db.session.execute(
            select(SavedSearchTerm.term, SavedSearchTerm.search_id).where(
                SavedSearchTerm.term.in_(some)
            )
        )
        for term, search_id in rows:
            under.setdefault(term, set()).add(search_id)
    return {
        post: {one for key in of_post & under.keys() for one in under[key]}
        for post, of_post in keys.items()
    }


def _load(ids: Collection[int]) -> dict[int, Waiting]:
    found = {}
    for some in _some(sorted(ids), ASKED_AT_ONCE):
        rows = db.session.execute(
            select(SavedSearch, Member.cell)
            .join(SavedSearch.member)
            .where(
                SavedSearch.id.in_(some),
                SavedSearch.removed_at.is_(None),
                Member.erased_at.is_(None),
            )
        )
        for row, home in rows:
            found[row.id] = Waiting(row.standing(), row.member_id, home)
    return found


def _claim(due: dict[int, int]) -> set[int]:
    """Those that are still as they were read; they count as held against the searches."""
    claim = (
        update(Listing)
        .where(
            tuple_(Listing.id, Listing.revision).in_(list(due.items())),
            Listing.alerted_revision < Listing.revision,
        )
        .values(alerted_revision=Listing.revision)
        .returning(Listing.id)
        .execution_options(synchronize_session=False)
    )
    return set(db.session.scalars(claim))


def _write(pairs: Sequence[tuple[int, int]], old: Collection[int], now: datetime) -> None:
    """Write down what was found, each pair once, and when each search is to tell of it; the page
    counts what is old, nobody is told."""
    searches = _lock({search_id for search_id, _ in pairs})
    rows = [
        {"search_id": one, "listing_id": post, "found_at": now}
        | {"outcome": KNOWN if post in old else searches[one].outcome}
        for one, post in pairs
        if one in searches
    ]
    fresh = {row.search_id for row in _insert(rows) if row.outcome == WAITING}
    due = [
        {"search": one, "at": searches[one].next_telling(now)}
        for one in sorted(fresh)
        if searches[one].due_at is None
    ]
    if due := [values for values in due if values["at"] is not None]:
        table = SavedSearch.__table__
        plan = update(table).where(table.c.id == bindparam("search"))
        db.session.connection().execute(plan.values(due_at=bindparam("at")), due)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a search tells: what ``standing.next_telling`` needs to know."""

    how_often: str
    due_at: datetime | None
    told_at: datetime | None
    zone: str
    hour: int

    @property
    def outcome(self) -> str:
        """Of what it finds."""
        return KNOWN if self.how_often == standing.NEVER else WAITING

    def next_telling(self, now: datetime) -> datetime | None:
        return standing.next_telling(
            self.how_often, now, self.told_at, zone=self.zone, hour=self.hour
        )


def _lock(ids: Collection[int]) -> dict[int, Plan]:
    """The searches that are still there, and stay until the transaction ends."""
    usual, found = rules.Hours().digest_hour, {}
    for some in _some(sorted(ids), ASKED_AT_ONCE):
        rows = db.session.execute(
            select(SavedSearch, Member.zone, MailHours.digest_hour)
            .join(SavedSearch.member)
            .outerjoin(MailHours, MailHours.member_id == SavedSearch.member_id)
            .where(SavedSearch.id.in_(some), SavedSearch.removed_at.is_(None))
            .order_by(SavedSearch.id)
            .with_for_update(of=SavedSearch)
            .execution_options(populate_existing=True)
        )
        for row, zone, hour in rows:
            at = usual if hour is None else hour
            found[row.id] = Plan(row.how_often, row.due_at, row.told_at, zone, at)
    return found


def _some(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _insert(rows: Sequence[dict[str, Any]]) -> Sequence[Any]:
    """The search and the outcome of each pair that is new; a post that could not be seen when it
    was to be told is new again, now that it came anew."""
    if not rows:
        return ()
    insert: Any = postgresql.insert if is_postgresql() else sqlite.insert
    statement = insert(SearchAlert.__table__)
    statement = statement.on_conflict_do_update(
        index_elements=["search_id", "listing_id"],
        set_={"outcome": statement.excluded.outcome, "found_at": statement.excluded.found_at},
        where=SearchAlert.outcome == HIDDEN,
    ).returning(SearchAlert.search_id, SearchAlert.outcome)
    return db.session.connection().execute(statement, list(rows)).all()
