"""Finding listings: what somebody asks, in steps until enough is found, as rows they may see."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.listings import categories
from marketplace.listings.models import Listing
from marketplace.places import cells
from marketplace.places.cells import Place
from marketplace.search import asking, scoring, sight, synonyms
from marketplace.search.asking import Asked, Phrase
from marketplace.search.port import (
    CorpusStats,
    Facets,
    Hit,
    IndexUnusable,
    Query,
    Reach,
    Sort,
)
from marketplace.search.scoring import terms_of
from marketplace.search.sight import Sight
from marketplace.search.steps import Stepped, in_steps

if TYPE_CHECKING:
    from marketplace import Parts

PHRASES_READ = 1000  # listings whose text is read for a phrase in quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What somebody looks for. Empty sets and strings: no matter which.

    ``as_typed``: no word is taken for a misspelling. ``category`` includes those below it.
    ``place`` is where distances begin; ``radius_km`` counts only with it, ``online``: results that
    need no place pass the radius too. ``places``: of how many of the first results it is asked
    where they are. ``count_within_km``: when not None, results are counted beside each choice of
    a filter, and for these distances.
    """

    text: str = ""
    as_typed: bool = False
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
    places: int = 0
    count_within_km: Sequence[float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page. ``hits`` belong to ``listings``, in order. ``notices``: index_unusable,
    catching_up, only_common_words, relaxed. ``whole``: how many results hold every word, when
    there are others. ``places``: (cell, area code) of the first results of all pages, as many as
    were asked for, of those that have a cell. ``query`` and ``stats``: what was asked in the end,
    and of what. ``facets``: None unless they were asked for. ``more``: there may be more results
    than ``total``, as far as the engine counts."""

    listings: Sequence[Listing] = ()
    hits: Sequence[Hit] = ()
    total: int = 0
    notices: tuple[str, ...] = ()
    asked: Asked = field(default=Asked())
    whole: int | None = None
    places: Sequence[tuple[int, str]] = ()
    query: Query | None = None
    stats: CorpusStats | None = None
    facets: Facets | None = None
    more: bool = False


def find(parts: "Parts", actor: Member | None, wanted: SearchRequest) -> Found:
    """The page that was asked for. Never fails for want of an index."""
    synonyms.take_up()
    asked = asking.understand(wanted.text)
    try:
        return _found(sight.from_index(parts.search_index, actor, utcnow()), wanted, asked)
    except IndexUnusable:
        seen = sight.from_database(actor, _query(wanted, asked))
        return _found(seen, replace(wanted, count_within_km=None), asked)


def _found(seen: Sight, wanted: SearchRequest, asked: Asked) -> Found:
    asked = asking.without_hidden(asked, seen.frequencies, seen.holds_any)
    if not wanted.as_typed:
        asked = asking.mend(asked, seen.frequencies, seen.neighbours, seen.holds_any)
    query = _with_phrases(seen, _query(wanted, asked), asked)
    last = wanted.offset + wanted.limit
    stats = seen.stats(terms_of(query.groups))
    plan = scoring.plan(query.groups, stats, query.weights)
    stepped = in_steps(seen.search, replace(query, limit=max(last, wanted.places)), plan)
    query = replace(query, needed=stepped.needed)
    page = stepped.results.hits[wanted.offset : last]
    rows = _load(seen, [hit.id for hit in page])
    hits = [hit for hit in page if hit.id in rows]
    return Found(
        listings=[rows[hit.id] for hit in hits],
        hits=hits,
        total=stepped.results.total,
        notices=(*seen.notices, *_notices(wanted, asked, stepped)),
        asked=asked,
        whole=stepped.whole,
        places=_places([hit.id for hit in stepped.results.hits[: wanted.places]]),
        query=query,
        stats=stats,
        facets=_facets(seen, wanted, query),
        more=stepped.results.total >= (seen.index.counts_to or math.inf),
    )


def _notices(wanted: SearchRequest, asked: Asked, stepped: Stepped) -> Iterable[str]:
    if wanted.text.strip() and not (asked.groups or asked.unwanted_terms or asked.unwanted_phrases):
        yield "only_common_words"
    if stepped.whole is not None and len(asked.groups) > 1:
        yield "relaxed"


def _query(wanted: SearchRequest, asked: Asked) -> Query:
    place = wanted.place
    origin = place.cell if place else None
    return Query(
        now=utcnow(),
        groups=asked.groups,
        excluded_terms=asked.unwanted_terms,
        direction=wanted.direction or None,
        kinds=wanted.kinds or None,
        categories=categories.with_children(wanted.category) if wanted.category else None,
        terms=wanted.terms or None,
        reach=_reach(wanted, wanted.radius_km),
        origin=origin,
        sort="newest" if wanted.sort == "nearest" and origin is None else wanted.sort,
    )


def _reach(wanted: SearchRequest, km: float | None) -> Reach | None:
    if wanted.place is None or wanted.place.cell is None or km is None:
        return None
    return Reach(*cells.cover(wanted.place.cell, km), wanted.online)


def _facets(seen: Sight, wanted: SearchRequest, query: Query) -> Facets | None:
    if wanted.count_within_km is None:
        return None
    return seen.facets(query, [r for km in wanted.count_within_km if (r := _reach(wanted, km))])


def _with_phrases(seen: Sight, query: Query, asked: Asked) -> Query:
    """The query with its phrases looked up: no index knows which word follows which."""
    if asked.phrases:
        wanted = [_holding(seen, query, phrase) for phrase in asked.phrases]
        query = replace(query, only_ids=frozenset.intersection(*wanted))
    unwanted = [_holding(seen, query, phrase) for phrase in asked.unwanted_phrases]
    return replace(query, exclude_ids=query.exclude_ids.union(*unwanted))


def _holding(seen: Sight, query: Query, phrase: Phrase) -> frozenset[int]:
    """Of the listings that pass the filters, those that have the phrase: the first
    ``PHRASES_READ`` that hold all its words are read."""
    groups = tuple(((word, 1.0),) for word in asking.telling(phrase))
    if not groups:
        return frozenset()
    candidates = replace(query, groups=groups, needed=1.0, limit=PHRASES_READ)
    ids = [hit.id for hit in seen.search(candidates).hits]
    chosen = select(Listing.id, Listing.title, Listing.description).where(Listing.id.in_(ids))
    rows = db.session.execute(chosen)
    return frozenset(row.id for row in rows if asking.holds(row.title, row.description, phrase))


def _places(ids: Collection[int]) -> list[tuple[int, str]]:
    if not ids:
        return []
    chosen = select(Listing.cell, Listing.area_code).where(
        Listing.id.in_(ids), Listing.cell.is_not(None)
    )
    return [(row.cell, row.area_code or "") for row in db.session.execute(chosen)]


def _load(seen: Sight, ids: Collection[int]) -> dict[int, Listing]:
    chosen = select(Listing).where(seen.shown(ids))
    rows = db.session.scalars(chosen.options(selectinload(Listing.photos)))
    return {row.id: row for row in rows}
