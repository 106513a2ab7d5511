"""One line for each step of an exchange, as it stands between the messages of the two.

By the verb of the step: as the other side did it, ``..._by_me`` and ``..._by_site``. A sentence
that names nobody reads the same for both.
"""

from datetime import datetime
from typing import Any

from flask_babel import format_date, gettext, lazy_gettext

from marketplace.exchanges import rules
from marketplace.wording.exchanges import REASONS
from marketplace.wording.meetings import day_and_time

LINES: dict[str, Any] = {
    "ask": lazy_gettext("Asked for: %(what)s"),
    "ask_to_help": lazy_gettext("Help offered: %(what)s"),
    "promise": lazy_gettext("Promised: %(what)s"),
    "promise_by_site": lazy_gettext("Promised in the order of asking: %(what)s"),
    "promise_drawn": lazy_gettext("Drawn, and promised: %(what)s"),
    "promise_of_help": lazy_gettext("Help accepted: %(what)s"),
    "decline": lazy_gettext("%(name)s declined"),
    "decline_by_me": lazy_gettext("You declined"),
    "decline_by_site": lazy_gettext("Ended without a promise"),
    "withdraw": lazy_gettext("%(name)s no longer waits"),
    "withdraw_by_me": lazy_gettext("You no longer wait"),
    "withdraw_by_site": lazy_gettext("The waiting has ended"),
    "arrange": lazy_gettext("You two have arranged to meet"),
    "arrange_at": lazy_gettext("You two have arranged to meet: %(when)s"),
    "release": lazy_gettext("%(name)s took the promise back"),
    "release_by_me": lazy_gettext("You took the promise back"),
    "release_by_site": lazy_gettext("The promise has lapsed"),
    "cancel": lazy_gettext("%(name)s called it off"),
    "cancel_by_me": lazy_gettext("You called it off"),
    "cancel_by_site": lazy_gettext("This cannot go on"),
    "fail": lazy_gettext("%(name)s said that it did not happen"),
    "fail_by_me": lazy_gettext("You said that it did not happen"),
    "fail_by_site": lazy_gettext("Ended: nobody said that you met"),
    "hand_over": lazy_gettext("%(name)s said that it has changed hands"),
    "hand_over_by_me": lazy_gettext("You said that it has changed hands"),
    "hand_over_back": lazy_gettext("%(name)s said that the half in return has changed hands"),
    "hand_over_back_by_me": lazy_gettext("You said that the half in return has changed hands"),
    "confirm_back": lazy_gettext("The half in return has changed hands: you both agree"),
    "confirm": lazy_gettext("It has changed hands: you both agree"),
    "confirm_by_site": lazy_gettext("It counts as handed over: nobody objected"),
    "object": lazy_gettext("%(name)s said that it has not changed hands yet"),
    "object_by_me": lazy_gettext("You said that it has not changed hands yet"),
    "object_back": lazy_gettext("%(name)s said that the half in return has not changed hands yet"),
    "object_back_by_me": lazy_gettext("You said that the half in return has not changed hands yet"),
    "dispute": lazy_gettext("%(name)s said that this is not so"),
    "dispute_by_me": lazy_gettext("You said that this is not so"),
    "meet": lazy_gettext("It has changed hands, with the code at the door"),
    "meet_to_bring_back": lazy_gettext("It was brought back, with the code at the door"),
    "break_off": lazy_gettext("%(name)s broke the swap off"),
    "break_off_by_me": lazy_gettext("You broke the swap off"),
    "break_off_by_site": lazy_gettext("The swap has ended half done"),
    "extend": lazy_gettext("The loan runs longer"),
    "extend_until": lazy_gettext("The loan runs longer, until %(due)s"),
    "say_returned": lazy_gettext("%(name)s said that it was brought back"),
    "say_returned_by_me": lazy_gettext("You said that it was brought back"),
    "accept_return": lazy_gettext("It is back: the loan is over"),
    "accept_return_by_site": lazy_gettext("It counts as brought back: nobody objected"),
    "deny_return": lazy_gettext("%(name)s said that it is not back yet"),
    "deny_return_by_me": lazy_gettext("You said that it is not back yet"),
    "lose": lazy_gettext("%(name)s said that it is lost"),
    "lose_by_me": lazy_gettext("You said that it is lost"),
    "lose_by_site": lazy_gettext("It was not brought back and counts as lost"),
    "find": lazy_gettext("It has turned up again"),
}

TERMS: dict[str, Any] = {
    "gift": lazy_gettext("as a gift"),
    "loan": lazy_gettext("as a loan"),
    "swap": lazy_gettext("as a swap"),
}


_SIGNS = {
    "interested": "seed",
    "promised": "sprout",
    "arranged": "stalk",
    "handed_over": "panicle",
    "partly": "panicle",
    "out": "panicle",
    "returned": "panicle",
    "closed": "sheaf",
}


def line_key(event: Any, exchange: Any, reader_id: int) -> str:
    """Which of ``LINES`` tells this step to this reader."""
    helps = exchange.listing.direction == "request"
    special = {
        "ask": "ask_to_help" if helps else "",
        "promise": "promise_drawn"
        if event.params.get("drawn")
        else "promise_of_help"
        if helps and event.actor_id
        else "",
        "arrange": "arrange_at" if event.params.get("at") else "",
        "meet": "meet_to_bring_back" if event.from_state in ("out", "returned") else "",
        "extend": "extend_until" if event.params.get("until") else "",
    }.get(event.verb)
    if special:
        return special
    by = {None: "_by_site", reader_id: "_by_me"}.get(event.actor_id, "")
    verb = str(event.verb)
    if f"{verb}_back" in LINES and event.actor_id and is_about_back(event):
        verb += "_back"
    return f"{verb}{by}" if f"{verb}{by}" in LINES else verb


def is_about_back(event: Any) -> bool:
    """Whether a step is about what a swap gives in return, and about nothing else."""
    return event.params.get("way") == "back" or event.params.get("ways") == ["back"]


def told_reason(event: Any, reader_id: int) -> str:
    """Why a step was taken, as far as the reader is told: that somebody did not feel safe is
    between them and the moderators."""
    if event.reason not in REASONS:
        return ""
    is_secret = event.reason in rules.UNTOLD and event.actor_id != reader_id
    return str(REASONS["other" if is_secret else event.reason])


def line(step: Any, reader_id: int, name: str, amount: str) -> str:
    """What happened by an ``exchanges.history.Line``; ``name`` is the other member's, ``amount``
    the quantity in words, empty where it says nothing."""
    event, exchange = step.event, step.exchange
    values = {
        "name": name,
        "what": ", ".join(filter(None, (amount, str(TERMS[exchange.terms])))),
        "when": _moment(event.params.get("at"), exchange.meets_zone),
        "due": _day(event.params.get("until")),
    }
    said = str(LINES[line_key(event, exchange, reader_id)]) % values
    why = told_reason(event, reader_id)
    if not why:
        return said
    if event.actor_id is None:
        return gettext("%(line)s. %(reason)s.", line=said, reason=why)
    return gettext("%(line)s: “%(reason)s”", line=said, reason=why)


def sign_of(event: Any) -> str:
    """The icon of a step: how far the exchange had grown by it; none where it ended otherwise."""
    return _SIGNS.get(event.to_state, "")


def _moment(text: Any, zone: str) -> str:
    return day_and_time(datetime.fromisoformat(str(text)), zone) if text else ""


def _day(text: Any) -> str:
    return format_date(datetime.fromisoformat(str(text)).date(), "d MMMM") if text else ""
