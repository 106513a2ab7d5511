"""Weeks as 168-bit masks of hours, bit 0 = Monday 00:00 of a zone. Pure."""

HOURS = 168
FULL_WEEK = (1 << HOURS) - 1
# Parts of the day as people name them: first hour, hour after the last.
DAY_PARTS = (
    ("night", 0, 5),
    ("morning", 5, 11),
    ("midday", 11, 15),
    ("afternoon", 15, 18),
)
DAY_PARTS += (("evening", 18, 24),)


def shifted(mask: int, hours: int) -> int:
    """The same instants in a zone that is ``hours`` ahead; the week goes round."""
    hours %= HOURS
    return ((mask << hours) | (mask >> (HOURS - hours))) & FULL_WEEK


def slots(mask: int) -> list[list[int | str]]:
    """[day (Monday = 0), part of the day] of every part that has at least one hour in the mask."""
    return [
        [day, name]
        for day in range(7)
        for name, first, end in DAY_PARTS
        if mask >> (24 * day + first) & ((1 << (end - first)) - 1)
    ]
