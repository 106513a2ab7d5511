"""Documents and queries for the tests of the engines: by hand, and random."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from marketplace.places import cells
from marketplace.search.analysis import document_terms, query_groups
from marketplace.search.port import Document, Query, Reach

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DEPOK = cells.snap(-6.40, 106.82)
DEPOK_3_KM = cells.snap(-6.40, 106.847)  # about 3 km east
BOGOR = cells.snap(-6.60, 106.80)
KUPANG = cells.snap(-10.17, 123.61)


def document(id: int, title: str = "sewing machine", **given: Any) -> Document:
    """An offer of a gift in Depok, published an hour ago; ``given`` overrides."""
    facts: dict[str, Any] = {
        "revision": 1,
        "owner_id": 1,
        "direction": "offer",
        "kind": "goods",
        "category": "tools",
        "terms": frozenset({"gift"}),
        "words": document_terms(title, given.pop("description", ""), "id"),
        "place_kind": "cell",
        "cell": DEPOK,
        "published_at": NOW - timedelta(hours=1),
    }
    return Document(id=id, **(facts | given))


def query(text: str = "", **given: Any) -> Query:
    return Query(**({"now": NOW, "groups": query_groups(text)} | given))


def reach(cell: int, radius_km: float, online: bool = True) -> Reach:
    return Reach(*cells.cover(cell, radius_km), online)


# Random ones: few words, places and owners, so that they meet; scores that often tie.
_WORDS = ("mesin", "jahit", "~jahit", "meja", "kursi", "sepeda", "~sepeda", "buku")
_CELLS = (
    DEPOK,
    DEPOK_3_KM,
    BOGOR,
    cells.ancestor(DEPOK, 7),
    cells.ancestor(BOGOR, 6),
    cells.ancestor(KUPANG, 5),
)
_words = st.dictionaries(
    st.sampled_from(_WORDS), st.integers(1, 64).map(lambda n: n / 16), max_size=6
)
_categories = st.sampled_from(("tools", "books", "", "furniture"))
_terms = st.frozensets(st.sampled_from(("gift", "loan", "swap")))
_kinds = st.sampled_from(("goods", "skill", "mentoring"))
_instants = st.integers(-60 * 24, 3 * 24).map(lambda hours: NOW + timedelta(hours=hours))


@st.composite
def documents(draw: st.DrawFn, id: int | None = None) -> Document:
    cell = draw(st.sampled_from((None, *_CELLS)))
    online = cell is None and draw(st.booleans())
    return Document(
        id=id or draw(st.integers(1, 30)),
        revision=draw(st.integers(1, 5)),
        owner_id=draw(st.integers(1, 4)),
        direction=draw(st.sampled_from(("offer", "request"))),
        kind=draw(_kinds),
        category=draw(_categories),
        terms=draw(_terms),
        words=draw(_words),
        place_kind="cell" if cell else "online" if online else "unknown",
        cell=cell,
        published_at=draw(_instants),
        expires_at=draw(st.none() | _instants),
    )


_groups = st.lists(
    st.lists(
        st.tuples(st.sampled_from((*_WORDS, "never")), st.sampled_from((1.0, 0.7, 0.3))),
        min_size=1,
        max_size=3,
    ).map(tuple),
    max_size=4,
).map(tuple)
reaches = st.builds(
    lambda cell, km, online: reach(cell, km, online),
    st.sampled_from(_CELLS),
    st.sampled_from((1.0, 5.0, 20.0, 60.0, 200.0)),
    st.booleans(),
)
queries = st.builds(
    Query,
    now=st.just(NOW),
    groups=_groups,
    direction=st.none() | st.sampled_from(("offer", "request")),
    kinds=st.none() | st.frozensets(_kinds),
    categories=st.none() | st.frozensets(_categories),
    terms=st.none() | _terms,
    reach=st.none() | reaches,
    origin=st.none() | st.sampled_from(_CELLS),
    needed=st.none() | st.sampled_from((0.0, 0.4, 0.66, 1.0)),
    excluded_terms=st.frozensets(st.sampled_from(_WORDS), max_size=1),
    only_ids=st.none() | st.frozensets(st.integers(1, 30)),
    exclude_owners=st.frozensets(st.integers(1, 4), max_size=2),
    exclude_ids=st.frozensets(st.integers(1, 30), max_size=4),
    sort=st.sampled_from(("best", "nearest", "newest", "ending")),
    offset=st.integers(0, 5),
    limit=st.integers(0, 8),
)
