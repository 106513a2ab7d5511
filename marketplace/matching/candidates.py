"""Which listings may fit one: what the index is asked, and how a row becomes a ``Side``."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from marketplace.accounts.models import Member
from marketplace.accounts.reputation import NEUTRAL_SCORE
from marketplace.listings import categories, hours
from marketplace.listings.models import Listing
from marketplace.listings.rules import terms_of
from marketplace.matching.sides import Side, WordStats
from marketplace.matching.words import STRESSED, telling
from marketplace.places import cells
from marketplace.search.analysis import BROADER_WEIGHT, STEM_WEIGHT, nearby
from marketplace.search.port import Group, Query, Reach, SearchIndex, Sort
from marketplace.search.stems import stems
from marketplace.search.terms import CONCEPT_MARK, is_word

BY_WORDS_NEAR = 50  # best by words within the owner's own reach
BY_WORDS_ANYWHERE = 50  # best by words wherever: others may travel, work online, be unplaced
BY_CATEGORY = 20  # nearest of the same category, whatever their words
KEPT_FROM = 2_000  # posts in an index from which on it changes little
KEPT_WORDS = 200_000  # words of which it is kept how common they are; some ten megabytes
ASKED_TERMS = 12  # of the words, and of the meanings, of a listing; a long text asks no longer
ASKED_CLOSE = BROADER_WEIGHT  # of a search: what is only a sister of what is meant finds too much

COLUMNS = (
    *(Listing.id, Listing.revision, Listing.owner_id, Listing.direction, Listing.kind),
    *(Listing.category, Listing.gift, Listing.loan, Listing.swap, Listing.loan_days_max),
    *(Listing.words, Listing.place_kind, Listing.cell, Listing.cell_resolution, Listing.zone),
    *(Listing.hours, Listing.available_until, Listing.published_at),
    *(Listing.quantity, Listing.promised, Listing.given, Listing.unit),
    Member.reach_km,
)

_known_words: WeakKeyDictionary[SearchIndex, WordStats] = WeakKeyDictionary()


def candidate_ids(index: SearchIndex, side: Side, now: datetime) -> set[int]:
    """Ids of listings of the opposite direction that may fit; raises IndexUnusable."""
    direction = "request" if side.direction == "offer" else "offer"
    plain = Query(
        now=now,
        direction=direction,
        origin=side.cell,
        exclude_owners=side.blocked | {side.owner_id},
    )
    queries = []
    if groups := groups_of(side, word_stats(index, [side])):
        queries.append(replace(plain, groups=groups, limit=BY_WORDS_ANYWHERE))
        if reach := _reach(side):
            queries.append(replace(plain, groups=groups, reach=reach, limit=BY_WORDS_NEAR))
    if side.category:
        same = frozenset({side.category})
        sort: Sort = "nearest" if side.cell else "newest"
        queries.append(replace(plain, categories=same, sort=sort, limit=BY_CATEGORY))
    return {hit.id for query in queries for hit in index.search(query).hits}


def word_stats(index: SearchIndex, needs: Iterable[Side]) -> WordStats:
    """How common the words of these needs are.

    Looking up each word anew costs most of a match, and they are much the same in all needs: of a
    large index they are kept until it has grown or shrunk by a hundredth.
    """
    terms = {term for need in needs for term in need.words}
    known = _known_words.setdefault(index, WordStats())
    documents = index.stats(()).documents
    if documents < KEPT_FROM or abs(documents - known.documents) * 100 > known.documents:
        known = WordStats(documents)
    frequencies = {term: known.frequencies[term] for term in terms & known.frequencies.keys()}
    frequencies |= index.stats(terms - frequencies.keys()).frequencies
    found = WordStats(known.documents, frequencies)
    together = {**known.frequencies, **frequencies}
    _known_words[index] = WordStats(known.documents, together if len(together) < KEPT_WORDS else {})
    return found


def groups_of(side: Side, stats: WordStats) -> tuple[Group, ...]:
    """What the index is asked for: the words and the meanings that tell most of the listing, each
    by as much as it tells. Of a long text the rarest ones: what many say finds whom it does not
    fit, and takes longest to look for."""
    most = min(max(side.words.values(), default=1.0), STRESSED)
    shares = {term: min(1.0, weight / most) for term, weight in side.words.items()}
    shares |= {term: share * telling(term) for term, share in shares.items() if is_word(term)}
    by_worth = sorted(shares, key=lambda term: (-shares[term] * stats.rarity(term), term))
    written = [term for term in by_worth if is_word(term)][:ASKED_TERMS]
    meant = [term for term in by_worth if term.startswith(CONCEPT_MARK)][:ASKED_TERMS]
    groups: list[Group] = []
    for word in written:
        share = shares[word]
        groups.append(((word, share), *((stem, STEM_WEIGHT * share) for stem in stems(word))))
    for concept in meant:
        share = shares[concept]
        near = nearby(concept.removeprefix(CONCEPT_MARK)).items()
        groups.append(tuple((term, close * share) for term, close in near if close >= ASKED_CLOSE))
    return tuple(groups)


def _reach(side: Side) -> Reach | None:
    if side.cell is None or side.reach_km <= 0:
        return None
    cover = cells.cover(side.cell, min(side.reach_km, cells.LARGEST_RADIUS_KM))
    return Reach(cover.resolution, cover.cells)


def side_of(
    row: Any, blocked: frozenset[int], now: datetime, reliability: float | None = None
) -> Side:
    """The side that a row of COLUMNS describes. ``reliability``: the score of the owner's
    reputation, None before it was worked out."""
    return Side(
        id=row.id,
        owner_id=row.owner_id,
        direction=row.direction,
        kind=row.kind,
        category=row.category,
        category_parent=categories.family(row.category),
        terms=terms_of(row),
        words=row.words,
        place_kind=row.place_kind,
        cell=row.cell,
        cell_resolution=row.cell_resolution,
        reach_km=row.reach_km,
        hours=None if row.hours is None else hours.decode(row.hours),
        utc_offset_hours=_offset_hours(row.zone, now),
        available_until=row.available_until,
        published_at=row.published_at,
        loan_days_max=row.loan_days_max,
        amount=None if row.quantity is None else row.quantity - row.promised - row.given,
        unit=row.unit,
        reliability=NEUTRAL_SCORE if reliability is None else reliability,
        blocked=blocked,
    )


def _offset_hours(zone: str | None, now: datetime) -> int:
    offset = now.astimezone(ZoneInfo(zone or "UTC")).utcoffset() or timedelta()
    return round(offset / timedelta(hours=1))
