"""What a proposal to meet has to say, and which times to suggest. Pure.

Days and times of day are those of the clock at the place where the two meet.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from marketplace.errors import Problem
from marketplace.listings import hours
from marketplace.listings.rules import one_line

PLACE_MAX = 160  # characters, as in the database
WORDS_MAX = 300
EXACT_MAX = 300
FARTHEST = timedelta(days=365)
A_DAY_MAX = 12  # proposals in one exchange: more is no longer a talk about a time
SUGGESTED = 3
AHEAD = timedelta(hours=3)  # nobody drops everything for a meeting that is suggested
DAYS_LOOKED_AT = 14
HOURS = (16, 9, 19, 13)  # one in each part of the day that members can pick, the best first

_DAY = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CLOCK = re.compile(r"(\d{1,2})(?:[.:](\d{2}))?(?::\d{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed: ``day`` and ``clock`` as browsers send them or as people write them
    (28/11/2026, 9.30); ``place`` in words that may be read before the two have agreed; ``words``
    beside it."""

    day: str = ""
    clock: str = ""
    place: str = ""
    words: str = ""


def read_day(text: str) -> date | None:
    """2026-11-28 or 28/11/2026; None for anything else."""
    text = text.strip()
    if iso := _ISO_DAY.fullmatch(text):
        year, month, day = map(int, iso.groups())
    elif written := _DAY.fullmatch(text):
        day, month, year = map(int, written.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_clock(text: str) -> time | None:
    """09:30, 9.30 or 9; None for anything else."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def starts_at(draft: Draft, zone: str) -> datetime | None:
    """The instant that the draft names; None unless both can be read."""
    day, clock = read_day(draft.day), read_clock(draft.clock)
    return None if day is None or clock is None else datetime.combine(day, clock, ZoneInfo(zone))


def check(draft: Draft, zone: str, now: datetime) -> list[Problem]:
    """What stands in the way of proposing this; empty when nothing does."""
    found = [*_check_time(draft, zone, now)]
    place, words = one_line(draft.place), one_line(draft.words)
    if not place:
        found.append(Problem("place", "meeting_place_missing"))
    elif len(place) > PLACE_MAX:
        found.append(Problem("place", "too_long", {"max": PLACE_MAX}))
    if len(words) > WORDS_MAX:
        found.append(Problem("words", "too_long", {"max": WORDS_MAX}))
    return found


def _check_time(draft: Draft, zone: str, now: datetime) -> Iterable[Problem]:
    day, clock = read_day(draft.day), read_clock(draft.clock)
    if day is None:
        yield Problem("day", "date_unreadable" if draft.day.strip() else "meeting_day_missing")
    if clock is None:
        yield Problem("clock", "time_unreadable" if draft.clock.strip() else "meeting_time_missing")
    today = now.astimezone(ZoneInfo(zone)).date()
    if day is not None and day < today:
        yield Problem("day", "until_past")
    elif day is not None and day > today + FARTHEST:
        yield Problem("day", "meeting_far")
    elif (moment := starts_at(draft, zone)) is not None and moment <= now:
        yield Problem("clock", "meeting_past")


def check_exact(text: str) -> list[Problem]:
    """What is wrong with the exact place, already tidied."""
    if not text:
        return [Problem("text", "exact_place_missing")]
    return [Problem("text", "too_long", {"max": EXACT_MAX})] if len(text) > EXACT_MAX else []


def suggestions(mask: int, zone: str, after: datetime) -> list[datetime]:
    """A few times at which it suits both, each on another day, now by day and now in the morning.

    ``mask``: the hours of the week as in ``listings.hours``, in ``zone``; ``after``: how early.
    """
    found: list[datetime] = []
    first = after.astimezone(ZoneInfo(zone)).date()
    for number in range(DAYS_LOOKED_AT):
        day = first + timedelta(days=number)
        turned = HOURS[len(found) % 2 :] + HOURS[: len(found) % 2]
        suiting = (
            moment
            for hour in turned
            if mask >> (day.weekday() * hours.HOURS_PER_DAY + hour) & 1
            and (moment := datetime.combine(day, time(hour), ZoneInfo(zone))) >= after
        )
        found += itertools.islice(suiting, 1)
        if len(found) == SUGGESTED:
            break
    return found
