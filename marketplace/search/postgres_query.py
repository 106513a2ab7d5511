"""A question as one SQL statement over the tables of a build on PostgreSQL.

A document passes when its facts and terms meet those of the question: one intersection inside one
GIN index. What is left is ranked by ``scoring``, which calculates with pieces of SQL. Only + - * /
and sqrt are calculated in SQL, each on doubles: scores are the reference's to the last bit.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, reduce
from operator import add
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    Connection,
    Text,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from marketplace.places import cells
from marketplace.search import postgres_builds as builds
from marketplace.search import scoring
from marketplace.search.port import (
    CorpusStats,
    Facets,
    Hit,
    IndexUnusable,
    Query,
    Reach,
    Results,
)
from marketplace.search.postgres_tables import STATE, TERMS


class Number:
    """A piece of SQL that ``scoring`` calculates with; brackets keep its order of steps.

    Written out as text, because a question may name a hundred terms: as objects of SQLAlchemy
    they took ten times as long to put together as PostgreSQL takes to answer.
    """

    __slots__ = ("sql",)

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def __str__(self) -> str:
        return self.sql

    def __add__(self, other: Any) -> "Number":
        return Number(f"({self} + {_double(other)})")

    def __radd__(self, other: Any) -> "Number":
        return Number(f"({_double(other)} + {self})")

    def __sub__(self, other: Any) -> "Number":
        return Number(f"({self} - {_double(other)})")

    def __mul__(self, other: Any) -> "Number":
        return Number(f"({self} * {_double(other)})")

    def __rmul__(self, other: Any) -> "Number":
        return Number(f"({_double(other)} * {self})")

    def __truediv__(self, other: Any) -> "Number":
        return Number(f"({self} / {_double(other)})")

    def __rtruediv__(self, other: Any) -> "Number":
        return Number(f"({_double(other)} / {self})")


def _double(value: Any) -> str:
    """A number in SQL, to the last bit."""
    return value.sql if isinstance(value, Number) else f"'{float(value)!r}'::float8"


def corpus_stats(connection: Connection, terms: Collection[str]) -> CorpusStats:
    """Of the build that ``connection`` means."""
    pairs = func.jsonb_object_agg(TERMS.c.term, TERMS.c.frequency)
    asked = sa.any_(sa.literal(list(terms), ARRAY(Text)))
    known = select(pairs).where(TERMS.c.term == asked).scalar_subquery()
    row = connection.execute(select(STATE.c.documents, STATE.c.length, known)).one_or_none()
    if row is None:
        raise IndexUnusable("the index has lost its state")
    documents, length, found = row
    frequencies = dict.fromkeys(terms, 0) | (found or {})
    return CorpusStats(documents, length / documents if documents else 0.0, frequencies)


def results(connection: Connection, query: Query, plan: scoring.Plan) -> Results:
    """The page of hits in the build that ``connection`` means."""
    values: dict[str, Any] = {"limit": query.limit, "offset": query.offset}
    order = {
        "best": "score DESC",
        "nearest": "chord ASC NULLS LAST, published DESC",
        "newest": "published DESC",
        "ending": "expires ASC, published DESC",
    }[query.sort]
    statement = f"""
        WITH passing AS MATERIALIZED ({_passing(connection, query, values)}),
             gained AS MATERIALIZED ({_gained(query, plan)}),
             scored AS MATERIALIZED ({_scored(query, plan)})
        SELECT counted.total, page.id, page.score, page.chord, page.published,
               page.expires
        FROM (SELECT count(*) AS total FROM scored) AS counted
        LEFT JOIN (
            SELECT * FROM scored ORDER BY {order}, id DESC LIMIT %(limit)s OFFSET %(offset)s
        ) AS page ON true"""
    rows = connection.exec_driver_sql(statement, values).all()
    hits = [
        Hit(
            row.id,
            row.score,
            None if row.chord is None else scoring.ground_km(row.chord),
            row.published,
            row.expires,
        )
        for row in rows
        if row.id is not None
    ]
    hits.sort(key=lambda hit: scoring.sort_key(query.sort, hit))
    return Results(tuple(hits), rows[0].total)


def facets(
    connection: Connection, query: Query, plan: scoring.Plan, reaches: Sequence[Reach]
) -> Facets:
    """The facets of a query: one statement for the filters that are off, one for each other."""

    def counted(**without: Any) -> Counter[str]:
        asked, values = replace(query, **without), dict[str, Any]()
        statement = f"""
            WITH passing AS MATERIALIZED ({_passing(connection, asked, values)}),
                 gained AS MATERIALIZED ({_gained(asked, plan)}),
                 scored AS MATERIALIZED ({_scored(asked, plan)})
            SELECT fact, count(*) AS number FROM scored, unnest(facts) AS fact GROUP BY fact"""
        rows = connection.exec_driver_sql(statement, values)
        return Counter({row.fact: row.number for row in rows})

    def within(reach: Reach) -> int:
        asked, values = replace(query, reach=reach), dict[str, Any]()
        statement = f"""
            WITH passing AS MATERIALIZED ({_passing(connection, asked, values)}),
                 gained AS MATERIALIZED ({_gained(asked, plan)}),
                 scored AS MATERIALIZED ({_scored(asked, plan)})
            SELECT count(*) FROM scored"""
        return int(connection.exec_driver_sql(statement, values).scalar_one())

    everything = counted()

    def choices(name: str, given: object, **without: Any) -> Counter[str]:
        counts = everything if given is None else counted(**without)
        start = f"{name} "
        return Counter(
            {fact[len(start) :]: n for fact, n in counts.items() if fact.startswith(start)}
        )

    return Facets(
        directions=choices("direction", query.direction, direction=None),
        kinds=choices("kind", query.kinds, kinds=None),
        categories=choices("category", query.categories, categories=None),
        terms=choices("terms", query.terms, terms=None),
        within=tuple(map(within, reaches)),
    )


def _passing(connection: Connection, query: Query, values: dict[str, Any]) -> str:
    """What passes the filters and holds any word, with the weight of each word asked for."""
    terms = sorted(scoring.terms_of(query.groups))
    weights = [f", (words ->> %(t{n})s::text)::float8 AS w{n}" for n in range(len(terms))]
    values |= {f"t{n}": term for n, term in enumerate(terms)}
    conditions = list(_filters(query, values))
    if query.groups:
        values["asked"] = terms
        conditions.append("terms && %(asked)s::text[]")
    return (
        f"SELECT id, published, expires, facts, length, x, y, z{''.join(weights)} "
        f"FROM {builds.of(connection)}.documents WHERE {' AND '.join(conditions)}"
    )


def _filters(query: Query, values: dict[str, Any]) -> Iterator[str]:
    """An overlap with nothing lets nothing through."""
    values["now"] = query.now.timestamp()
    yield "expires > %(now)s::float8"
    facts: dict[str, Iterable[str] | None] = {
        "direction": query.direction and [query.direction],
        "kind": query.kinds,
        "category": query.categories,
        "terms": query.terms,
    }
    for name, wanted in facts.items():
        if wanted is not None:
            values[name] = [f"{name} {one}" for one in sorted(wanted)]
            yield f"facts && %({name})s::text[]"
    if query.reach is not None:
        values["reached"] = _reached(query.reach)
        yield "facts && %(reached)s::text[]"
    if query.exclude_owners:
        values["owners"] = list(query.exclude_owners)
        yield "owner <> ALL (%(owners)s::bigint[])"
    if query.excluded_terms:
        values["unwanted"] = sorted(query.excluded_terms)
        yield "NOT terms && %(unwanted)s::text[]"
    if query.only_ids is not None:
        values["only"] = list(query.only_ids)
        yield "id = ANY (%(only)s::bigint[])"
    if query.exclude_ids:
        values["ids"] = list(query.exclude_ids)
        yield "id <> ALL (%(ids)s::bigint[])"


@lru_cache(maxsize=64)
def _reached(reach: Reach) -> list[str]:
    found = ["online"] if reach.online else []
    if reach.cells:
        found += [f"in {cell}" for cell in reach.cells]
        for coarser in cells.coarser(cells.Cover(reach.resolution, reach.cells)).values():
            found += [f"at {cell}" for cell in coarser]
    return found


def _gained(query: Query, plan: scoring.Plan) -> str:
    """What each group of words gives, as columns g0, g1 ..."""
    terms = sorted(scoring.terms_of(query.groups))
    held: dict[str, Any] = {term: Number(f"w{n}") for n, term in enumerate(terms)}
    length: Any = Number("length")
    gains = []
    for n, group in enumerate(plan.groups):
        given = [
            str(weight * scoring.score(held[term], length, stats, query.weights))
            for term, weight, stats in group.alternatives
        ]
        gains.append(f", greatest({', '.join([*given, _double(0)])}) AS g{n}")
        holding = [f"w{terms.index(term)} > 0" for term in sorted(group.holding)]
        gains.append(f", coalesce({' OR '.join(holding) or 'false'}, false) AS h{n}")
    return f"SELECT id, published, expires, facts, x, y, z{''.join(gains)} FROM passing"


def _scored(query: Query, plan: scoring.Plan) -> str:
    """Id, score, chord and publishing of what answers the words."""
    gains: list[Any] = [Number(f"g{n}") for n in range(len(plan.groups))]
    zero: Any = Number(_double(0))
    total, chord = reduce(add, gains, zero), _chord(query)
    near: Any = Number(f"coalesce({scoring.nearness(chord)}, {scoring.NEUTRAL_NEARNESS!r})")
    age: Any = Number(f"greatest({_double(0)}, {_double(query.now.timestamp())} - published)")
    words = total / plan.ceiling if gains else total
    score = scoring.best(words, near, scoring.freshness(age), query.weights)
    conditions = ["true"]
    if gains:
        conditions.append(f"{total} > 0")
    if gains and (needed := scoring.needed_share(query)):
        held = reduce(
            add,
            (
                Number(f"(CASE WHEN h{n} THEN {_double(group.ceiling)} ELSE 0 END)")
                for n, group in enumerate(plan.groups)
            ),
            zero,
        )
        conditions.append(f"{held} >= {_double(needed * plan.ceiling)}")
    return (
        f"SELECT id, published, expires, facts, {chord} AS chord, {score} AS score "
        f"FROM gained WHERE {' AND '.join(conditions)}"
    )


def _chord(query: Query) -> Any:
    """Kilometres through the earth; NULL without an origin or a cell."""
    if query.origin is None:
        return Number("NULL::float8")
    away: Any = (
        Number(axis) - at for axis, at in zip("xyz", scoring.unit_vector(query.origin), strict=True)
    )
    return scoring.EARTH_KM * Number(f"sqrt({scoring.squared_chord(*away)})")
