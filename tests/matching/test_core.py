"""The pure core of matching: gates, parts, order, reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.accounts.reputation import NEUTRAL_SCORE
from marketplace.matching.columns import Columns
from marketplace.matching.core import (
    MIN_SCORE,
    PRACTICAL_WEIGHTS,
    RELEVANCE_WEIGHTS,
    combine,
    grains,
    judge,
    measure,
    rank,
)
from marketplace.matching.parts import QUANTITY_UNSAID
from marketplace.matching.said import Codes
from marketplace.matching.sides import (
    PART_NAMES,
    RELIABILITY_NEUTRAL,
    Parts,
    Refused,
    Scored,
    Side,
    WordStats,
)
from marketplace.search.analysis import document_terms

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
DEPOK = (-6.39, 106.83)
STATS = WordStats(400, {"buku": 60, "mesin": 40, "jahit": 12, "sepeda": 20, "anak": 90})


def cell_at(km_east: float = 0.0, resolution: int = 8) -> int:
    latitude, longitude = DEPOK
    return int(h3.latlng_to_cell(latitude, longitude + km_east / 110.6, resolution), 16)


def offer(**changes: object) -> Side:
    values: dict[str, object] = {
        "id": 1,
        "owner_id": 10,
        "direction": "offer",
        "category": "machines",
        "category_parent": "tools-farm",
        "terms": frozenset({"gift", "loan"}),
        "words": {"mesin": 2.0, "jahit": 2.0, "singer": 1.0},
        "place_kind": "cell",
        "cell": cell_at(),
        "cell_resolution": 8,
        "published_at": NOW - timedelta(days=1),
    }
    return Side(**(values | changes))  # type: ignore[arg-type]


def need(**changes: object) -> Side:
    values: dict[str, object] = {"id": 2, "owner_id": 20, "direction": "request"}
    return offer(**(values | {"words": {"mesin": 2.0, "jahit": 2.0}} | changes))


def outcome(one: Side, other: Side) -> str:
    found = judge(one, other, now=NOW, stats=STATS)
    return found.code if isinstance(found, Refused) else "fits"


def score(one: Side, other: Side) -> Scored:
    found = judge(one, other, now=NOW, stats=STATS)
    assert isinstance(found, Scored), found
    return found


def parts_of(one: Side, other: Side, stats: WordStats = STATS) -> Parts:
    codes = Codes()
    measured = measure(Columns([one], codes), Columns([other], codes), NOW, stats)
    return Parts(*measured[:, 0].tolist())


def r(parts: Parts) -> float:
    return float(combine(np.array([getattr(parts, name) for name in PART_NAMES])))


def test_a_need_and_a_near_offer_in_the_same_words_fit_very_well():
    assert grains(score(need(), offer()).score) == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"direction": "request"}, "same_direction"),
        ({"owner_id": 20}, "own"),
        ({"blocked": frozenset({20})}, "blocked"),
        ({"open": False}, "closed"),
        ({"available_until": date(2026, 11, 23)}, "closed"),
        ({"terms": frozenset({"swap"})}, "terms"),
        ({"cell": cell_at(14), "reach_km": 10.0}, "out_of_reach"),
        ({"hours": 1 << 9}, "no_common_time"),
        ({"words": {"sepeda": 2.0}, "category": "bicycles"}, "nothing_in_common"),
        ({"words": {"sepeda": 2.0}, "category": "hand-tools"}, "nothing_in_common"),
    ],
)
def test_a_gate_keeps_a_pair_apart_whichever_side_asks(changes: dict[str, object], code: str):
    asking, having = need(hours=1 << 8), offer(**changes)
    assert outcome(asking, having) == code
    assert outcome(having, asking) == code


@pytest.mark.parametrize(
    "changes",
    [
        {"available_until": date(2026, 11, 24)},
        {"terms": frozenset()},
        {"cell": cell_at(14), "reach_km": 15.0},
        {"cell": None, "cell_resolution": None, "place_kind": "unknown"},
        {"cell": None, "cell_resolution": None, "place_kind": "online"},
        {"hours": None},
        {"kind": "mentoring"},
    ],
)
def test_what_is_not_shut_lets_a_pair_through(changes: dict[str, object]):
    assert outcome(need(hours=1 << 8), offer(**changes)) == "fits"


def test_a_coarse_place_is_not_out_of_reach_only_because_its_middle_is():
    # A regency's cell is 17 km wide: its near edge may be next door.
    far_middle = cell_at(16, resolution=5)
    middle_km = h3.great_circle_distance(
        h3.cell_to_latlng(f"{far_middle:x}"), h3.cell_to_latlng(f"{cell_at():x}")
    )
    reach = middle_km - 4
    coarse = offer(cell=far_middle, cell_resolution=5, reach_km=reach)
    assert outcome(need(reach_km=reach), coarse) == "fits"


def test_hours_are_compared_as_instants_across_zones():
    nine_in_jakarta, eleven_in_jayapura = 1 << 9, 1 << 11
    eastern = offer(hours=eleven_in_jayapura, utc_offset_hours=9)
    assert outcome(need(hours=nine_in_jakarta), eastern) == "fits"
    assert outcome(need(hours=eleven_in_jayapura), eastern) == "no_common_time"


def test_monday_morning_in_the_east_is_still_sunday_in_the_west():
    sunday_late, monday_first = 1 << 167, 1 << 0
    eastern = offer(hours=monday_first, utc_offset_hours=8)
    assert outcome(need(hours=sunday_late), eastern) == "fits"


def test_equal_scores_come_in_order_of_id():
    same = [offer(id=number, owner_id=100 + number) for number in (9, 4, 7)]
    ranked = rank(need(), same, now=NOW, stats=STATS)
    assert [one.candidate_id for one in ranked] == [4, 7, 9]


def test_being_near_cannot_make_an_unfitting_pair_rank_before_a_fitting_one():
    far_machine = offer(id=5, cell=cell_at(9))
    near_machine_for_washing = offer(id=6, words={"mesin": 2.0, "cuci": 2.0}, category="")
    ranked = rank(need(), [near_machine_for_washing, far_machine], now=NOW, stats=STATS)
    assert [one.candidate_id for one in ranked] == [5, 6]


def test_a_long_offer_that_says_more_does_not_fit_less():
    wordy = {f"w{number}": 1.0 for number in range(200)}
    plain = parts_of(offer(), need()).words
    assert parts_of(offer(words=offer().words | wordy), need()).words == pytest.approx(plain)


def test_a_rare_word_in_common_counts_more_than_a_common_one():
    asking = need(words={"anak": 1.0, "jahit": 1.0})
    rare, common = offer(words={"jahit": 1.0}), offer(words={"anak": 1.0})
    assert parts_of(rare, asking).words > parts_of(common, asking).words


def test_a_young_site_knows_its_words_too():
    asked = need(words={"mesin": 2.0, "jahit": 2.0, "belajar": 1.0, "tetangga": 1.0})
    only_these_two = WordStats(2, {"mesin": 2, "jahit": 2, "belajar": 1, "tetangga": 1})
    assert parts_of(offer(), asked, only_these_two).words > 0.6


def test_reasons_say_words_category_distance_times_and_terms():
    saturday_morning = 0b11 << (5 * 24 + 8)
    found = score(need(hours=saturday_morning), offer(hours=saturday_morning))
    reasons = {reason.code: dict(reason.params) for reason in found.reasons}
    assert list(reasons) == [
        "same_words",
        "same_category",
        "distance",
        "common_times",
        "same_terms",
    ]
    assert reasons["same_words"]["words"] == ["jahit", "mesin"]
    assert reasons["common_times"]["spans"] == [[[5], ["pagi"]]]
    assert reasons["same_terms"]["terms"] == ["gift", "loan"]


def test_online_is_a_reason_half_online_a_caution_and_an_unknown_place_is_none():
    nowhere = {"cell": None, "cell_resolution": None}

    def place_reasons(asks: str, has: str) -> set[str]:
        places = [
            {"place_kind": kind} | ({} if kind == "cell" else nowhere) for kind in (asks, has)
        ]
        found = score(need(**places[0]), offer(**places[1]))
        return {one.code for one in found.reasons} & {"online", "half_online", "distance"}

    assert place_reasons("online", "online") == {"online"}
    assert place_reasons("cell", "online") == place_reasons("online", "cell") == {"half_online"}
    assert place_reasons("cell", "unknown") == set()
    assert place_reasons("cell", "cell") == {"distance"}


def test_a_loan_shorter_than_asked_is_said():
    lent = offer(terms=frozenset({"loan"}), loan_days_max=7)
    found = score(need(terms=frozenset({"loan"}), loan_days_max=30), lent)
    assert found.reasons[-1].code == "loan_shorter"
    assert dict(found.reasons[-1].params) == {"days": 7, "wanted": 30}


def test_a_stem_in_common_is_shown_as_the_word_that_was_written():
    asked = need(words={"menjahit": 2.0, "~jahit": 2.0})
    found = score(asked, offer(words={"dijahit": 2.0, "~jahit": 2.0}))
    assert found.reasons[0].params == {"words": ["menjahit"]}


unit = st.floats(0, 1)
parts_drawn = st.builds(Parts, **dict.fromkeys(PART_NAMES, unit))


@settings(deadline=None)
@given(parts_drawn, st.sampled_from(PART_NAMES), unit)
def test_r_never_falls_when_a_part_rises(parts: Parts, name: str, value: float):
    low, high = sorted((getattr(parts, name), value))
    assert r(replace(parts, **{name: low})) <= r(replace(parts, **{name: high}))


@pytest.mark.parametrize("name", PART_NAMES)
def test_every_part_matters(name: str):
    middle = Parts(*[0.5] * len(PART_NAMES))
    assert r(replace(middle, **{name: 1.0})) > r(middle)


@settings(deadline=None)
@given(parts_drawn)
def test_r_stays_between_nothing_and_one(parts: Parts):
    assert 0 <= r(parts) <= 1


def test_weights_share_out_one_whole():
    assert sum(RELEVANCE_WEIGHTS.values()) == pytest.approx(1)
    assert sum(PRACTICAL_WEIGHTS.values()) == pytest.approx(1)


words_drawn = st.dictionaries(
    st.sampled_from(["buku", "mesin", "jahit", "sepeda", "anak", "guru"]),
    st.floats(0.05, 4),
    max_size=5,
)
places_drawn = st.one_of(
    st.just({"place_kind": "online", "cell": None, "cell_resolution": None}),
    st.just({"place_kind": "unknown", "cell": None, "cell_resolution": None}),
    st.builds(
        lambda km, res: {
            "place_kind": "cell",
            "cell": cell_at(km, res),
            "cell_resolution": res,
        },
        st.floats(0, 40),
        st.integers(5, 8),
    ),
)


@st.composite
def sides(draw: st.DrawFn, number: int) -> Side:
    direction = draw(st.sampled_from(["offer", "request"]))
    category = draw(st.sampled_from([("", ""), ("machines", "tools-farm"), ("toys", "baby-child")]))
    return Side(
        id=number,
        owner_id=draw(st.integers(1, 4)),
        direction=direction,
        kind=draw(st.sampled_from(["goods", "skill", "mentoring"])),
        category=category[0],
        category_parent=category[1],
        terms=draw(st.frozensets(st.sampled_from(["gift", "loan", "swap"]))),
        words=draw(words_drawn),
        reach_km=draw(st.sampled_from([1.0, 10.0, 50.0])),
        hours=draw(st.one_of(st.none(), st.integers(0, (1 << 168) - 1))),
        utc_offset_hours=draw(st.integers(7, 9)),
        open=draw(st.booleans()),
        published_at=draw(
            st.one_of(st.none(), st.integers(0, 400).map(lambda d: NOW - timedelta(days=d)))
        ),
        blocked=draw(st.frozensets(st.integers(1, 4), max_size=1)),
        **draw(places_drawn),
    )


crowds = st.integers(2, 8).flatmap(lambda n: st.tuples(*[sides(number) for number in range(n)]))


@settings(max_examples=60, deadline=None)
@given(crowds, st.randoms(use_true_random=False))
def test_the_order_of_asking_changes_nothing(crowd: tuple[Side, ...], random):  # type: ignore[no-untyped-def]
    listing, *candidates = crowd
    shuffled = random.sample(candidates, len(candidates))
    first = rank(listing, candidates, now=NOW, stats=STATS)
    assert first == rank(listing, shuffled, now=NOW, stats=STATS)
    assert [(-one.score, one.candidate_id) for one in first] == sorted(
        (-one.score, one.candidate_id) for one in first
    )


@settings(max_examples=100, deadline=None)
@given(sides(1), sides(2))
def test_both_sides_of_a_pair_see_the_same(one: Side, other: Side):
    there = judge(one, other, now=NOW, stats=STATS)
    back = judge(other, one, now=NOW, stats=STATS)
    if isinstance(there, Refused):
        assert there == back
    else:
        assert isinstance(back, Scored)
        assert replace(back, candidate_id=there.candidate_id) == there


@settings(max_examples=100, deadline=None)
@given(sides(1), sides(2))
def test_what_fits_passed_every_gate_and_the_floor(one: Side, other: Side):
    found = judge(one, other, now=NOW, stats=STATS)
    if isinstance(found, Refused):
        return
    assert one.direction != other.direction
    assert one.owner_id != other.owner_id
    assert one.open
    assert other.open
    assert not {one.owner_id} & other.blocked
    assert found.score >= MIN_SCORE
    assert one.words.keys() & other.words.keys() or one.category == other.category != ""
    assert found.reasons


@settings(max_examples=100, deadline=None)
@given(sides(1), sides(2))
def test_parts_are_between_nothing_and_one(one: Side, other: Side):
    parts = parts_of(one, other)
    assert all(0 <= value <= 1 for value in parts.as_dict().values())


def test_what_is_meant_alike_is_said_in_the_words_of_both():
    asking = need(words=document_terms("Butuh sofa", "", "id"), category="")
    found = score(asking, offer(words=document_terms("Kursi tamu bekas", "", "id"), category=""))
    assert found.reasons[0].code == "alike"
    assert found.reasons[0].params == {"pairs": [["sofa", "kursi tamu"]]}
    assert found.parts.words == 0 < found.parts.concepts


def test_what_may_help_instead_is_said_as_such_and_counts_less():
    asking = need(words=document_terms("Butuh laptop", "", "id"))
    other = score(asking, offer(words=document_terms("Komputer", "", "id")))
    same = score(asking, offer(words=document_terms("Laptop", "", "id")))
    assert [one.code for one in other.reasons][:1] == ["helps"]
    assert other.parts.concepts < same.parts.concepts


def test_who_says_the_very_words_means_them_too():
    parts = parts_of(offer(words={"zyx": 2.0}), need(words={"zyx": 2.0}))
    assert parts.concepts == parts.words > 0


def test_names_and_chatter_tell_less_than_words_that_are_known():
    asking = need(words={"qwerty": 1.0, "sepeda": 1.0})
    stats = WordStats(400, {"qwerty": 20, "sepeda": 20})
    known, chatter = offer(words={"sepeda": 1.0}), offer(words={"qwerty": 1.0})
    assert parts_of(known, asking, stats).words > parts_of(chatter, asking, stats).words


def test_a_word_that_half_of_all_posts_say_says_nothing():
    stats = WordStats(10_000, {"sepeda": 5_200})
    assert parts_of(offer(words={"sepeda": 2.0}), need(words={"sepeda": 2.0}), stats).words == 0


@pytest.mark.parametrize(
    ("asked", "left", "unit", "part", "code"),
    [
        (10, 12, "kg", 1.0, "enough"),
        (10, 4, "kg", 0.4, "not_enough"),
        (10, 0, "kg", 0.0, "not_enough"),
        (10, 12, "sack", QUANTITY_UNSAID, None),
        (None, 12, "kg", QUANTITY_UNSAID, None),
        (10, None, "kg", QUANTITY_UNSAID, None),
    ],
)
def test_what_is_left_is_held_against_what_is_asked_for(
    asked: int | None, left: int | None, unit: str, part: float, code: str | None
):
    found = score(need(amount=asked, unit="kg"), offer(amount=left, unit=unit))
    assert found.parts.quantity == pytest.approx(part)
    told = [one for one in found.reasons if one.code in ("enough", "not_enough")]
    assert [one.code for one in told] == ([code] if code else [])
    if code:
        assert told[0].params == {"asked": asked, "left": left, "unit": "kg"}


def test_who_keeps_less_of_what_is_agreed_comes_after_and_a_newcomer_between():
    offers = [
        offer(id=n, reliability=r) for n, r in ((1, 0.5), (2, RELIABILITY_NEUTRAL), (3, 0.95))
    ]
    asking = need(reliability=1.0)
    ranked = rank(asking, offers, now=NOW, stats=STATS)
    assert [one.candidate_id for one in ranked] == [3, 2, 1]
    assert ranked[0].score - ranked[2].score < 0.02
    assert RELIABILITY_NEUTRAL == NEUTRAL_SCORE


def test_online_costs_no_way():
    nowhere = {"cell": None, "cell_resolution": None, "place_kind": "online"}
    assert parts_of(offer(**nowhere), need(**nowhere)).distance == 1.0
    assert parts_of(offer(), need(**nowhere)).distance < 1.0


def test_distance_halves_later_for_advice_than_for_things():
    def near(kind: str) -> float:
        return parts_of(offer(kind=kind, cell=cell_at(8)), need(kind=kind)).distance

    assert near("goods") < near("skill") < near("mentoring")


def test_of_many_only_the_best_and_the_known_are_given_with_reasons():
    offers = [offer(id=n, owner_id=100 + n, cell=cell_at(n)) for n in range(8)]
    ranked = rank(need(), offers, now=NOW, stats=STATS, most=2, always={6})
    assert [one.candidate_id for one in ranked] == [0, 1, 6]


@settings(max_examples=40, deadline=None)
@given(crowds)
def test_many_at_once_are_scored_as_each_alone(crowd: tuple[Side, ...]):
    listing, *candidates = crowd
    together = {one.candidate_id: one for one in rank(listing, candidates, now=NOW, stats=STATS)}
    for candidate in candidates:
        alone = judge(listing, candidate, now=NOW, stats=STATS)
        assert together.get(candidate.id) == (alone if isinstance(alone, Scored) else None)
