"""The words of meetings: when and where, and what the two are told about them.

Sentences may name ``%(meeting)s``: day, time with its zone, and the place in public words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_time, get_timezone, gettext, lazy_gettext

PROBLEMS: dict[str, Any] = {
    "meeting_day_missing": lazy_gettext("Choose a day."),
    "meeting_time_missing": lazy_gettext("Choose a time."),
    "time_unreadable": lazy_gettext("Write the time like 9:30 or 16.00."),
    "meeting_past": lazy_gettext("This time is over: choose a later one."),
    "meeting_far": lazy_gettext("Choose a day within a year."),
    "meeting_place_missing": lazy_gettext("Say where, for example “the village library”."),
    "too_many_proposals": lazy_gettext(
        "There were %(max)s proposals in a day. Write a message, it is easier to agree that way."
    ),
    "exact_place_missing": lazy_gettext("Write where exactly, so that the other side finds it."),
}

NEWS: dict[str, Any] = {
    "meeting_proposed": lazy_gettext("%(other)s proposes to meet: %(meeting)s. “%(title)s”"),
    "meeting_countered": lazy_gettext(
        "%(other)s proposes another time or place: %(meeting)s. “%(title)s”"
    ),
    "meeting_declined": lazy_gettext("%(other)s cannot come then: %(meeting)s. “%(title)s”"),
    "meeting_withdrawn": lazy_gettext(
        "%(other)s has taken the proposal back: %(meeting)s. “%(title)s”"
    ),
    "exchange_arrange": lazy_gettext("%(other)s agrees. You meet: %(meeting)s. “%(title)s”"),
    "meeting_moved": lazy_gettext("%(other)s agrees. You meet now: %(meeting)s. “%(title)s”"),
    "meeting_noted": lazy_gettext("You meet %(other)s: %(meeting)s. “%(title)s”"),
    "meeting_off": lazy_gettext("You no longer need to come: %(meeting)s. “%(title)s”"),
    "meeting_soon": lazy_gettext("You meet %(other)s soon: %(meeting)s. “%(title)s”"),
    "meeting_over": lazy_gettext("Has “%(title)s” changed hands? You wanted to meet: %(meeting)s"),
}

_ANSWER = lazy_gettext("Accept it, propose another time, or decline: one tap each.")
_CALENDAR = lazy_gettext(
    "The file that comes with this mail puts it into your calendar. Where exactly is said on the "
    "page alone, and only to the two of you."
)

NEXT: dict[str, Any] = {
    "meeting_proposed": _ANSWER,
    "meeting_countered": _ANSWER,
    "meeting_declined": lazy_gettext("Propose another time that suits you."),
    "exchange_arrange": _CALENDAR,
    "meeting_moved": _CALENDAR,
    "meeting_noted": _CALENDAR,
    "meeting_soon": lazy_gettext("If you cannot come, please say so now on the page."),
    "meeting_over": lazy_gettext("Whether it did or did not happen: one tap is enough."),
}


def day_and_time(moment: datetime, zone: str, day: str = "EEEE, d MMMM") -> str:
    """ "Saturday, 28 November, 9:00 AM WIB" by the clock of ``zone``; empty: the reader's.
    ``day``: the pattern of the day, where room is short."""
    local = moment.astimezone(ZoneInfo(zone) if zone else get_timezone())
    return gettext(
        "%(day)s, %(time)s %(zone)s",
        day=format_date(local.date(), day),
        time=clock(local),
        zone=local.tzname(),
    )


@dataclass(frozen=True, slots=True)
class Leaf:
    """What stands on the leaf of a calendar."""

    month: str
    day: str
    weekday: str


def leaf(moment: datetime, zone: str) -> Leaf:
    """The day of an instant by the clock of ``zone``, in pieces."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return Leaf(*(format_date(day, piece) for piece in ("MMM", "d", "EEEE")))


def clock(local: datetime) -> str:
    """The time of day of a local time, as it is written in the language."""
    said = str(format_time(local.replace(tzinfo=None), "short", rebase=False))
    return said.replace("\u202f", " ")  # the narrow space is no space everywhere


def readable(params: Mapping[str, Any]) -> dict[str, Any]:
    """The same with ``meeting`` in words of the current language; empty when none is named."""
    if not params.get("meets"):
        return dict(params) | {"meeting": ""}
    said = [day_and_time(datetime.fromisoformat(params["meets"]), params.get("zone") or "")]
    return dict(params) | {"meeting": ", ".join(filter(None, [*said, params.get("where")]))}


def title(params: Mapping[str, Any]) -> str:
    """What stands in a calendar; of the other side no more than the first name."""
    name = (str(params.get("other") or "").split() or [""])[0]
    return gettext("Meet %(name)s: %(title)s", name=name, title=params.get("title") or "")
