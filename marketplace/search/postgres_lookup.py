"""Looking up documents in the GIN index of a build on PostgreSQL.

Nothing is calculated there: what holds the keys that a question asks for is handed over packed.
Where that could be more than anybody reads, only the first ``most`` documents are: of those that
hold every word, then of the others, the nearest when there is a place to be near to, those that
end soonest when that is asked for, else the newest. Which of them to look at is found out from
slices of the index: weeks, or rings around the place. How many there are is then told as ``most``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marketplace.places import cells
from marketplace.search import postgres_nearby as nearby
from marketplace.search import postgres_ranking as ranking
from marketplace.search import scoring
from marketplace.search.port import Facets, Query, Reach, Results
from marketplace.search.postgres_builds import Build
from marketplace.search.postgres_query import (
    AnyOf,
    Asked,
    all_words_asked,
    exclusions,
    facets_asked,
    names_of,
    names_of_facets,
    places_wanted,
    rarest_asked,
    search_asked,
)
from marketplace.search.postgres_ranking import Candidates
from marketplace.search.postgres_tables import CATEGORY, DAY, ENDS, NEVER
from marketplace.search.postgres_terms import Known, beginning, known

# Documents that are ranked or counted: a hundred pages. docs/adr/0009 says what for.
MOST = 2_000
SLICE_MARGIN = 1.5  # how many times as many a slice should hold: words and places go together
SLICE_GROWTH = 4.0  # how many times larger the next slice is, when one held too few
FIRST_RING_KM, LAST_RING_KM = 0.7, 200.0
RING_GROWTH = (1.5, 4.0)  # how many times wider the next ring is, at least and at most
COUNTED_BELOW = 2.0  # times as many with one key; of more some may have ended or be excluded
EDGES, CHORD_KM = 1.3, 0.01  # the ground is longer than the straight line, within 200 km


def search(build: Build, query: Query, most: int = MOST) -> Results:
    """The page of hits."""
    return nearby.search(build, query, most) or _search(build, query, most)


def _search(build: Build, query: Query, most: int) -> Results:
    """Terms first: what they say decides what is looked at."""
    terms = known(build, names_of(query))
    plan = _plan(query, terms)
    lookup, asked = _Lookup(build, terms, bool(plan.groups)), search_asked(query, plan)
    total = None
    if not lookup.is_many(asked, most):
        found = lookup.fetch(asked, most, in_order=False)
        if len(found) < most:
            return ranking.results(found, query, plan, terms.numbers)
    if asked.exact and query.sort != "best":  # the index has them in the order asked for
        found = lookup.first(asked, query.offset + query.limit)
        total = lookup.count(asked, most)
    else:
        found = Candidates.of(None, None)
        rarest = rarest_asked(query, plan, lambda rare: not lookup.is_many(rare, most))
        for tier in (all_words_asked(query, plan), rarest, asked):
            if tier and len(found) < most:
                found = found.and_of(lookup.first(tier, most), most)
    return ranking.results(found, query, plan, terms.numbers, total=total)


def facets(build: Build, query: Query, reaches: Sequence[Reach], most: int = MOST) -> Facets:
    """Counts over what passes all filters but one."""
    for together in (True, False):
        terms = known(build, names_of_facets(query, reaches, together))
        plan = _plan(query, terms)
        asked = facets_asked(query, plan, reaches, together)
        lookup = _Lookup(build, terms, with_words=not asked.exact)
        if not lookup.is_many(asked, most):
            break
    found = lookup.first(asked, most)
    facts = found.facts
    if not asked.exact:
        facts = facts[ranking.answering(found, query, plan, terms.numbers)[0]]
    categories = {
        number: name.removeprefix(CATEGORY)
        for name, (number, _) in beginning(build, CATEGORY).items()
    }
    return ranking.facets(facts, query, categories, reaches)


def _plan(query: Query, terms: Known) -> scoring.Plan:
    stats = terms.stats(scoring.terms_of(query.groups))
    return scoring.plan(query.groups, stats, query.weights)


@dataclass(frozen=True, slots=True)
class _Slice:
    """A part of the index that holds all documents that come before those of later slices."""

    keys: AnyOf
    km: float | None = None


class _Lookup:
    """Asks one build. ``with_words``: whether the words of documents are handed over."""

    def __init__(self, build: Build, terms: Known, with_words: bool) -> None:
        self._build, self._known, self._with_words = build, terms, with_words
        self._documents = f"{build.name}.documents"

    def is_many(self, asked: Asked, most: int) -> bool:
        """Whether more than that are to be expected."""
        return self._expected(asked) > most

    def count(self, asked: Asked, most: int) -> int:
        """How many there are of the only arm, as far as ``most``."""
        if len(asked.arms[0]) < 2 and self._expected(asked) > COUNTED_BELOW * most:
            return most  # it is no guess then
        values: dict[str, Any] = {"most": most}
        counted = "0"
        for condition in self._arms(asked, None, values):
            counted = f"""(SELECT count(*) FROM (
                SELECT FROM {self._documents} WHERE {condition} LIMIT %(most)s) AS one)"""
        return int(self._build.ask(f"SELECT {counted}", values)[0][0])

    def first(self, asked: Asked, most: int) -> Candidates:
        """The first ones that were asked for."""
        expected = self._expected(asked)
        if expected > most and asked.query.only_ids is None:
            wanted = most * SLICE_MARGIN / expected * self._known.documents
            for part in self._slices(asked.query, wanted):
                found = self.fetch(asked, most, part)
                if len(found) >= most:
                    return found
        return self.fetch(asked, most)

    def _expected(self, asked: Asked) -> float:
        """How many the largest arm may give, as if keys had nothing to do with each other."""
        expected, terms = 0.0, self._known.terms
        for arm in asked.arms:
            share = 1.0
            for keys in arm:
                held = sum(terms[key][1] for key in keys if key in terms)
                share *= min(1.0, held / max(1, self._known.documents))
            expected = max(expected, share * self._known.documents)
        return expected

    def _slices(self, query: Query, wanted: float) -> Iterator[_Slice]:
        """Larger and larger ones, each with at least about so many of all documents."""
        if _is_near(query):
            yield from self._rings(query, wanted)
            return
        start = ENDS if query.sort == "ending" else DAY
        found = beginning(self._build, start)
        self.learn(found)
        days = sorted((int(name[len(start) :]), name) for name in found if name != NEVER)
        if start == DAY:
            days.reverse()
        keys: list[str] = []
        held = 0
        for _, name in days:
            keys.append(name)
            held += found[name][1]
            if held >= wanted and len(keys) < len(found):
                yield _Slice(tuple(keys))
                wanted *= SLICE_GROWTH

    def _rings(self, query: Query, wanted: float) -> Iterator[_Slice]:
        assert query.origin is not None
        km = FIRST_RING_KM
        while km <= LAST_RING_KM:
            keys = places_wanted(Reach(*_around(query.origin, km), online=False))
            self.learn(known(self._build, keys).terms)
            held = sum(self._known.frequency(key) for key in keys)
            if held >= wanted:
                yield _Slice(keys, km)
                wanted *= SLICE_GROWTH
            least, most = RING_GROWTH
            km *= min(most, max(least, math.sqrt(wanted / max(1, held))))

    def learn(self, terms: Mapping[str, tuple[int, int]]) -> None:
        self._known = replace(self._known, terms={**self._known.terms, **terms})

    def fetch(
        self, asked: Asked, most: int, part: _Slice | None = None, *, in_order: bool = True
    ) -> Candidates:
        """The first documents of a slice, or of all, as many of each arm. Not ``in_order``: any,
        which is all of them when there are fewer than ``most``."""
        values: dict[str, Any] = {"most": most}
        order = f"ORDER BY {_order(asked.query, values)}" if in_order else ""
        arms = [
            f"""(SELECT facts, words FROM {self._documents}
                 WHERE {condition} {order} LIMIT %(most)s)"""
            for condition in self._arms(asked, part, values)
        ]
        if not arms or not most:
            return Candidates.of(None, None)
        words = "string_agg(words, '')" if self._with_words else "NULL"
        together = " UNION ALL ".join(arms)  # an OR would be one look-up for what they share
        rows = self._build.ask(
            f"SELECT string_agg(facts, ''), {words} FROM ({together}) AS kept",
            values,
        )
        found = Candidates.of(*rows[0])
        return found.once() if len(arms) > 1 else found

    def _arms(self, asked: Asked, part: _Slice | None, values: dict[str, Any]) -> Iterator[str]:
        """The condition of each arm of which every part occurs."""
        excluded = [*exclusions(asked.query, values)]
        if unwanted := self._numbers(sorted(asked.query.excluded_terms)):
            values["unwanted"] = _array(unwanted)
            excluded.append("NOT keys && %(unwanted)s::int[]")
        if part is not None and part.km is not None:
            values["km"] = part.km
            excluded.append(f"{_chord(asked.query, values)} <= %(km)s::float8")
        for n, arm in enumerate(asked.arms):
            lists = [self._numbers(keys) for keys in (*arm, *([part.keys] if part else []))]
            if all(lists):
                held = []
                if single := sorted({one[0] for one in lists if len(one) == 1}):
                    values[f"all{n}"] = _array(single)
                    held.append(f"keys @> %(all{n})s::int[]")
                for m, one in enumerate(one for one in lists if len(one) > 1):
                    values[f"any{n}_{m}"] = _array(one)
                    held.append(f"keys && %(any{n}_{m})s::int[]")
                yield " AND ".join([*held, *excluded])

    def _numbers(self, keys: Sequence[str]) -> list[int]:
        terms = self._known.terms
        return [terms[key][0] for key in keys if key in terms]


def _array(numbers: Sequence[int]) -> str:
    """As PostgreSQL reads it: a list is written by the driver one number after the other."""
    return f"{{{','.join(map(str, numbers))}}}"


def _around(origin: int, km: float) -> cells.Cover:
    """What surely holds every place whose centre is that near. The centre of a cell lies less than
    ``EDGES`` edges from those of its parts; coarser cells have theirs in common with a part."""
    for resolution in reversed(cells.RESOLUTIONS):
        edges = 0.0 if resolution == cells.FINEST else EDGES * cells.EDGE_KM[resolution]
        wide = cells.cover(origin, km + edges + CHORD_KM)
        if wide.resolution >= resolution:
            break
    return wide


def _is_near(query: Query) -> bool:
    return query.origin is not None and query.sort in ("best", "nearest")


def _order(query: Query, values: dict[str, Any]) -> str:
    """What comes first when not everything is looked at."""
    newest = "published DESC, id DESC"
    if query.sort == "ending":
        return f"expires, {newest}"
    return f"{_chord(query, values)} NULLS LAST, {newest}" if _is_near(query) else newest


def _chord(query: Query, values: dict[str, Any]) -> str:
    """Kilometres through the earth; NULL without an origin or a cell."""
    if query.origin is None:
        return "NULL::float8"
    values |= dict(zip("abc", scoring.unit_vector(query.origin), strict=True))
    squared = " + ".join(
        f"({axis} - %({at})s::float8) * ({axis} - %({at})s::float8)"
        for axis, at in zip("xyz", "abc", strict=True)
    )
    return f"({scoring.EARTH_KM!r}::float8 * sqrt({squared}))"
