"""Units in words: by themselves, and with a number."""

from collections.abc import Callable

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

UNIT_NAMES = {
    "piece": _l("pieces"),
    "set": _l("sets"),
    "pair": _l("pairs"),
    "pack": _l("packs"),
    "box": _l("boxes"),
    "sack": _l("sacks"),
    "bunch": _l("bunches"),
    "portion": _l("portions"),
    "kg": _l("kg"),
    "litre": _l("litres"),
    "metre": _l("metres"),
    "hour": _l("hours"),
    "day": _l("days"),
    "night": _l("nights"),
    "session": _l("sessions"),
    "seat": _l("seats"),
    "trip": _l("trips"),
}
_AMOUNTS: dict[str, Callable[[int], str]] = {
    "piece": lambda n: ngettext("%(num)d piece", "%(num)d pieces", n),
    "set": lambda n: ngettext("%(num)d set", "%(num)d sets", n),
    "pair": lambda n: ngettext("%(num)d pair", "%(num)d pairs", n),
    "pack": lambda n: ngettext("%(num)d pack", "%(num)d packs", n),
    "box": lambda n: ngettext("%(num)d box", "%(num)d boxes", n),
    "sack": lambda n: ngettext("%(num)d sack", "%(num)d sacks", n),
    "bunch": lambda n: ngettext("%(num)d bunch", "%(num)d bunches", n),
    "portion": lambda n: ngettext("%(num)d portion", "%(num)d portions", n),
    "kg": lambda n: ngettext("%(num)d kg", "%(num)d kg", n),
    "litre": lambda n: ngettext("%(num)d litre", "%(num)d litres", n),
    "metre": lambda n: ngettext("%(num)d metre", "%(num)d metres", n),
    "hour": lambda n: ngettext("%(num)d hour", "%(num)d hours", n),
    "day": lambda n: ngettext("%(num)d day", "%(num)d days", n),
    "night": lambda n: ngettext("%(num)d night", "%(num)d nights", n),
    "session": lambda n: ngettext("%(num)d session", "%(num)d sessions", n),
    "seat": lambda n: ngettext("%(num)d seat", "%(num)d seats", n),
    "trip": lambda n: ngettext("%(num)d trip", "%(num)d trips", n),
}


def amount(number: int, unit: str) -> str:
    """A number with its unit ("1 piece", "12 kg"); the bare number without one."""
    return _AMOUNTS[unit](number) if unit in _AMOUNTS else str(number)
