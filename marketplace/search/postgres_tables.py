"""The tables of a build on PostgreSQL, and how a document becomes a row.

What a document may be found by are its keys: the numbers of its words and of its facts, all in one
GIN index. Facts are told from words by the space in front, which no word has.
"""

import math
import struct
from collections.abc import Iterator, Mapping

import numpy as np
import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)
from sqlalchemy.dialects.postgresql import ARRAY

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Document
from marketplace.search.segments import DIRECTIONS, KINDS, PLACES, bits_of

COARSEST_REACH = 4  # resolution of the largest cells that a reach is put together from
DAY_SECONDS = 86_400

BUILD = MetaData(schema="build")  # stands for the schema of the build in use
DOCUMENTS = Table(
    "documents",
    BUILD,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("owner", BigInteger, nullable=False),
    Column("published", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("length", Double, nullable=False),
    *(Column(axis, Double) for axis in "xyz"),
    Column("keys", ARRAY(Integer), nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
)
TERMS = Table(
    "terms",
    BUILD,
    Column("term", sa.Text(collation="C"), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("frequency", BigInteger, nullable=False),
    # Changes seldom: an index on the frequency itself would be written with every document.
    Column("digits", Integer, sa.Computed("length(frequency::text)", persisted=True)),
)
SPELLINGS = Table(
    "spellings",
    BUILD,
    Column("term", sa.Text(collation="C"), primary_key=True),
    Column("letters", Integer, nullable=False),
    Column("shapes", ARRAY(sa.Text(collation="C")), nullable=False),
)
STATE = Table(
    "state",
    BUILD,
    Column("documents", BigInteger, nullable=False),
    Column("length", Double, nullable=False),
    Column("numbers", Integer, nullable=False),  # the last one that was given to a term
    Column("broken", Boolean, nullable=False),
    Column("replaced", Boolean, nullable=False),  # by a build that is committed with this
    Column("written", DateTime(timezone=True), nullable=False),
)
TABLES = (DOCUMENTS, TERMS, SPELLINGS, STATE)
AT_ONCE = {"fastupdate": "off"}  # every search would read through what is pending
INDEXES = (
    sa.Index(
        "documents_keys", DOCUMENTS.c["keys"], postgresql_using="gin", postgresql_with=AT_ONCE
    ),
    sa.Index("terms_number", TERMS.c.number, unique=True),
    sa.Index("terms_digits", TERMS.c.digits, TERMS.c.term),
    sa.Index(
        "spellings_shapes", SPELLINGS.c.shapes, postgresql_using="gin", postgresql_with=AT_ONCE
    ),
)
# The planner needs no sample of keys: there is one index for them. Members' words stay out of
# pg_stats. Rows of terms change with every document, so room for that is left on their pages.
SETTINGS = (
    *(
        f"ALTER TABLE {{build}}.documents ALTER COLUMN {column} SET STATISTICS 0"
        for column in ("keys", "facts", "words")
    ),
    "ALTER TABLE {build}.terms ALTER COLUMN term SET STATISTICS 0",
    "ALTER TABLE {build}.spellings ALTER COLUMN term SET STATISTICS 0",
    "ALTER TABLE {build}.spellings ALTER COLUMN shapes SET STATISTICS 0",
    "ALTER TABLE {build}.terms SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)",
    "ALTER TABLE {build}.documents SET (autovacuum_vacuum_scale_factor = 0.05)",
)

_FACTS = struct.Struct("<qqddddddIIBBBB4x")
FACTS = np.dtype(
    [
        *((name, "<i8") for name in ("id", "cell")),
        *((name, "<f8") for name in ("published", "expires", "length", "x", "y", "z")),
        *((name, "<u4") for name in ("category", "words")),
        *((name, "u1") for name in ("direction", "kind", "terms", "place")),
        ("padding", "V4"),
    ]
)
# Rows in the order of their cells: H3 numbers neighbours alike (the cell is the second field).
BY_PLACE = ", ".join(f"get_byte(facts, {byte})" for byte in range(15, 7, -1))
WORDS = np.dtype([("number", "<u4"), ("sixteenths", "<u4")])
NO_CELL = 0
CATEGORY, DAY, ENDS = " category ", " day ", " ends "
NEVER = f"{ENDS}never"


def facts_of(document: Document) -> Iterator[str]:
    """What filters ask for; places also together with the kind, and with direction and kind,
    which spares PostgreSQL an intersection. A place is *at* its cell, and *in* that and all those
    around it."""
    kind, both = f" kind {document.kind}", f" {document.direction} {document.kind}"
    yield f" direction {document.direction}"
    yield kind
    yield both
    yield CATEGORY + document.category
    yield from (f" terms {one}" for one in document.terms)
    for place in _places(document):
        yield place
        yield place + kind
        yield place + both
    yield DAY + str(day_of(document.published_at.timestamp()))
    expires = document.expires_at
    yield NEVER if expires is None else ENDS + str(day_of(expires.timestamp()))


def _places(document: Document) -> Iterator[str]:
    if document.place_kind == "online":
        yield " online"
    elif document.cell is not None:
        yield f" at {document.cell}"
        own = cells.resolution_of(document.cell)
        for resolution in range(COARSEST_REACH, own + 1):
            yield f" in {cells.ancestor(document.cell, resolution)}"


def day_of(seconds: float) -> int:
    return int(seconds // DAY_SECONDS)


def line_of(document: Document, facts: list[str], numbers: Mapping[str, int]) -> str:
    """A document as a line of COPY, for the columns of DOCUMENTS in their order."""
    expires = math.inf if document.expires_at is None else document.expires_at.timestamp()
    published, length = document.published_at.timestamp(), float(sum(document.words.values()))
    x, y, z = (math.nan,) * 3 if document.cell is None else scoring.unit_vector(document.cell)
    packed = _FACTS.pack(
        *(document.id, document.cell or NO_CELL),
        *(published, expires, length, x, y, z),
        *(numbers[CATEGORY + document.category], len(document.words)),
        *(DIRECTIONS.index(document.direction), KINDS.index(document.kind)),
        *(bits_of(document.terms), PLACES.index(document.place_kind)),
    )
    words = [n for word, w in document.words.items() for n in (numbers[word], round(w * 16))]
    keys = ",".join(str(numbers[key]) for key in (*document.words, *facts))
    axes = [r"\N" if document.cell is None else repr(axis) for axis in (x, y, z)]
    columns = (
        *(document.id, document.revision, document.owner_id),
        *(repr(published), repr(expires), repr(length), *axes),
        f"{{{keys}}}",
        rf"\\x{packed.hex()}",
        rf"\\x{struct.pack(f'<{len(words)}I', *words).hex()}",
    )
    return "\t".join(map(str, columns)) + "\n"
