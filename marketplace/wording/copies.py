"""Codes of exchanges as the copy of a member's data says them."""

from typing import Any

from flask_babel import lazy_gettext as _l

from marketplace import wording
from marketplace.wording import exchanges, history, loans

VERBS: dict[str, Any] = {
    "ask": _l("Asked"),
    "promise": _l("Promise"),
    "decline": _l("Refusal"),
    "withdraw": _l("No longer waited"),
    "arrange": _l("Meeting agreed"),
    "release": _l("Promise taken back"),
    "cancel": _l("Called off"),
    "fail": _l("Reported: did not happen"),
    "hand_over": _l("Said to have changed hands"),
    "confirm": _l("Both agreed"),
    "object": _l("Said not to have changed hands"),
    "meet": _l("Code at the door"),
    "break_off": _l("Swap broken off"),
    "dispute": _l("The report was disputed"),
    "extend": _l("Loan extended"),
    "say_returned": _l("Said to be brought back"),
    "accept_return": _l("Back again"),
    "deny_return": _l("Said not to be back"),
    "lose": _l("Lost"),
    "find": _l("Turned up again"),
}
PROPOSALS: dict[str, Any] = {
    "accepted": _l("Accepted"),
    "countered": _l("Answered with another proposal"),
    "declined": _l("Declined"),
}
_BY_KEY: dict[str, dict[str, Any]] = {
    "verb": VERBS,
    "terms": history.TERMS,
    "condition": loans.CONDITIONS,
    "reason": exchanges.REASONS,
    "state": exchanges.STATES | PROPOSALS | wording.STATES,
    "from_state": exchanges.STATES | wording.STATES,
    "to_state": exchanges.STATES | wording.STATES,
}


def word(key: str, value: str) -> str:
    """The word of a code; empty where it has none."""
    return str(_BY_KEY.get(key, {}).get(value, ""))
