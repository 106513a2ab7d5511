"""Whether a post fits a standing search, by which keys it is found, and when it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.places import cells
from marketplace.search import memory_index, standing
from marketplace.search.analysis import document_terms
from marketplace.search.port import CorpusStats, Document, Query
from marketplace.search.scoring import terms_of
from marketplace.search.standing import Standing, fits, keys, keys_of, next_telling
from tests.factories import BOGOR, DEPOK, NEAR_DEPOK

NOW = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)  # a Thursday, noon in Jakarta
HOME = cells.snap(*DEPOK)
ZONE = "Asia/Jakarta"


def post(title: str, description: str = "", **values: Any) -> tuple[Document, str, str]:
    usual: dict[str, Any] = {
        "id": 1, "revision": 1, "owner_id": 1, "direction": "offer", "kind": "goods",
        "terms": frozenset({"gift"}), "place_kind": "cell", "cell": cells.snap(*NEAR_DEPOK),
        "published_at": NOW, "words": document_terms(title, description, "id"),
    }  # fmt: skip
    return Document(**usual | values), title, description


def found(what: Standing, some: tuple[Document, str, str], home: int | None = HOME) -> bool:
    """Whether it fits; whenever it does, its keys must lead from the post to the search."""
    yes = fits(what, home, *some)
    if yes:
        for rarest in range(3):
            assert keys(what, home, rarest) & set(keys_of(some[0]))
    return yes


@pytest.mark.parametrize(
    ("text", "title", "description", "expected"),
    [
        ("mesin jahit", "Mesin jahit Singer", "", True),
        ("mesin jahit", "Mesin cuci", "", False),
        ("terpal biru", "Terpal", "", False),  # every word, also one that nothing holds yet
        ("terpal biru", "Terpal", "warna biru", True),
        ("sewing machine", "Mesin jahit", "", True),  # what it means, in the other language
        ("mesin jahit", "Benang jahit", "", False),  # not what only goes with it
        ("les matematika", "Kalkulator", "", False),
        ('"meja makan"', "Meja makan kayu", "", True),
        ('"meja makan"', "Makan di meja", "", False),
        ("sepeda -anak", "Sepeda anak", "", False),
        ("sepeda -anak", "Sepeda gunung", "", True),
        ('sepeda -"roda tiga"', "Sepeda roda tiga", "", False),
        ('sepeda -"roda tiga"', "Sepeda roda dua", "isi tiga roda cadangan", True),
        ("", "Apa saja", "", True),
    ],
)
def test_every_word_is_held_and_none_that_is_not_wanted(
    text: str, title: str, description: str, expected: bool
) -> None:
    assert found(Standing(text=text), post(title, description)) is expected


@pytest.mark.parametrize(
    ("what", "values", "expected"),
    [
        (Standing(direction="request"), {}, False),
        (Standing(direction="offer"), {}, True),
        (Standing(kinds=("skill", "goods")), {}, True),
        (Standing(kinds=("skill",)), {}, False),
        (Standing(terms=("loan",)), {}, False),
        (Standing(terms=("gift", "loan")), {}, True),
        (Standing(category="kitchen"), {"category": "home"}, False),
        (Standing(radius_km=5.0), {}, True),
        (Standing(radius_km=5.0), {"cell": cells.snap(*BOGOR)}, False),
        (Standing(radius_km=5.0, cell=cells.snap(*BOGOR)), {"cell": cells.snap(*BOGOR)}, True),
        (Standing(radius_km=100.0), {"cell": cells.snap(*BOGOR)}, True),
        (Standing(radius_km=5.0), {"place_kind": "online", "cell": None}, True),
        (Standing(radius_km=5.0, online=False), {"place_kind": "online", "cell": None}, False),
        (Standing(radius_km=5.0), {"place_kind": "unknown", "cell": None}, False),
        (Standing(radius_km=5.0), {"cell": cells.ancestor(HOME, 5)}, True),
    ],
)
def test_every_filter_counts(what: Standing, values: dict[str, Any], expected: bool) -> None:
    assert found(what, post("Mesin jahit", **values)) is expected


def test_around_a_home_that_is_not_known_only_what_needs_no_place_fits() -> None:
    what = Standing(radius_km=5.0)
    assert not found(what, post("Mesin jahit"), None)
    assert found(what, post("Les", place_kind="online", cell=None), None)


def test_a_category_stands_for_those_below_it() -> None:
    from marketplace.listings import categories

    parent = categories.parents()[0]
    child = categories.children(parent.slug)[0].slug
    assert found(Standing(category=parent.slug), post("x y z", category=child))


WORDS = st.sampled_from(["mesin", "jahit", "sepeda", "anak", "guru", "ngaji", "magic", "com"])
TEXTS = st.lists(WORDS, max_size=4).map(" ".join)


@given(
    what=st.builds(
        Standing,
        text=TEXTS,
        direction=st.sampled_from(["", "offer", "request"]),
        radius_km=st.sampled_from([None, 1.0, 5.0, 30.0, 200.0]),
        cell=st.sampled_from([None, cells.snap(*BOGOR), cells.ancestor(HOME, 6)]),
    ),
    title=TEXTS,
    near=st.sampled_from([DEPOK, NEAR_DEPOK, BOGOR]),
    resolution=st.integers(5, 8),
)
def test_no_post_that_fits_lacks_the_key_by_which_it_is_found(
    what: Standing, title: str, near: tuple[float, float], resolution: int
) -> None:
    found(what, post(title, cell=cells.ancestor(cells.snap(*near), resolution)))


@given(text=TEXTS, title=TEXTS, description=TEXTS)
def test_it_decides_as_a_search_does_when_every_word_counts(
    text: str, title: str, description: str
) -> None:
    document, *texts = post(title, description)
    groups = standing.understood(text).groups
    query = Query(now=NOW, groups=groups, needed=1.0)
    stats = CorpusStats(1, 1.0, dict.fromkeys(terms_of(groups), 1))
    expected = bool(memory_index.rank([document], query, stats))
    assert fits(Standing(text=text), HOME, document, *texts) is expected


def test_searches_that_mean_the_same_have_one_fingerprint() -> None:
    what = Standing(text="Mesin  Jahit", kinds=("goods", "skill"), radius_km=5.0, cell=HOME)
    same = replace(what, text="mesin jahit", kinds=("skill", "goods"))
    assert what.fingerprint() == same.fingerprint()
    for other in (
        replace(what, text="mesin"),
        replace(what, direction="offer"),
        replace(what, radius_km=10.0),
        replace(what, cell=None),
        replace(what, category="kitchen"),
    ):
        assert other.fingerprint() != what.fingerprint()
    nowhere = replace(what, radius_km=None)
    assert nowhere.fingerprint() == replace(nowhere, cell=None).fingerprint()


@pytest.mark.parametrize(
    ("how_often", "told_at", "expected"),
    [
        ("at_once", None, NOW + standing.GATHERED),
        ("at_once", NOW - timedelta(minutes=10), NOW + timedelta(minutes=20)),
        ("at_once", NOW - timedelta(hours=2), NOW + standing.GATHERED),
        ("daily", None, datetime(2026, 11, 27, 0, 0, tzinfo=UTC)),  # 7:00 in Jakarta
        ("weekly", None, datetime(2026, 11, 28, 0, 0, tzinfo=UTC)),  # Saturday
        ("never", None, None),
    ],
)
def test_when_it_is_told(how_often: str, told_at: datetime | None, expected: object) -> None:
    assert next_telling(how_often, NOW, told_at, zone=ZONE, hour=7) == expected


def test_at_the_hour_itself_it_is_the_next_day_and_week() -> None:
    seven = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)
    assert next_telling("daily", seven, None, zone=ZONE, hour=7) == seven + timedelta(days=1)
    assert next_telling("weekly", seven, None, zone=ZONE, hour=7) == seven + timedelta(days=7)
