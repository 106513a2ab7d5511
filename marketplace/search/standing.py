"""A search that stands: it waits for posts, instead of posts waiting for it. Pure.

Whether a post fits is decided by the same code as a search, but strictly: it holds every word, also
one that no post holds yet, and each as the thing itself. So the answer depends on the two alone.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from marketplace.listings import categories
from marketplace.notifications.rules import at_hour
from marketplace.places import cells
from marketplace.search import asking, memory_index, reading
from marketplace.search.analysis import BESIDE_WEIGHT
from marketplace.search.asking import Asked
from marketplace.search.port import Document, Query, Reach
from marketplace.search.scoring import HOLDING_WEIGHT
from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK

AT_ONCE, DAILY, WEEKLY, NEVER = HOW_OFTEN = ("at_once", "daily", "weekly", "never")
USUALLY = DAILY
WEEKLY_ON = 5  # Saturday: neighbours have time to fetch things
GATHERED = timedelta(minutes=2)  # what comes at once waits so long for more, and for a match
APART = timedelta(minutes=30)  # between two mails of one search

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # no post had ended by then

KEY_MARK = "="  # of keys that are no words; see ``keys``
EVERYTHING = KEY_MARK
CATEGORY_KEY = KEY_MARK + "category:"
CELL_KEY = KEY_MARK + "cell:"
ONLINE_KEY = KEY_MARK + "online"
KEY_CELL = cells.COARSEST  # the precision that every placed post has


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is looked for; fields as in ``SearchRequest``. Without ``cell`` a radius counts around
    the member, wherever they live."""

    text: str = ""
    direction: str = ""
    kinds: tuple[str, ...] = ()
    category: str = ""
    terms: tuple[str, ...] = ()
    cell: int | None = None
    radius_km: float | None = None
    online: bool = True

    @property
    def says_something(self) -> bool:
        """Whether it leaves anything out; a search for everything is no search."""
        narrower = (self.direction, self.kinds, self.category, self.terms, self.radius_km)
        return bool(self.text.strip() or any(narrower))

    def fingerprint(self) -> str:
        """The same for searches that mean the same."""
        meant = (
            *(" ".join(self.text.lower().split()), self.direction, sorted(self.kinds)),
            *(self.category, sorted(self.terms), self.cell if self.radius_km else None),
            *(self.radius_km, self.online),
        )
        return hashlib.sha256(json.dumps(meant).encode()).hexdigest()[:32]


def fits(standing: Standing, home: int | None, post: Document, *text: str) -> bool:
    """Whether a post with this title and description is what is looked for.

    ``home``: the cell where the member lives. When the post ends, and who may see it, is not asked.
    """
    asked = understood(standing.text)
    if not all(any(term in post.words for term, _ in group) for group in asked.groups):
        return False
    if not memory_index.passes(post, _query(standing, asked, home)):
        return False
    title, description = text
    return all(asking.holds(title, description, phrase) for phrase in asked.phrases) and not any(
        asking.holds(title, description, phrase) for phrase in asked.unwanted_phrases
    )


def keys(standing: Standing, home: int | None, rarest: int = 0) -> set[str]:
    """What a post must hold one of to fit at all: terms of one of the words (that of this number),
    else the category, else where it is. Few posts should hold them: they are looked up by these."""
    asked = understood(standing.text)
    if asked.groups:
        group = asked.groups[min(rarest, len(asked.groups) - 1)]
        return {term for term, _ in group}
    if standing.category:
        return {CATEGORY_KEY + slug for slug in categories.with_children(standing.category)}
    if reach := _reach(standing, home):
        placed = {cells.ancestor(cell, KEY_CELL) for cell in reach.cells}
        return {CELL_KEY + cells.to_text(cell) for cell in placed} | (
            {ONLINE_KEY} if reach.online else set()
        )
    return {EVERYTHING}


def keys_of(post: Document) -> Iterator[str]:
    """The keys under which the searches are found that a post may fit."""
    yield from post.words
    yield EVERYTHING
    yield CATEGORY_KEY + post.category
    if post.place_kind == "online":
        yield ONLINE_KEY
    elif post.cell is not None:
        yield CELL_KEY + cells.to_text(cells.ancestor(post.cell, KEY_CELL))


def understood(text: str) -> Asked:
    """What a text asks for, as it is written, by the present reading."""
    return _understood(text, reading.name())


@lru_cache(maxsize=20_000)
def _understood(text: str, by: str) -> Asked:
    asked = asking.understand(text)
    groups = (tuple(one for one in group if _is_it(*one)) for group in asked.groups)
    return replace(asked, groups=tuple(groups))


def _is_it(term: str, weight: float) -> bool:
    """Whether a term says the thing itself. On a page what may help instead is welcome; nobody is
    to be mailed about thread who looks for a sewing machine."""
    is_meaning = term.startswith((CONCEPT_MARK, BELOW_MARK))
    return weight > BESIDE_WEIGHT if is_meaning else weight >= HOLDING_WEIGHT


def next_telling(
    how_often: str, now: datetime, told_at: datetime | None, *, zone: str, hour: int
) -> datetime | None:
    """When what is found at ``now`` is to be told; ``hour``: that of the member's digest.

    ``told_at``: when the search was told of last. None: never.
    """
    if how_often == NEVER:
        return None
    if how_often == AT_ONCE:
        return max(now + GATHERED, told_at + APART if told_at else now)
    day = now.astimezone(ZoneInfo(zone)).date()
    while at_hour(day, hour, zone) <= now or (how_often == WEEKLY and day.weekday() != WEEKLY_ON):
        day += timedelta(days=1)
    return at_hour(day, hour, zone)


def _query(standing: Standing, asked: Asked, home: int | None) -> Query:
    """Its filters."""
    return Query(
        now=LONG_AGO,
        excluded_terms=asked.unwanted_terms,
        direction=standing.direction or None,
        kinds=frozenset(standing.kinds) or None,
        categories=categories.with_children(standing.category) if standing.category else None,
        terms=frozenset(standing.terms) or None,
        reach=_reach(standing, home),
    )


def _reach(standing: Standing, home: int | None) -> Reach | None:
    """Where a post may be; nowhere, when nobody knows around what."""
    if standing.radius_km is None:
        return None
    middle = standing.cell if standing.cell is not None else home
    if middle is None:
        return Reach(KEY_CELL, frozenset(), standing.online)
    return Reach(*_cover(middle, standing.radius_km), standing.online)


@lru_cache(maxsize=5_000)
def _cover(cell: int, radius_km: float) -> cells.Cover:
    return cells.cover(cell, radius_km)
