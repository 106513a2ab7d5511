"""Weekly availability as a mask of the 168 hours of a week. Pure.

Bit 0 is Monday 00:00-01:00 in the zone of the place, bit 167 Sunday 23:00-24:00. Stored as 42
hexadecimal digits; None means any time. Members pick parts of days, never single hours.
"""

from collections.abc import Iterable
from dataclasses import dataclass

HOURS_PER_DAY = 24
DAYS = 7
HOURS_PER_WEEK = DAYS * HOURS_PER_DAY
HEX_DIGITS = HOURS_PER_WEEK // 4
FULL = (1 << HOURS_PER_WEEK) - 1

# First hour and the hour after the last, as the words are used in Indonesia.
PARTS: dict[str, tuple[int, int]] = {
    "pagi": (6, 11),
    "siang": (11, 15),
    "sore": (15, 18),
    "malam": (18, 22),
}
Pick = tuple[int, str]
WEEKEND = (5, 6)
BY_DAY = ("pagi", "siang", "sore")
# One tick for many: the names that forms send beside "0-pagi".
SHORTCUTS: dict[str, tuple[Pick, ...]] = {
    "weekends": tuple((day, part) for day in WEEKEND for part in PARTS),
    "evenings": tuple((day, "malam") for day in range(DAYS)),
    "weekdays": tuple(
        (day, part)
        for day in range(DAYS)
        if day not in WEEKEND
        for part in ("pagi", "siang", "sore")
    ),
}


@dataclass(frozen=True, slots=True)
class Span:
    """The same parts on several days: 0 is Monday. All days and all parts: any time."""

    days: tuple[int, ...]
    parts: tuple[str, ...]


def mask_of(picks: Iterable[Pick]) -> int:
    """The mask of (day, part) pairs. Raises KeyError or ValueError for what is not a pair."""
    mask = 0
    for day, part in picks:
        if not 0 <= day < DAYS:
            raise ValueError(f"no such day: {day}")
        mask |= _part_mask(day, part)
    return mask


def picks_of(mask: int) -> frozenset[Pick]:
    """The (day, part) pairs that the mask holds in full."""
    return frozenset(
        (day, part)
        for day in range(DAYS)
        for part in PARTS
        if mask & _part_mask(day, part) == _part_mask(day, part)
    )


def encode(mask: int | None) -> str | None:
    """42 hexadecimal digits, or None for any time (also for an empty mask)."""
    if mask is None or mask == 0 or mask == FULL:
        return None
    if not 0 < mask < FULL:
        raise ValueError("the mask has more hours than a week")
    return f"{mask:0{HEX_DIGITS}x}"


def decode(text: str | None) -> int:
    """The mask; every hour for None. Raises ValueError for anything that is not a mask."""
    if text is None:
        return FULL
    if len(text) != HEX_DIGITS:
        raise ValueError("a week is 42 hexadecimal digits")
    return int(text, 16)


def to_fields(picks: Iterable[Pick]) -> list[str]:
    """Names for check boxes: "0-pagi" is Monday morning."""
    return [f"{day}-{part}" for day, part in sorted(picks, key=_order)]


def from_fields(names: Iterable[str]) -> frozenset[Pick]:
    """The pairs of check box names and of shortcuts; what is no such name is left out."""
    picks: set[Pick] = set()
    for name in names:
        picks.update(SHORTCUTS.get(name, ()))
        day, _, part = name.partition("-")
        if day.isascii() and day.isdigit() and int(day) < DAYS and part in PARTS:
            picks.add((int(day), part))
    return frozenset(picks)


def spans(mask: int) -> list[Span]:
    """The week in few words: days with the same parts together, from Monday on."""
    parts_of_day = [
        tuple(part for part in PARTS if (day, part) in picks_of(mask)) for day in range(DAYS)
    ]
    found: dict[tuple[str, ...], list[int]] = {}
    for day, parts in enumerate(parts_of_day):
        if parts:
            found.setdefault(parts, []).append(day)
    return [Span(tuple(days), parts) for parts, days in found.items()]


def _part_mask(day: int, part: str) -> int:
    first, after = PARTS[part]
    return ((1 << (after - first)) - 1) << (day * HOURS_PER_DAY + first)


def _order(pick: Pick) -> tuple[int, int]:
    return pick[0], list(PARTS).index(pick[1])
