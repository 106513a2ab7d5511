import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.listings import hours

PICKS = st.frozensets(st.tuples(st.integers(0, 6), st.sampled_from(sorted(hours.PARTS))))


def test_bit_0_is_monday_midnight():
    mask = hours.mask_of([(0, "pagi")])
    assert [bit for bit in range(168) if mask >> bit & 1] == [6, 7, 8, 9, 10]
    sunday_evening = hours.mask_of([(6, "malam")])
    assert max(bit for bit in range(168) if sunday_evening >> bit & 1) == 6 * 24 + 21


@given(PICKS)
def test_what_was_picked_comes_back_after_storing(picks):
    mask = hours.mask_of(picks)
    text = hours.encode(mask)
    if picks:
        assert len(text) == 42
        assert hours.picks_of(hours.decode(text)) == picks
    else:
        assert text is None
    assert hours.from_fields(hours.to_fields(picks)) == picks


def test_no_pick_means_any_time():
    assert hours.encode(0) is None
    assert hours.encode(None) is None
    assert hours.decode(None) == hours.FULL


@pytest.mark.parametrize("bad", ["", "12", "g" * 42, "0" * 43])
def test_what_is_not_a_week_is_refused(bad):
    with pytest.raises(ValueError):
        hours.decode(bad)


def test_invented_check_boxes_are_left_out():
    assert hours.from_fields(["7-pagi", "x", "0-noon", "²-pagi", "-1-pagi"]) == frozenset()


def test_days_with_the_same_parts_are_said_together():
    picks = [(day, "pagi") for day in range(5)] + [(5, "sore"), (6, "sore")]
    assert hours.spans(hours.mask_of(picks)) == [
        hours.Span((0, 1, 2, 3, 4), ("pagi",)),
        hours.Span((5, 6), ("sore",)),
    ]


def test_one_tick_stands_for_many():
    weekends = hours.from_fields(["weekends"])
    assert weekends == {(day, part) for day in (5, 6) for part in hours.PARTS}
    both = hours.from_fields(["evenings", "0-pagi", "nonsense"])
    assert both == {(day, "malam") for day in range(7)} | {(0, "pagi")}
    every = hours.mask_of(hours.from_fields([*hours.SHORTCUTS]))
    assert hours.picks_of(every) == {(d, p) for d in range(7) for p in hours.PARTS}
