"""The tables of a build on PostgreSQL, and a question as one SQL statement over them.

A document passes when its facts and terms meet those of the question: one intersection inside one
GIN index. What is left is ranked by ``scoring``, which calculates with pieces of SQL. Only + - * /
and sqrt are calculated in SQL, each on doubles: scores are the reference's to the last bit.
"""

import math
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache, reduce
from operator import add
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    Column,
    Connection,
    Double,
    MetaData,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from marketplace.places import cells
from marketplace.search import postgres_builds as builds
from marketplace.search import scoring
from marketplace.search.port import CorpusStats, Document, Hit, IndexUnusable, Query, Reach, Results

BUILD = MetaData(schema="build")  # stands for the schema of the build in use
DOCUMENTS = Table(
    "documents",
    BUILD,
    Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("revision", sa.BigInteger, nullable=False),
    Column("owner", sa.BigInteger, nullable=False),
    Column("published", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("length", Double, nullable=False),
    *(Column(axis, Double) for axis in "xyz"),
    Column("facts", ARRAY(Text), nullable=False),
    Column("terms", ARRAY(Text), nullable=False),
    Column("words", JSONB, nullable=False),
)
TERMS = Table(
    "terms",
    BUILD,
    Column("term", Text, primary_key=True),
    Column("frequency", sa.BigInteger, nullable=False),
)
STATE = Table(
    "state",
    BUILD,
    Column("documents", sa.BigInteger, nullable=False),
    Column("length", Double, nullable=False),
    Column("broken", sa.Boolean, nullable=False),
)
_d = DOCUMENTS.c
LOOKUP = sa.Index(
    "documents_lookup",
    _d.terms,
    _d.facts,
    postgresql_using="gin",
    postgresql_with={"fastupdate": "off"},  # every search would read through what is pending
)


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


def row_of(document: Document) -> dict[str, Any]:
    """A document as a row of DOCUMENTS."""
    expires, cell = document.expires_at, document.cell
    vector = (None, None, None) if cell is None else scoring.unit_vector(cell)
    return {
        "id": document.id,
        "revision": document.revision,
        "owner": document.owner_id,
        "published": document.published_at.timestamp(),
        "expires": math.inf if expires is None else expires.timestamp(),
        "length": float(sum(document.words.values())),
        **dict(zip("xyz", vector, strict=True)),
        "facts": list(_facts(document)),
        "terms": list(document.words),
        "words": dict(document.words),
    }


def _facts(document: Document) -> Iterator[str]:
    """What filters ask for. A place is *at* its cell, and *in* that and all those around it."""
    yield f"direction {document.direction}"
    yield f"kind {document.kind}"
    yield f"category {document.category}"
    yield from (f"terms {one}" for one in document.terms)
    if document.place_kind == "online":
        yield "online"
    elif document.cell is not None:
        yield f"at {document.cell}"
        own = cells.resolution_of(document.cell)
        yield from (f"in {cells.ancestor(document.cell, r)}" for r in range(own + 1))


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
    }[query.sort]
    statement = f"""
        WITH passing AS MATERIALIZED ({_passing(connection, query, values)}),
             gained AS MATERIALIZED ({_gained(query, plan)}),
             scored AS MATERIALIZED ({_scored(query, plan)})
        SELECT counted.total, page.id, page.score, page.chord, page.published
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
        )
        for row in rows
        if row.id is not None
    ]
    hits.sort(key=lambda hit: scoring.sort_key(query.sort, hit))
    return Results(tuple(hits), rows[0].total)


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
        f"SELECT id, published, length, x, y, z{''.join(weights)} "
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
    return f"SELECT id, published, x, y, z{''.join(gains)} FROM passing"


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
    if gains and scoring.needs_share(query):
        held = reduce(
            add,
            (
                Number(f"(CASE WHEN {gain} > 0 THEN {_double(group.ceiling)} ELSE 0 END)")
                for gain, group in zip(gains, plan.groups, strict=True)
            ),
            zero,
        )
        conditions.append(f"{held} >= {_double(scoring.NEEDED_SHARE * plan.ceiling)}")
    return (
        f"SELECT id, published, {chord} AS chord, {score} AS score "
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
