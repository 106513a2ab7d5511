"""The tables of a build on PostgreSQL, and how a document becomes a row."""

import math
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Double, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Document

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
