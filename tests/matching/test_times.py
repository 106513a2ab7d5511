"""Weeks in which both can."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.listings.hours import FULL
from marketplace.matching.times import shifted, spans

weeks = st.integers(0, FULL)


@given(weeks, st.integers(-30, 30))
def test_shifting_there_and_back_changes_nothing(mask: int, hours: int):
    assert shifted(shifted(mask, hours), -hours) == mask
    assert shifted(mask, hours).bit_count() == mask.bit_count()


def test_an_hour_moves_with_its_zone_and_the_week_goes_round():
    assert shifted(1 << 9, 2) == 1 << 11
    assert shifted(1 << 167, 1) == 1
    assert shifted(1, -1) == 1 << 167


def test_one_common_hour_names_its_part_of_the_day():
    assert spans(1 << (5 * 24 + 9)) == [[[5], ["pagi"]]]


def test_the_same_part_on_several_days_is_said_once():
    assert spans(sum(1 << (day * 24 + 16) for day in (0, 2))) == [[[0, 2], ["sore"]]]


def test_hours_at_night_have_no_name():
    assert spans(1 << 3) == spans(0) == []
