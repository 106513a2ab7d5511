"""The decision table: who is told of what by mail, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.notifications.rules import (
    CHANNELS,
    MAILS_A_DAY_MAX,
    TOPICS,
    Decision,
    Hours,
    Reader,
    day_began,
    decide,
    quiet_until,
)

NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)  # 12:00 in Jakarta, 14:00 in Jayapura
LATE = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)  # 22:00 in Jakarta, midnight in Jayapura
SIX = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)  # 6:00 the next day in Jakarta
NO_DIGEST = Hours(has_digest=False)
FULL = MAILS_A_DAY_MAX


@pytest.mark.parametrize(
    ("topic", "now", "values", "decision"),
    [
        ("message", NOON, {}, Decision("mailed", "at_once")),
        ("message", LATE, {}, Decision("waiting", "quiet_hours", SIX)),
        ("message", NOON, {"channel": "digest"}, Decision("digest", "digest")),
        ("message", LATE, {"channel": "digest"}, Decision("digest", "digest")),
        ("message", NOON, {"channel": "here"}, Decision("none", "off")),
        ("message", NOON, {"mails_today": FULL - 1}, Decision("mailed", "at_once")),
        ("message", NOON, {"mails_today": FULL}, Decision("digest", "quota")),
        ("message", LATE, {"mails_today": FULL}, Decision("waiting", "quiet_hours", SIX)),
        ("message", NOON, {"mails_today": FULL, "hours": NO_DIGEST}, Decision("none", "quota")),
        ("match", NOON, {"channel": "digest", "hours": NO_DIGEST}, Decision("none", "digest_off")),
        ("message", NOON, {"is_paused": True}, Decision("none", "paused")),
        ("message", NOON, {"has_address": False}, Decision("none", "no_address")),
        ("account", NOON, {}, Decision("mailed", "account")),
        ("account", LATE, {"mails_today": 99, "is_paused": True}, Decision("mailed", "account")),
        ("account", NOON, {"has_address": False}, Decision("none", "no_address")),
    ],
)
def test_the_table(topic: str, now: datetime, values: dict[str, Any], decision: Decision) -> None:
    assert decide(topic, Reader(**{"has_address": True} | values), now) == decision


ZONES = st.sampled_from(
    ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Berlin", "America/St_Johns"]
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
HOUR = st.integers(0, 23)
HOURS = st.builds(Hours, HOUR, HOUR, HOUR, st.booleans())
READERS = st.builds(
    Reader,
    has_address=st.booleans(),
    is_paused=st.booleans(),
    channel=st.sampled_from(CHANNELS),
    zone=ZONES,
    hours=HOURS,
    mails_today=st.integers(0, FULL + 2),
)


@given(st.sampled_from(TOPICS), READERS, INSTANTS)
def test_what_is_promised_of_every_decision(topic: str, reader: Reader, now: datetime) -> None:
    made = decide(topic, reader, now)
    assert (made.mail == "waiting") == (made.at is not None)
    if topic == "account":
        assert made.mail == ("mailed" if reader.has_address else "none")
        return
    if made.mail == "mailed":
        assert reader.mails_today < FULL
        assert reader.channel == "at_once"
        assert quiet_until(now, reader.zone, reader.hours) is None
    if made.mail != "none":
        assert reader.has_address
        assert not reader.is_paused
        assert reader.channel != "here"
    if made.mail == "digest":
        assert reader.hours.has_digest
    willing = replace(reader, has_address=True, is_paused=False, channel="at_once")
    willing = replace(willing, hours=replace(reader.hours, has_digest=True))
    assert decide(topic, willing, now).mail != "none", "delayed or gathered, never lost"


@given(INSTANTS, ZONES, HOURS)
def test_quiet_hours_end_within_a_day_at_the_hour_that_was_chosen(
    now: datetime, zone: str, hours: Hours
) -> None:
    ends = quiet_until(now, zone, hours)
    here = now.astimezone(ZoneInfo(zone))
    if ends is None:
        assert here.hour != hours.quiet_from or hours.quiet_from == hours.quiet_until
        return
    assert now < ends <= now + timedelta(hours=25)
    there = ends.astimezone(ZoneInfo(zone))
    skipped = timedelta(hours=1) if there.hour == hours.quiet_until + 1 else timedelta()
    assert (there - skipped).hour == hours.quiet_until
    assert (there.minute, there.second) == (0, 0)


@pytest.mark.parametrize(
    ("zone", "utc", "ends"),
    [
        ("Asia/Jakarta", "2026-11-26T13:59", None),  # 20:59
        ("Asia/Jakarta", "2026-11-26T14:00", "2026-11-26T23:00"),  # 21:00 to 6:00
        ("Asia/Jakarta", "2026-11-26T22:59", "2026-11-26T23:00"),  # 5:59
        ("Asia/Jakarta", "2026-11-26T23:00", None),
        ("Asia/Jayapura", "2026-11-26T12:00", "2026-11-26T21:00"),  # two hours before Jakarta
        ("Europe/Berlin", "2027-03-27T21:00", "2027-03-28T04:00"),  # one hour is skipped
        ("Europe/Berlin", "2026-10-24T20:00", "2026-10-25T05:00"),  # one hour comes twice
    ],
)
def test_quiet_hours_are_those_of_the_members_own_clock(
    zone: str, utc: str, ends: str | None
) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(ends).replace(tzinfo=UTC) if ends else None
    assert quiet_until(now, zone, Hours()) == expected


@given(INSTANTS, ZONES)
def test_a_day_begins_where_the_member_lives(now: datetime, zone: str) -> None:
    began = day_began(now, zone)
    assert began <= now < began + timedelta(hours=25)
    assert began.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()
