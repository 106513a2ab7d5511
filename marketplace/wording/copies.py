"""Codes as the copy of a member's data says them, so that nobody has to read one."""

from collections import defaultdict
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
CHANNELS: dict[str, Any] = {
    "at_once": _l("At once"),
    "digest": _l("In the daily digest"),
    "here": _l("Only on the site"),
}
TOPICS: dict[str, Any] = {
    "message": _l("Messages"),
    "match": _l("What fits"),
    "promise": _l("Exchanges"),
    "reminder": _l("Reminders"),
    "alert": _l("Saved searches"),
    "event": _l("Events"),
    "account": _l("My account"),
    "staff": _l("Work of the staff"),
}
MAIL: dict[str, Any] = {
    "mailed": _l("By mail"),
    "waiting": _l("Waits for the end of quiet hours"),
    "digest": _l("In the daily digest"),
    "none": _l("Not by mail"),
}
TYPES: dict[str, Any] = {
    "person": _l("A person"),
    "helped": _l("Somebody who is helped"),
    "organisation": _l("An organisation"),
}
PLACES: dict[str, Any] = {
    "cell": _l("A rough place"),
    "online": _l("Online"),
    "unknown": _l("Not known"),
}
GIVING: dict[str, Any] = {
    "first": _l("The first who asks"),
    "order": _l("In the order of asking"),
    "choice": _l("Whom I choose"),
    "draw": _l("Who is drawn"),
}
OUTCOMES: dict[str, Any] = {
    "acted": _l("Something was done"),
    "dismissed": _l("Nothing was done"),
    "kept": _l("The account stays"),
    "erased": _l("Erased"),
    "drawn": _l("It was drawn"),
    "chooses": _l("It was time to choose"),
    "nobody": _l("Nobody asked"),
    "called_off": _l("Called off"),
}
ASKED_BY: dict[str, Any] = {
    "member": _l("Myself"),
    "operator": _l("The people who run this site"),
}
ACTIONS: dict[str, Any] = {
    "hide_listing": _l("Post hidden"),
    "unhide_listing": _l("Post no longer hidden"),
    "decline_listing": _l("Post sent back"),
    "open_listing": _l("Post put up"),
    "hide_message": _l("Message hidden"),
    "unhide_message": _l("Message no longer hidden"),
    "warn": _l("Warning"),
    "pause": _l("Account paused"),
    "end_pause": _l("Account no longer paused"),
    "account.hand_code": _l("Code for a new password handed out"),
    "appeal.deny": _l("Appeal looked at, decision stays"),
    "appeal.uphold": _l("Appeal looked at, decision undone"),
    "case.dismiss": _l("Report looked at, nothing done"),
    "conversation.view": _l("Reported message looked at"),
    "listing.approve": _l("Post put up"),
    "mail.retry": _l("Mail sent again"),
    "member.copy": _l("Copy of the data made"),
    "member.leave": _l("Account deleted on request"),
    "staff.add": _l("Became staff"),
    "staff.remove": _l("Is no longer staff"),
}
PURPOSES: dict[str, Any] = {
    "change_email": _l("Change the address"),
    "confirm_email": _l("Confirm the address"),
    "confirm_new_email": _l("Confirm the new address"),
    "reset_password": _l("Set a new password"),
}
_BY_KEY: dict[str, dict[str, Any]] = {
    "verb": VERBS,
    "terms": history.TERMS,
    "condition": loans.CONDITIONS,
    "reason": exchanges.REASONS,
    "state": exchanges.STATES | PROPOSALS | wording.STATES,
    "from_state": exchanges.STATES | wording.STATES,
    "to_state": exchanges.STATES | wording.STATES,
    "topic": TOPICS,
    "channel": CHANNELS,
    "mail": MAIL,
    "type": TYPES,
    "place_kind": PLACES,
    "giving_rule": GIVING,
    "rule": GIVING,
    "outcome": OUTCOMES,
    "asked_by": ASKED_BY,
    "action": ACTIONS,
    "purpose": PURPOSES,
}


def word(key: str, value: str) -> str:
    """The word of a code; empty where it has none. A kind of news is its sentence, with "…" for
    what stands beside it in the copy."""
    if key == "kind" and value in wording.NEWS:
        return str(wording.NEWS[value]) % defaultdict(lambda: "…")
    return str(_BY_KEY.get(key, {}).get(value.removeprefix("decision."), ""))
