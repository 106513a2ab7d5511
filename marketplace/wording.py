"""Codes of the pure modules, in words of the current language.

A code without words raises KeyError, so that no member ever reads one.
"""

from typing import Any, Protocol

from flask_babel import gettext, lazy_gettext


class Coded(Protocol):
    @property
    def code(self) -> str: ...

    @property
    def params(self) -> Any: ...


PROBLEMS: dict[str, Any] = {
    "required": lazy_gettext("Please fill this in."),
    "too_long": lazy_gettext("This is too long: at most %(max)s characters."),
}

REASONS: dict[str, Any] = {}

STATES: dict[str, Any] = {
    "draft": lazy_gettext("Draft"),
    "pending": lazy_gettext("Waiting for review"),
    "open": lazy_gettext("Open"),
    "held": lazy_gettext("Hidden by the moderators"),
    "fulfilled": lazy_gettext("Done"),
    "withdrawn": lazy_gettext("Withdrawn"),
}


def problem(coded: Coded) -> str:
    """What is wrong and what to do, as a sentence."""
    return str(PROBLEMS[coded.code]) % dict(coded.params)


def reason(coded: Coded) -> str:
    """Why two listings fit, as a short phrase."""
    return str(REASONS[coded.code]) % dict(coded.params)


def state(code: str) -> str:
    return str(STATES[code])


def band(from_km: float, to_km: float | None) -> str:
    """A distance band: "under 1 km", "2-5 km", "over 200 km"."""
    if to_km is None:
        return gettext("over %(km)s km", km=f"{from_km:g}")
    if not from_km:
        return gettext("under %(km)s km", km=f"{to_km:g}")
    return gettext("%(low)s–%(high)s km", low=f"{from_km:g}", high=f"{to_km:g}")
