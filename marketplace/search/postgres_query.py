"""The tables of a build on PostgreSQL, and a question as one SQL statement over them.

A document passes when its facts and terms meet those of the question: one intersection inside one
GIN index. What is left is ranked by ``scoring`` applied to columns. Only + - * / and sqrt are
calculated in SQL, each on doubles, so that scores are the reference's to the last bit.
"""

import math
from collections.abc import Collection, Iterator
from functools import reduce
from operator import add
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    Column,
    ColumnElement,
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

Expression = Any  # of SQL; ``scoring`` takes it for a number


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
    known = select(pairs).where(TERMS.c.term.in_(terms)).scalar_subquery()
    row = connection.execute(select(STATE.c.documents, STATE.c.length, known)).one_or_none()
    if row is None:
        raise IndexUnusable("the index has lost its state")
    documents, length, found = row
    frequencies = dict.fromkeys(terms, 0) | (found or {})
    return CorpusStats(documents, length / documents if documents else 0.0, frequencies)


def results(connection: Connection, query: Query, plan: scoring.Plan) -> Results:
    """The page of hits in the build that ``connection`` means."""
    scored = _scored(query, _gained(query, plan), plan)
    order = {
        "best": (scored.c.score.desc(),),
        "nearest": (scored.c.chord.asc().nulls_last(), scored.c.published.desc()),
        "newest": (scored.c.published.desc(),),
    }[query.sort]
    page = (
        select(scored)
        .order_by(*order, scored.c.id.desc())
        .limit(query.limit)
        .offset(query.offset)
        .subquery()
    )
    count = select(func.count().label("total")).select_from(scored).subquery()
    rows = connection.execute(
        select(count.c.total, page).select_from(count.outerjoin(page, sa.true()))
    ).all()
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


def _passing(query: Query) -> sa.CTE:
    """What passes the filters and holds any word, with the weight of each word asked for."""
    terms = sorted(scoring.terms_of(query.groups))
    weights = [_d.words[term].astext.cast(Double).label(f"w{n}") for n, term in enumerate(terms)]
    chosen = select(_d.id, _d.published, _d.length, _d.x, _d.y, _d.z, *weights)
    if query.groups:
        chosen = chosen.where(_d.terms.overlap(terms))
    return _once(chosen.where(*_filters(query)), "passing")


def _filters(query: Query) -> Iterator[ColumnElement[bool]]:
    """An overlap with nothing lets nothing through."""
    yield _d.expires > query.now.timestamp()
    if query.direction is not None:
        yield _d.facts.contains([f"direction {query.direction}"])
    for name, wanted in (
        ("kind", query.kinds),
        ("category", query.categories),
        ("terms", query.terms),
    ):
        if wanted is not None:
            yield _d.facts.overlap([f"{name} {one}" for one in sorted(wanted)])
    if query.reach is not None:
        yield _d.facts.overlap(sorted(_reached(query.reach)))
    if query.exclude_owners:
        yield _d.owner.not_in(query.exclude_owners)
    if query.exclude_ids:
        yield _d.id.not_in(query.exclude_ids)


def _reached(reach: Reach) -> Iterator[str]:
    if reach.online:
        yield "online"
    if reach.cells:
        yield from (f"in {cell}" for cell in reach.cells)
        for coarser in cells.coarser(cells.Cover(reach.resolution, reach.cells)).values():
            yield from (f"at {cell}" for cell in coarser)


def _gained(query: Query, plan: scoring.Plan) -> sa.CTE:
    """What each group of words gives, as columns g0, g1 ..."""
    passing = _passing(query)
    terms = sorted(scoring.terms_of(query.groups))
    held: dict[str, Expression] = {term: passing.c[f"w{n}"] for n, term in enumerate(terms)}
    gains = []
    for n, group in enumerate(plan.groups):
        given: list[Expression] = [
            weight * scoring.score(held[term], passing.c.length, stats, query.weights)
            for term, weight, stats in group.alternatives
        ]
        gains.append(func.greatest(*given, sa.literal(0.0, Double), type_=Double).label(f"g{n}"))
    facts = (passing.c[name] for name in ("id", "published", "x", "y", "z"))
    return _once(select(*facts, *gains), "gained")


def _scored(query: Query, gained: sa.CTE, plan: scoring.Plan) -> sa.CTE:
    """Id, score, chord and publishing of what answers the words."""
    gains: list[Expression] = [gained.c[f"g{n}"] for n in range(len(plan.groups))]
    total = reduce(add, gains, sa.literal(0.0, Double))
    chord = _chord(query, gained)
    near: Expression = func.coalesce(
        scoring.nearness(chord), scoring.NEUTRAL_NEARNESS, type_=Double
    )
    age: Expression = func.greatest(0.0, query.now.timestamp() - gained.c.published, type_=Double)
    words = total / plan.ceiling if gains else total
    score = scoring.best(words, near, scoring.freshness(age), query.weights)
    chosen = select(gained.c.id, gained.c.published, chord.label("chord"), score.label("score"))
    if gains:
        chosen = chosen.where(total > 0.0)
    if gains and scoring.needs_share(query):
        held = reduce(
            add,
            (
                sa.case((gain > 0.0, sa.literal(group.ceiling, Double)), else_=0.0)
                for gain, group in zip(gains, plan.groups, strict=True)
            ),
            sa.literal(0.0, Double),
        )
        chosen = chosen.where(held >= scoring.NEEDED_SHARE * plan.ceiling)
    return _once(chosen, "scored")


def _chord(query: Query, gained: sa.CTE) -> Expression:
    """Kilometres through the earth; NULL without an origin or a cell."""
    if query.origin is None:
        return sa.null().cast(Double)
    x, y, z = scoring.unit_vector(query.origin)
    dx: Expression = gained.c.x - x
    dy: Expression = gained.c.y - y
    dz: Expression = gained.c.z - z
    return scoring.EARTH_KM * func.sqrt(scoring.squared_chord(dx, dy, dz), type_=Double)


def _once(chosen: Any, name: str) -> sa.CTE:
    """Calculated once, however often it is mentioned."""
    return chosen.cte(name).prefix_with("MATERIALIZED")
