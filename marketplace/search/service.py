"""Finding listings: what the index proposes, completed and disposed of by the database.

A listing is found by the request after the one that posted it: what the index does not hold yet
(the tail) is read from the database and scored by the same formula. What a page shows was loaded
through ``visible_to`` and is open, whatever the index said.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import selectinload

from marketplace.accounts.models import Block, Member
from marketplace.db import db, utcnow
from marketplace.listings import categories
from marketplace.listings.models import Listing
from marketplace.listings.rules import terms_of
from marketplace.listings.service import visible_to
from marketplace.permissions import allows
from marketplace.places import cells
from marketplace.places.cells import Place
from marketplace.search import memory_index, scoring
from marketplace.search.analysis import query_groups
from marketplace.search.port import (
    Document,
    Hit,
    IndexUnusable,
    Query,
    Reach,
    Results,
    SearchIndex,
    Sort,
)

if TYPE_CHECKING:
    from marketplace import Parts

TAIL_MOST = 500  # unindexed listings scored with each search; more only after a large import
FALLBACK_MOST = 2000  # newest listings searched without an index: some hundredths of a second
REFINE_PASSES = 6  # how often a page is filled up when rows of it turn out to be hidden

COLUMNS = (
    *(Listing.id, Listing.revision, Listing.owner_id, Listing.direction, Listing.kind),
    *(Listing.category, Listing.gift, Listing.loan, Listing.swap, Listing.words),
    *(Listing.place_kind, Listing.cell, Listing.published_at, Listing.created_at),
    *(Listing.expires_at, Listing.state),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What somebody looks for. Empty sets and strings: no matter which.

    ``category`` includes those below it. ``place`` is where distances begin; ``radius_km`` counts
    only with it, ``online``: results that need no place pass the radius too.
    """

    text: str = ""
    direction: str = ""
    kinds: frozenset[str] = frozenset()
    category: str = ""
    terms: frozenset[str] = frozenset()
    place: Place | None = None
    radius_km: float | None = None
    online: bool = True
    sort: Sort = "best"
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """One page. ``hits`` belong to ``listings``, in order. ``notices``: index_unusable,
    catching_up, only_common_words. ``places``: (cell, area code) of the first results of all
    pages, as many as were asked for, of those that have a cell."""

    listings: Sequence[Listing]
    hits: Sequence[Hit]
    total: int
    notices: tuple[str, ...] = ()
    places: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class _Tail:
    """What the index does not hold as it is now: all ids, and the documents of those on show."""

    ids: frozenset[int] = frozenset()
    documents: tuple[Document, ...] = ()
    is_cut: bool = False


def find(parts: "Parts", actor: Member | None, wanted: SearchRequest, places: int = 0) -> Found:
    """The page that was asked for, and where the first ``places`` results are. Never fails for
    want of an index."""
    last = wanted.offset + wanted.limit
    query = _query(actor, replace(wanted, offset=0, limit=max(last, places)))
    results, notices = _results(parts.search_index, actor, query)
    if wanted.text.strip() and not query.groups:
        notices = (*notices, "only_common_words")
    page = results.hits[wanted.offset : last]
    rows = _load([hit.id for hit in page], actor, query.now)
    hits = [hit for hit in page if hit.id in rows]
    where = _places([hit.id for hit in results.hits[:places]])
    return Found([rows[hit.id] for hit in hits], hits, results.total, notices, where)


def health(parts: "Parts") -> dict[str, Any]:
    """{"usable", "unindexed" (rows), "oldest_lag_seconds"} for /healthz and the doctor."""
    count, oldest = db.session.execute(
        select(func.count(), func.min(Listing.updated_at)).where(unindexed())
    ).one()
    lag = (utcnow() - oldest).total_seconds() if oldest else 0.0
    return {
        "usable": parts.search_index.usable(),
        "unindexed": count,
        "oldest_lag_seconds": round(max(0.0, lag), 1),
    }


def unindexed() -> ColumnElement[bool]:
    """SQL: the index does not yet know this listing as it is. The only definition."""
    return Listing.revision > Listing.indexed_revision


def document_of(row: Any) -> Document:
    """The document of a row of COLUMNS."""
    return Document(
        id=row.id,
        revision=row.revision,
        owner_id=row.owner_id,
        direction=row.direction,
        kind=row.kind,
        category=row.category,
        terms=terms_of(row),
        words=row.words or {},
        place_kind=row.place_kind,
        cell=row.cell,
        published_at=row.published_at or row.created_at,
        expires_at=row.expires_at,
    )


def _query(actor: Member | None, wanted: SearchRequest) -> Query:
    place = wanted.place
    origin = place.cell if place else None
    reach = None
    if origin is not None and wanted.radius_km is not None:
        reach = Reach(*cells.cover(origin, wanted.radius_km), wanted.online)
    return Query(
        now=utcnow(),
        groups=query_groups(wanted.text),
        direction=wanted.direction or None,
        kinds=wanted.kinds or None,
        categories=categories.with_children(wanted.category) if wanted.category else None,
        terms=wanted.terms or None,
        reach=reach,
        origin=origin,
        exclude_owners=_hidden_owners(actor),
        sort="newest" if wanted.sort == "nearest" and origin is None else wanted.sort,
        offset=wanted.offset,
        limit=wanted.limit,
    )


def _hidden_owners(actor: Member | None) -> frozenset[int]:
    """Owners whose listings ``visible_to`` would take out again one by one."""
    away = set(
        db.session.scalars(
            select(Member.id).where(Member.erased_at.is_(None), ~Member.shows_posts())
        )
    )
    if actor is None:
        return frozenset(away)
    if allows(actor, "listing.see_all"):
        return frozenset()
    blocks = select(Block.blocker_id, Block.blocked_id).where(
        or_(Block.blocker_id == actor.id, Block.blocked_id == actor.id)
    )
    for pair in db.session.execute(blocks):
        away |= set(pair)
    return frozenset(away - {actor.id})


def _results(
    index: SearchIndex, actor: Member | None, query: Query
) -> tuple[Results, tuple[str, ...]]:
    try:
        tail = _tail(actor, query.now)
        return _merged(index, tail, actor, query), ("catching_up",) if tail.is_cut else ()
    except IndexUnusable:
        return _from_database(actor, query), ("index_unusable",)


def _tail(actor: Member | None, now: datetime) -> _Tail:
    on_show = and_(visible_to(actor), Listing.open_now(now)).label("on_show")
    rows = db.session.execute(
        select(*COLUMNS, on_show)
        .where(unindexed())
        .order_by(Listing.updated_at.desc(), Listing.id.desc())
        .limit(TAIL_MOST + 1)
    ).all()
    kept = rows[:TAIL_MOST]
    return _Tail(
        frozenset(row.id for row in kept),
        tuple(document_of(row) for row in kept if row.on_show),
        len(rows) > TAIL_MOST,
    )


def _merged(index: SearchIndex, tail: _Tail, actor: Member | None, query: Query) -> Results:
    """The hits of index and tail together, without anything that the database hides."""
    stats = index.stats(scoring.terms_of(query.groups))
    late = memory_index.rank(tail.documents, query, stats)
    hidden, passes = tail.ids, 0
    while True:
        proposed = index.search(replace(query, exclude_ids=hidden))
        ids = {hit.id for hit in proposed.hits}
        vanished = ids - _on_show(ids, actor, query.now)
        passes += 1
        if not vanished or passes == REFINE_PASSES:
            break
        hidden |= vanished
    both = [hit for hit in proposed.hits if hit.id not in vanished] + late
    both.sort(key=lambda hit: scoring.sort_key(query.sort, hit))
    total = proposed.total - len(vanished) + len(late)
    return Results(tuple(both[: query.limit]), total)


def _from_database(actor: Member | None, query: Query) -> Results:
    """The same answer over the newest listings only, without any index."""
    chosen = select(*COLUMNS).where(visible_to(actor), Listing.open_now(query.now))
    if query.direction is not None:
        chosen = chosen.where(Listing.direction == query.direction)
    if query.kinds is not None:
        chosen = chosen.where(Listing.kind.in_(query.kinds))
    if query.categories is not None:
        chosen = chosen.where(Listing.category.in_(query.categories))
    newest = chosen.order_by(Listing.published_at.desc(), Listing.id.desc()).limit(FALLBACK_MOST)
    documents = [document_of(row) for row in db.session.execute(newest)]
    stats = memory_index.stats_of(documents, scoring.terms_of(query.groups))
    hits = memory_index.rank(documents, query, stats)
    return Results(tuple(hits[: query.limit]), len(hits))


def _on_show(ids: Collection[int], actor: Member | None, now: datetime) -> set[int]:
    if not ids:
        return set()
    return set(db.session.scalars(select(Listing.id).where(_shown(ids, actor, now))))


def _places(ids: Collection[int]) -> list[tuple[int, str]]:
    if not ids:
        return []
    chosen = select(Listing.cell, Listing.area_code).where(
        Listing.id.in_(ids), Listing.cell.is_not(None)
    )
    return [(row.cell, row.area_code or "") for row in db.session.execute(chosen)]


def _load(ids: Iterable[int], actor: Member | None, now: datetime) -> dict[int, Listing]:
    chosen = select(Listing).where(_shown(list(ids), actor, now))
    rows = db.session.scalars(chosen.options(selectinload(Listing.photos)))
    return {row.id: row for row in rows}


def _shown(ids: Collection[int], actor: Member | None, now: datetime) -> ColumnElement[bool]:
    return and_(Listing.id.in_(ids), visible_to(actor), Listing.open_now(now))
