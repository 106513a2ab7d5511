"""Looking up documents in the GIN index of a build on PostgreSQL.

Nothing is calculated there: what holds the keys that a question asks for is handed over packed.
Where that could be more than anybody reads, only the first ``most`` documents are: of those that
hold every word, then of the others, the nearest when there is a place to be near to, those that
end soonest when that is asked for, else the newest. Which of them to look at is found out from
slices of the index: weeks, or rings around the place. How many there are is then told as ``most``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from marketplace.places import cells
from marketplace.search import postgres_builds as builds
from marketplace.search import postgres_ranking as ranking
from marketplace.search import scoring
from marketplace.search.port import Facets, Query, Reach, Results
from marketplace.search.postgres_query import (
    AnyOf,
    Asked,
    all_words_asked,
    facets_asked,
    names_of,
    names_of_facets,
    places_wanted,
    search_asked,
)
from marketplace.search.postgres_ranking import Candidates
from marketplace.search.postgres_tables import CATEGORY, ENDS, NEVER, WEEK
from marketplace.search.postgres_terms import Known, beginning, known

# Documents that are ranked: two hundred pages and more. See docs/adr/0009 for what they cost.
MOST = 5_000
SLICE_MARGIN = 1.5  # how many times as many a slice should hold: words and places go together
SLICE_GROWTH = 4.0  # how many times larger the next slice is, when one held too few
RINGS_KM = (0.7, 1.5, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0, 200.0)
EDGES, CHORD_KM = 1.3, 0.01  # the ground is longer than the straight line, within 200 km


def search(connection: Connection, query: Query, most: int = MOST) -> Results:
    """The page of hits in the build that ``connection`` means."""
    terms = known(connection, names_of(query))
    plan = _plan(query, terms)
    found = _Lookup(connection, terms, most).candidates(
        search_asked(query, plan), all_words_asked(query, plan)
    )
    return ranking.results(found, query, plan, terms.numbers)


def facets(
    connection: Connection, query: Query, reaches: Sequence[Reach], most: int = MOST
) -> Facets:
    """Counts over what passes all filters but one."""
    terms = known(connection, names_of_facets(query, reaches))
    plan = _plan(query, terms)
    asked = facets_asked(query, plan, reaches)
    found = _Lookup(connection, terms, most).candidates(asked)
    facts = found.facts
    if asked.with_words:
        facts = facts[ranking.answering(found, query, plan, terms.numbers)[0]]
    categories = {
        number: name.removeprefix(CATEGORY)
        for name, (number, _) in beginning(connection, CATEGORY).items()
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
    """Asks one build, inside one transaction."""

    def __init__(self, connection: Connection, terms: Known, most: int) -> None:
        self._connection, self._known, self._most = connection, terms, most
        self._documents = f"{builds.of(connection)}.documents"

    def candidates(self, asked: Asked, first: Asked | None = None) -> Candidates:
        """What was asked for; when that is cut, ``first`` has precedence."""
        if first is not None and self._expected(asked) > self._most:
            leading = self._cut(first)
            if len(leading) >= self._most:
                return leading
            return leading.and_of(self._cut(asked), self._most)
        return self._cut(asked)

    def _cut(self, asked: Asked) -> Candidates:
        expected = self._expected(asked)
        if expected > self._most and asked.query.only_ids is None:
            for part in self._slices(asked, self._most * SLICE_MARGIN / expected):
                found = self._fetch(asked, part)
                if len(found) >= self._most:
                    return found
        return self._fetch(asked, None)

    def _expected(self, asked: Asked) -> float:
        """How many documents there may be, as if their keys had nothing to do with each other."""
        total = 0.0
        for arm in asked.arms:
            share = 1.0
            for keys in arm:
                held = sum(self._known.frequency(key) for key in keys)
                share *= min(1.0, held / max(1, self._known.documents))
            total += share * self._known.documents
        return total

    def _slices(self, asked: Asked, share: float) -> Iterator[_Slice]:
        """Larger and larger ones, each with about this share of all documents or more."""
        query, wanted = asked.query, share * self._known.documents
        if _is_near(query):
            yield from self._rings(query, wanted)
            return
        start = ENDS if query.sort == "ending" else WEEK
        found = beginning(self._connection, start)
        weeks = sorted(
            (int(name[len(start) :]), name, frequency)
            for name, (_, frequency) in found.items()
            if name != NEVER
        )
        keys: list[str] = []
        held = 0
        for _, name, frequency in weeks if start == ENDS else reversed(weeks):
            keys.append(name)
            held += frequency
            if held >= wanted and len(keys) < len(found):
                self._learn(found)
                yield _Slice(tuple(keys))
                wanted *= SLICE_GROWTH

    def _rings(self, query: Query, wanted: float) -> Iterator[_Slice]:
        assert query.origin is not None
        for km in RINGS_KM:
            wide = _around(query.origin, km)
            keys = places_wanted(Reach(*wide, online=False))
            self._learn(known(self._connection, keys).terms)
            if sum(self._known.frequency(key) for key in keys) >= wanted:
                yield _Slice(keys, km)
                wanted *= SLICE_GROWTH

    def _learn(self, terms: Mapping[str, tuple[int, int]]) -> None:
        self._known = replace(self._known, terms={**self._known.terms, **terms})

    def _fetch(self, asked: Asked, part: _Slice | None) -> Candidates:
        """The first ``most`` documents of a slice, or of all."""
        values: dict[str, Any] = {"most": self._most}
        arms = list(self._arms(asked, part, values))
        if not arms:
            return Candidates.of(None, None)
        conditions = [f"({' OR '.join(arms)})", *self._exclusions(asked.query, values)]
        chord = _chord(asked.query, values)
        if part is not None and part.km is not None:
            conditions.append(f"{chord} <= {part.km!r}::float8")
        order = "published DESC, id DESC"
        if asked.query.sort == "ending":
            order = f"expires, {order}"
        elif _is_near(asked.query):
            order = f"{chord} NULLS LAST, {order}"
        words = "string_agg(words, '')" if asked.with_words else "NULL"
        rows = builds.ask(
            self._connection,
            f"""SELECT string_agg(facts, ''), {words} FROM (
                    SELECT facts, words FROM {self._documents}
                    WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT %(most)s
                ) AS kept""",
            values,
        )
        return Candidates.of(*rows[0])

    def _arms(self, asked: Asked, part: _Slice | None, values: dict[str, Any]) -> Iterator[str]:
        """One intersection for each arm of which every part occurs."""
        for n, arm in enumerate(asked.arms):
            lists = [self._numbers(keys) for keys in (*arm, *([part.keys] if part else []))]
            if all(lists):
                single = sorted({one[0] for one in lists if len(one) == 1})
                several = [one for one in lists if len(one) > 1]
                held = []
                if single:
                    values[f"all{n}"] = single
                    held.append(f"keys @> %(all{n})s::int[]")
                for m, one in enumerate(several):
                    values[f"any{n}_{m}"] = one
                    held.append(f"keys && %(any{n}_{m})s::int[]")
                yield f"({' AND '.join(held) or 'true'})"

    def _numbers(self, keys: Sequence[str]) -> list[int]:
        return [number for key in keys if (number := self._known.number(key))]

    def _exclusions(self, query: Query, values: dict[str, Any]) -> Iterator[str]:
        values["now"] = query.now.timestamp()
        yield "expires > %(now)s::float8"
        if query.exclude_owners:
            values["owners"] = list(query.exclude_owners)
            yield "owner <> ALL (%(owners)s::bigint[])"
        if unwanted := self._numbers(sorted(query.excluded_terms)):
            values["unwanted"] = unwanted
            yield "NOT keys && %(unwanted)s::int[]"
        if query.only_ids is not None:
            values["only"] = list(query.only_ids)
            yield "id = ANY (%(only)s::bigint[])"
        if query.exclude_ids:
            values["ids"] = list(query.exclude_ids)
            yield "id <> ALL (%(ids)s::bigint[])"


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
