"""Weeks of hours as masks."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.matching.times import DAY_PARTS, FULL_WEEK, shifted, slots

weeks = st.integers(0, FULL_WEEK)


@given(weeks, st.integers(-30, 30))
def test_shifting_there_and_back_changes_nothing(mask: int, hours: int):
    assert shifted(shifted(mask, hours), -hours) == mask
    assert shifted(mask, hours).bit_count() == mask.bit_count()


def test_an_hour_moves_with_its_zone_and_the_week_goes_round():
    assert shifted(1 << 9, 2) == 1 << 11
    assert shifted(1 << 167, 1) == 1
    assert shifted(1, -1) == 1 << 167


def test_the_parts_of_a_day_cover_it_once():
    hours = [hour for _, first, end in DAY_PARTS for hour in range(first, end)]
    assert hours == list(range(24))


def test_slots_name_day_and_part():
    assert slots(0) == []
    assert slots(1 << (5 * 24 + 9)) == [[5, "morning"]]
    assert len(slots(FULL_WEEK)) == 7 * len(DAY_PARTS)
