"""Facts instead of stars: the formulas hold whatever happened."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.reputation import NEUTRAL_SCORE
from marketplace.exchanges import reliability
from marketplace.exchanges.reliability import (
    CALLED_OFF_LATE,
    KEPT,
    MISSED,
    OUTCOMES,
    Meeting,
    Wait,
    replies_within,
    reply_band,
    score,
    shows_up,
    shows_up_band,
    was_late,
)

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
TINY = 1e-12

ages = st.integers(0, 500 * 24).map(lambda hours: timedelta(hours=hours))
meetings = st.builds(
    lambda age, outcome: Meeting(NOW - age, outcome), ages, st.sampled_from(OUTCOMES)
)


@st.composite
def _wait(draw: st.DrawFn) -> Wait:
    asked_at = NOW - draw(ages)
    kind = draw(st.sampled_from(["answered", "gave_up", "waits"]))
    lasted = timedelta(minutes=draw(st.integers(0, 60 * 24 * 60)))
    if kind == "waits" or asked_at + lasted > NOW:
        return Wait(asked_at)
    return Wait(asked_at, asked_at + lasted, kind == "answered")


@given(st.lists(meetings), ages)
def test_one_more_kept_meeting_never_lowers(many: list[Meeting], age: timedelta) -> None:
    assert score([*many, Meeting(NOW - age, KEPT)], NOW) >= score(many, NOW) - TINY


@given(st.lists(meetings), ages, st.sampled_from([MISSED, CALLED_OFF_LATE]))
def test_one_more_missed_or_late_meeting_never_raises(
    many: list[Meeting], age: timedelta, outcome: str
) -> None:
    assert score([*many, Meeting(NOW - age, outcome)], NOW) <= score(many, NOW) + TINY


@given(st.lists(meetings), ages, ages)
def test_recent_counts_more(many: list[Meeting], one: timedelta, other: timedelta) -> None:
    older, newer = NOW - max(one, other), NOW - min(one, other)
    good = [score([*many, Meeting(at, KEPT)], NOW) for at in (older, newer)]
    bad = [score([*many, Meeting(at, MISSED)], NOW) for at in (older, newer)]
    assert good[0] <= good[1] + TINY
    assert bad[0] >= bad[1] - TINY


def test_half_a_year_halves_and_a_year_forgets() -> None:
    assert reliability.weight(NOW - reliability.HALF_LIFE, NOW) == pytest.approx(0.5)
    assert reliability.weight(NOW - reliability.WINDOW - timedelta(seconds=1), NOW) == 0
    assert reliability.weight(NOW + timedelta(days=1), NOW) == 1


@given(st.lists(meetings))
def test_the_share_lies_between_none_and_all(many: list[Meeting]) -> None:
    assert 0 < score(many, NOW) < 1
    assert shows_up_band(score(many, NOW)) in ("nearly_always", "mostly", "not_always")


@given(st.lists(meetings), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(many: list[Meeting], random: object) -> None:
    shuffled = list(many)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score(shuffled, NOW) == score(many, NOW)
    assert shows_up(shuffled, NOW) == shows_up(many, NOW)


def test_without_data_there_is_the_prior_and_nothing_to_say() -> None:
    assert score([], NOW) == pytest.approx(0.8) == pytest.approx(NEUTRAL_SCORE)
    assert shows_up([], NOW) is None
    assert replies_within([], NOW) is None
    old = [Meeting(NOW - timedelta(days=400), MISSED)] * 9
    assert score(old, NOW) == score([], NOW)


def test_three_meetings_of_today_are_enough_and_two_are_not() -> None:
    assert shows_up([Meeting(NOW, KEPT)] * 2, NOW) is None
    assert shows_up([Meeting(NOW, KEPT)] * 3, NOW) == pytest.approx(7 / 8)


@given(st.lists(ages.map(lambda age: Meeting(NOW - age, KEPT)), max_size=40))
def test_who_kept_everything_is_in_the_best_band_as_soon_as_it_is_shown(
    kept: list[Meeting],
) -> None:
    if (share := shows_up(kept, NOW)) is not None:
        assert shows_up_band(share) == "nearly_always"


def test_the_worked_example_of_the_docs() -> None:
    ago = {0: KEPT, 30: KEPT, 90: KEPT, 180: MISSED, 300: KEPT}
    record = [Meeting(NOW - timedelta(days=days), outcome) for days, outcome in ago.items()]
    kept, missed = reliability.evidence(record, NOW)
    assert (round(kept, 3), round(missed, 3)) == (2.913, 0.5)
    assert round(score(record, NOW), 3) == 0.822
    assert shows_up_band(score(record, NOW)) == "mostly"


def test_a_late_cancellation_counts_half_and_an_early_one_not_at_all() -> None:
    meets_at = NOW
    assert was_late(NOW - timedelta(minutes=119), meets_at)
    assert not was_late(NOW - timedelta(hours=2), meets_at)
    assert reliability.evidence([Meeting(NOW, CALLED_OFF_LATE)], NOW) == (0, 0.5)


@given(st.lists(_wait()), st.randoms(use_true_random=False))
def test_the_median_wait_is_within_bounds_and_without_order(
    waits: list[Wait], random: object
) -> None:
    found = replies_within(waits, NOW)
    shuffled = list(waits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert replies_within(shuffled, NOW) == found
    if found is not None:
        assert 0 <= found <= reliability.HORIZON.total_seconds() / 3600
        assert reply_band(found)


@given(st.lists(_wait(), min_size=4))
def test_answering_sooner_never_makes_it_slower(waits: list[Wait]) -> None:
    sooner = [
        Wait(one.asked_at, one.asked_at + (one.ended_at - one.asked_at) / 2, is_answered=True)
        if one.is_answered and one.ended_at
        else one
        for one in waits
    ]
    before, after = replies_within(waits, NOW), replies_within(sooner, NOW)
    if before is not None and all(one.is_answered for one in waits):
        assert after is not None
        assert after <= before


def _answered(*hours: float) -> list[Wait]:
    return [Wait(at := NOW - timedelta(days=40), at + timedelta(hours=h), True) for h in hours]


def test_the_median_is_robust() -> None:
    assert replies_within(_answered(1, 2, 3, 700), NOW) == 2
    assert replies_within(_answered(1, 2, 3, 3, 3), NOW) == 3


def test_who_waits_still_counts_as_longer_than_that() -> None:
    quick = _answered(1, 1, 1)
    waiting = [Wait(NOW - timedelta(minutes=5))]
    assert replies_within(quick * 2 + waiting, NOW) == 1  # five minutes say nothing yet
    ignored = [Wait(NOW - timedelta(days=50))] * 9
    assert replies_within(quick + ignored, NOW) == reliability.HORIZON.total_seconds() / 3600
    assert replies_within([Wait(NOW - timedelta(hours=1))] * 5, NOW) is None


def test_who_gave_up_waiting_counts_for_as_long_as_they_waited() -> None:
    asked = NOW - timedelta(days=20)
    gave_up = [Wait(asked, asked + timedelta(minutes=1))] * 6
    assert replies_within(_answered(2, 2, 2, 2, 2, 2) + gave_up, NOW) == 2


def test_few_answers_say_nothing() -> None:
    assert replies_within(_answered(1, 1, 1), NOW) is None  # 40 days ago they weigh 2.6 in all
    assert replies_within(_answered(1, 1, 1, 1), NOW) == 1


@pytest.mark.parametrize(
    ("hours", "band"),
    [(0, "hour"), (1, "hour"), (1.1, "hours"), (12, "half_day"), (24, "day"), (60, "days"),
     (168, "week"), (169, "longer")],
)  # fmt: skip
def test_hours_in_words(hours: float, band: str) -> None:
    assert reply_band(hours) == band
