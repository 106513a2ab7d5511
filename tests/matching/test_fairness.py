"""What the order by relevance and need promises; each claim is proved in docs/fairness.md."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.matching.fairness import (
    LAMBDA,
    LAMBDA_MAX,
    NEUTRAL_AREA,
    WAITING_DAYS,
    Facts,
    fair_scores,
    need_points,
    rank,
)

# Coarse values beside fine ones: equal scores must happen, or ties are never tried.
UNIT = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1))
WEIGHT = st.one_of(st.sampled_from([0.0, LAMBDA, LAMBDA_MAX]), st.floats(0, LAMBDA_MAX))
REQUESTS = st.lists(st.tuples(UNIT, UNIT), max_size=12)  # relevance and need of each
FACTS = st.builds(
    Facts,
    in_hardship=st.booleans(),
    deprivation=UNIT,
    days_waiting=st.floats(-5, 400),
    received=st.integers(0, 50),
)


def ranked(requests: list[tuple[float, float]], weight: float = LAMBDA) -> list[int]:
    """Positions in ``requests``, which are their ids too, best first."""
    relevance, need = [r for r, _ in requests], [n for _, n in requests]
    return rank(range(len(requests)), relevance, need, weight)


def dcg(gains: list[float]) -> float:
    return sum(gain / np.log2(place + 2) for place, gain in enumerate(gains))


@given(FACTS)
def test_need_lies_between_nothing_and_all(facts: Facts) -> None:
    points = need_points(facts)
    assert 0 < points.total <= 1
    assert min(points.hardship, points.area, points.waiting, points.received) >= 0


def test_each_part_of_a_need_counts_what_the_formula_says() -> None:
    newcomer = need_points(Facts())
    assert (newcomer.hardship, newcomer.waiting) == (0, 0)
    assert newcomer.area == pytest.approx(0.2 * NEUTRAL_AREA)
    assert newcomer.received == pytest.approx(0.2)
    most = Facts(in_hardship=True, deprivation=1.0, days_waiting=WAITING_DAYS)
    assert need_points(most).total == pytest.approx(1.0)
    some = need_points(Facts(in_hardship=True, deprivation=0.0, days_waiting=15, received=1))
    assert (some.hardship, some.area) == (0.4, 0.0)
    assert some.waiting == pytest.approx(0.1)
    assert some.received == pytest.approx(0.1)


@given(FACTS, FACTS)
def test_who_is_worse_off_in_every_respect_never_needs_less(one: Facts, other: Facts) -> None:
    worse = Facts(
        in_hardship=one.in_hardship or other.in_hardship,
        deprivation=max(one.deprivation, other.deprivation),
        days_waiting=max(one.days_waiting, other.days_waiting),
        received=min(one.received, other.received),
    )
    assert need_points(worse).total >= max(need_points(one).total, need_points(other).total)


def test_waiting_for_a_year_counts_no_more_than_waiting_for_a_month() -> None:
    assert need_points(Facts(days_waiting=365)) == need_points(Facts(days_waiting=WAITING_DAYS))


@pytest.mark.parametrize("facts", [Facts(deprivation=1.1), Facts(received=-1)])
def test_what_cannot_be_a_fact_is_refused(facts: Facts) -> None:
    with pytest.raises(ValueError):
        need_points(facts)


@given(REQUESTS, st.data())
def test_more_need_never_means_a_worse_place(
    requests: list[tuple[float, float]], data: st.DataObject
) -> None:
    if not requests:
        return
    weight = data.draw(WEIGHT)
    which = data.draw(st.sampled_from(range(len(requests))))
    relevance, need = requests[which]
    raised = list(requests)
    raised[which] = (relevance, data.draw(st.floats(need, 1)))
    before, after = ranked(requests, weight), ranked(raised, weight)
    assert (which in before) == (which in after)
    if which in before:
        assert after.index(which) <= before.index(which)


@given(REQUESTS, WEIGHT)
def test_need_lifts_nothing_past_what_is_clearly_more_relevant(
    requests: list[tuple[float, float]], weight: float
) -> None:
    order = ranked(requests, weight)
    for place, below in enumerate(order):
        for above in order[:place]:
            assert requests[below][0] <= (1 + weight) * requests[above][0]


@given(REQUESTS, WEIGHT, st.integers(1, 12))
def test_so_much_of_the_relevance_is_kept_however_far_one_reads(
    requests: list[tuple[float, float]], weight: float, read: int
) -> None:
    best = dcg(sorted((r for r, _ in requests), reverse=True)[:read])
    kept = dcg([requests[one][0] for one in ranked(requests, weight)[:read]])
    assert kept >= best / (1 + weight) * (1 - 1e-12)


@given(REQUESTS)
def test_without_a_weight_need_plays_no_part(requests: list[tuple[float, float]]) -> None:
    fitting = [one for one, (relevance, _) in enumerate(requests) if relevance > 0]
    by_relevance = sorted(fitting, key=lambda one: (-requests[one][0], one))
    assert ranked(requests, 0.0) == by_relevance


@given(st.lists(st.tuples(UNIT, UNIT), max_size=4), WEIGHT)
def test_the_order_in_which_requests_come_changes_nothing(
    requests: list[tuple[float, float]], weight: float
) -> None:
    expected = ranked(requests, weight)
    for order in permutations(range(len(requests))):
        relevance = [requests[one][0] for one in order]
        need = [requests[one][1] for one in order]
        assert rank(order, relevance, need, weight) == expected


def test_of_equal_ones_the_earlier_id_comes_first() -> None:
    assert rank([9, 3, 7], [0.5, 0.5, 0.5], [0.2, 0.2, 0.2]) == [3, 7, 9]


@given(REQUESTS, WEIGHT)
def test_what_does_not_fit_is_never_shown_and_what_fits_always(
    requests: list[tuple[float, float]], weight: float
) -> None:
    fitting = {one for one, (relevance, _) in enumerate(requests) if relevance > 0}
    assert set(ranked(requests, weight)) == fitting


def test_of_two_that_fit_alike_the_one_in_need_comes_first() -> None:
    assert ranked([(0.60, 0.1), (0.55, 0.9)]) == [1, 0]
    assert ranked([(0.60, 0.1), (0.45, 0.9)]) == [0, 1]


@pytest.mark.parametrize("weight", [-0.01, LAMBDA_MAX + 0.01])
def test_a_weight_beyond_its_limits_is_refused(weight: float) -> None:
    with pytest.raises(ValueError):
        fair_scores([0.5], [0.5], weight)


@pytest.mark.parametrize(("relevance", "need"), [(1.2, 0.5), (0.5, -0.1), (float("nan"), 0.5)])
def test_numbers_outside_their_range_are_refused(relevance: float, need: float) -> None:
    with pytest.raises(ValueError):
        fair_scores([relevance], [need])


def test_nothing_in_gives_nothing_out() -> None:
    assert rank([], [], []) == []
