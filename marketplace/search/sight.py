"""What one visitor can find now: the index, completed and disposed of by the database.

A listing is found by the request after the one that posted it: what the index does not hold yet
(the tail) is read from the database and scored by the same formula. What is hidden from the visitor
is out of every answer, whatever the index said.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select

from marketplace.accounts.models import Block, Member
from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.listings.rules import terms_of
from marketplace.listings.service import visible_to
from marketplace.permissions import allows
from marketplace.search import memory_index, scoring
from marketplace.search.memory_index import MemoryIndex
from marketplace.search.port import (
    CorpusStats,
    Document,
    Facets,
    Query,
    Reach,
    Results,
    SearchIndex,
)

TAIL_MOST = 500  # unindexed listings scored with each search; more only after a large import
FALLBACK_MOST = 2000  # newest listings searched without an index: some hundredths of a second
REFINE_PASSES = 6  # how often a page is filled up when rows of it turn out to be hidden

COLUMNS = (
    *(Listing.id, Listing.revision, Listing.owner_id, Listing.direction, Listing.kind),
    *(Listing.category, Listing.gift, Listing.loan, Listing.swap, Listing.words),
    *(Listing.place_kind, Listing.cell, Listing.published_at, Listing.created_at),
    *(Listing.expires_at, Listing.state),
)


@dataclass(frozen=True, slots=True)
class Sight:
    """One view for one request. ``notices``: index_unusable, catching_up.

    ``hidden_owners``: what is theirs is in no answer. ``late``: the ids of all that the index does
    not hold as it is now; ``tail``: the documents of those that are on show. Every method may raise
    IndexUnusable.
    """

    index: SearchIndex
    actor: Member | None
    now: datetime
    hidden_owners: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()
    tail: tuple[Document, ...] = ()
    notices: tuple[str, ...] = ()

    def search(self, query: Query) -> Results:
        """The hits of index and tail together, without anything that the database hides."""
        stats = self.index.stats(scoring.terms_of(query.groups))
        late = memory_index.rank(self.tail, query, stats)
        hidden, passes = self.late, 0
        while True:
            asked = self._without(query, hidden)
            proposed = self.index.search(asked)
            ids = {hit.id for hit in proposed.hits}
            vanished = ids - self._on_show(ids)
            passes += 1
            if not vanished or passes == REFINE_PASSES:
                break
            hidden |= vanished
        both = [hit for hit in proposed.hits if hit.id not in vanished] + late
        both.sort(key=lambda hit: scoring.sort_key(query.sort, hit))
        total = proposed.total - len(vanished) + len(late)
        return Results(tuple(both[: query.limit]), total)

    def facets(self, query: Query, reaches: Sequence[Reach]) -> Facets:
        """Of index and tail together."""
        stats = self.index.stats(scoring.terms_of(query.groups))
        return _sum(
            self.index.facets(self._without(query, self.late), reaches),
            memory_index.facets_of(self.tail, query, stats, reaches),
        )

    def stats(self, terms: Collection[str]) -> CorpusStats:
        """Of the index, with the frequencies of both."""
        found = self.index.stats(terms)
        late = {term: sum(term in one.words for one in self.tail) for term in terms}
        both = {term: number + late[term] for term, number in found.frequencies.items()}
        return replace(found, frequencies=both)

    def frequencies(self, terms: Collection[str]) -> Mapping[str, int]:
        return self.stats(terms).frequencies

    def holds_any(self, terms: Collection[str]) -> bool:
        """Whether anything that the visitor may find holds one of these."""
        query = Query(now=self.now, groups=(tuple((t, 1.0) for t in sorted(terms)),), limit=1)
        return bool(terms) and bool(self.search(query).hits)

    def completions(self, start: str, most: int) -> list[str]:
        """Words of both that begin so, the most frequent of the index first."""
        late = [w for w in memory_index.words_in(self.tail) if w.startswith(start)]
        return list(dict.fromkeys([*self.index.completions(start, most), *late]))[:most]

    def neighbours(self, word: str, most: int) -> list[str]:
        """Words of the index that this one may be a misspelling of."""
        return self.index.neighbours(word, most)

    def _without(self, query: Query, ids: frozenset[int]) -> Query:
        owners = query.exclude_owners | self.hidden_owners
        return replace(query, exclude_owners=owners, exclude_ids=query.exclude_ids | ids)

    def _on_show(self, ids: Collection[int]) -> set[int]:
        if not ids:
            return set()
        return set(db.session.scalars(select(Listing.id).where(self.shown(ids))))

    def shown(self, ids: Collection[int]) -> ColumnElement[bool]:
        """SQL: those of these listings that the visitor may find."""
        return and_(Listing.id.in_(ids), visible_to(self.actor), Listing.open_now(self.now))


def from_index(index: SearchIndex, actor: Member | None, now: datetime) -> Sight:
    """The index with the tail."""
    on_show = and_(visible_to(actor), Listing.open_now(now))
    rows = db.session.execute(
        select(*COLUMNS, on_show.label("on_show"))
        .where(unindexed())
        .order_by(Listing.updated_at.desc(), Listing.id.desc())
        .limit(TAIL_MOST + 1)
    ).all()
    kept = rows[:TAIL_MOST]
    late = frozenset(row.id for row in kept)
    if len(rows) > TAIL_MOST:
        late |= _gone(on_show)
    return Sight(
        index,
        actor,
        now,
        hidden_owners(actor),
        late,
        tuple(document_of(row) for row in kept if row.on_show),
        ("catching_up",) if len(rows) > TAIL_MOST else (),
    )


def _gone(on_show: ColumnElement[bool]) -> frozenset[int]:
    """What the index may still hold and nobody is to find: beyond the tail too."""
    gone = and_(unindexed(), Listing.indexed_revision > 0, not_(on_show))
    return frozenset(db.session.scalars(select(Listing.id).where(gone)))


def from_database(actor: Member | None, query: Query) -> Sight:
    """The newest listings that pass the plainest filters of a query, without any index."""
    chosen = select(*COLUMNS).where(visible_to(actor), Listing.open_now(query.now))
    if query.direction is not None:
        chosen = chosen.where(Listing.direction == query.direction)
    if query.kinds is not None:
        chosen = chosen.where(Listing.kind.in_(query.kinds))
    if query.categories is not None:
        chosen = chosen.where(Listing.category.in_(query.categories))
    newest = chosen.order_by(Listing.published_at.desc(), Listing.id.desc()).limit(FALLBACK_MOST)
    index = MemoryIndex()
    index.rebuild(document_of(row) for row in db.session.execute(newest))
    return Sight(index, actor, query.now, notices=("index_unusable",))


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


def hidden_owners(actor: Member | None) -> frozenset[int]:
    """Owners whose listings ``visible_to`` would take out again one by one."""
    away = set(db.session.scalars(select(Member.id).where(Member.hides_posts())))
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


def _sum(one: Facets, other: Facets) -> Facets:
    names = ("directions", "kinds", "categories", "terms")
    both = {n: Counter(getattr(one, n)) + Counter(getattr(other, n)) for n in names}
    within = tuple(a + b for a, b in zip(one.within, other.within, strict=True))
    return Facets(within=within, **both)
