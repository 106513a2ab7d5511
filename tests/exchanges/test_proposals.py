"""What a proposal has to say, and which times are suggested."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exchanges import proposals
from marketplace.exchanges.proposals import Draft
from marketplace.listings import hours
from marketplace.places import zones

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)  # a Thursday, 10:00 in Jakarta
JAKARTA = zones.WESTERN
GOOD = {"day": "2026-11-28", "clock": "09:00", "place": "Perpustakaan desa"}


def found(zone: str = JAKARTA, **values: str) -> list[tuple[str, str]]:
    checked = proposals.check(Draft(**(GOOD | values)), zone, NOW)
    return [(one.field, one.code) for one in checked]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-28", date(2026, 11, 28)),
        (" 28/11/2026 ", date(2026, 11, 28)),
        ("1-2-2027", date(2027, 2, 1)),
        ("28.11.2026", date(2026, 11, 28)),
        ("31/2/2027", None),
        ("besok", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_browsers_and_as_people_write_it(text: str, day: date | None) -> None:
    assert proposals.read_day(text) == day


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("09:30", time(9, 30)),
        ("9.30", time(9, 30)),
        ("16", time(16)),
        ("16:45:00", time(16, 45)),
        ("24:00", None),
        ("9:60", None),
        ("sore", None),
    ],
)
def test_a_time_is_read_as_browsers_and_as_people_write_it(text: str, clock: time | None) -> None:
    assert proposals.read_clock(text) == clock


def test_a_whole_proposal_has_nothing_wrong_with_it() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"day": ""}, ("day", "meeting_day_missing")),
        ({"day": "besok"}, ("day", "date_unreadable")),
        ({"clock": ""}, ("clock", "meeting_time_missing")),
        ({"clock": "sore"}, ("clock", "time_unreadable")),
        ({"day": "2026-11-25"}, ("day", "until_past")),
        ({"day": "2026-11-26", "clock": "10:00"}, ("clock", "meeting_past")),
        ({"day": "2027-11-27"}, ("day", "meeting_far")),
        ({"place": " \n "}, ("place", "meeting_place_missing")),
        ({"place": "x" * 161}, ("place", "too_long")),
        ({"words": "x" * 301}, ("words", "too_long")),
    ],
)
def test_what_is_missing_or_wrong_is_said_beside_its_field(
    values: dict[str, str], problem: tuple[str, str]
) -> None:
    assert found(**values) == [problem]


@pytest.mark.parametrize(
    ("zone", "hour"), [(zones.WESTERN, 2), (zones.CENTRAL, 1), (zones.EASTERN, 0)]
)
def test_nine_is_nine_by_the_clock_of_the_place(zone: str, hour: int) -> None:
    starts = proposals.starts_at(Draft(**GOOD), zone)
    assert starts is not None
    assert starts.astimezone(UTC) == datetime(2026, 11, 28, hour, 0, tzinfo=UTC)


def test_what_is_over_in_the_east_is_still_ahead_in_the_west() -> None:
    at_eleven = {"day": "2026-11-26", "clock": "11:00"}
    assert found(zones.WESTERN, **at_eleven) == []
    assert found(zones.EASTERN, **at_eleven) == [("clock", "meeting_past")]


def test_suggestions_lie_on_three_days_by_day_and_in_the_morning() -> None:
    named = proposals.suggestions(hours.FULL, JAKARTA, NOW + proposals.AHEAD)
    assert [f"{one:%a %H:%M}" for one in named] == ["Thu 16:00", "Fri 09:00", "Sat 16:00"]


def test_suggestions_keep_to_the_hours_that_suit() -> None:
    mask = hours.mask_of([(5, "pagi"), (6, "malam")])
    named = proposals.suggestions(mask, zones.EASTERN, NOW)
    said = [f"{one:%a %d %H:%M}" for one in named]
    assert said == ["Sat 28 09:00", "Sun 29 19:00", "Sat 05 09:00"]
    assert named[0].tzinfo == ZoneInfo(zones.EASTERN)


@given(
    mask=st.integers(0, hours.FULL),
    zone=st.sampled_from([zones.WESTERN, zones.CENTRAL, zones.EASTERN]),
    minutes=st.integers(0, 60 * 24 * 30),
)
def test_every_suggestion_could_be_proposed(mask: int, zone: str, minutes: int) -> None:
    after = NOW + timedelta(minutes=minutes)
    named = proposals.suggestions(mask, zone, after)
    assert len({one.date() for one in named}) == len(named) <= proposals.SUGGESTED
    for one in named:
        assert one >= after
        assert mask >> (one.weekday() * 24 + one.hour) & 1
        said = Draft(day=f"{one:%Y-%m-%d}", clock=f"{one:%H:%M}", place="x")
        assert proposals.check(said, zone, after - timedelta(seconds=1)) == []


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    proposals.read_day(text)
    proposals.read_clock(text)
