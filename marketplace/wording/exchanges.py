"""The words of exchanges: states, reasons, what the two are told, and what to do then.

``NEWS`` is one sentence for each kind of news; ``NEXT`` stands below it in the mail and says what
to do. Both may name what ``exchanges.telling.params_of`` gives; who reads which kind is said in
``exchanges.kinds``. Only what a member did may name ``%(other)s`` as who did it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import format_date, lazy_gettext

from marketplace.wording import meetings

STATES: dict[str, Any] = {
    "interested": lazy_gettext("Waiting for an answer"),
    "promised": lazy_gettext("Promised"),
    "arranged": lazy_gettext("Meeting arranged"),
    "handed_over": lazy_gettext("Handed over, not confirmed yet"),
    "partly": lazy_gettext("One half of the swap is done"),
    "out": lazy_gettext("On loan"),
    "returned": lazy_gettext("Brought back, not confirmed yet"),
    "closed": lazy_gettext("Done"),
    "lost": lazy_gettext("Lost"),
    "declined": lazy_gettext("Declined"),
    "released": lazy_gettext("Promise taken back"),
    "cancelled": lazy_gettext("Called off"),
    "did_not_happen": lazy_gettext("Did not happen"),
}

REASONS: dict[str, Any] = {
    "changed_mind": lazy_gettext("Changed my mind"),
    "another": lazy_gettext("Somebody else needs it more, or came first"),
    "too_far": lazy_gettext("Too far, or the time does not suit"),
    "no_answer": lazy_gettext("No answer to my messages"),
    "not_possible": lazy_gettext("Something came up"),
    "other": lazy_gettext("Another reason"),
    "no_show": lazy_gettext("Nobody came"),
    "not_as_described": lazy_gettext("It was not as described"),
    "unsafe": lazy_gettext("I did not feel safe"),
    "listing_closed": lazy_gettext("The post is closed"),
    "nothing_left": lazy_gettext("Nothing is left"),
    "too_late": lazy_gettext("No meeting was arranged in time"),
    "no_word": lazy_gettext("Neither of you said what happened"),
    "gone": lazy_gettext("One of you is no longer here"),
}

# Why, as the other side reads it: what somebody says of themselves is turned round.
TOLD: dict[str, Any] = {
    "changed_mind": lazy_gettext("Plans have changed"),
    "another": REASONS["another"],
    "too_far": REASONS["too_far"],
    "no_answer": lazy_gettext("Your answer did not come"),
    "not_possible": REASONS["not_possible"],
    "no_show": lazy_gettext("Nobody came, they say"),
    "not_as_described": lazy_gettext("It was not as described, they say"),
    "listing_closed": REASONS["listing_closed"],
    "nothing_left": REASONS["nothing_left"],
    "too_late": REASONS["too_late"],
    "no_word": REASONS["no_word"],
    "gone": lazy_gettext("The other one is no longer here"),
}

PROBLEMS: dict[str, Any] = {
    "in_return_missing": lazy_gettext("Say in a few words what you give in return."),
    "door_code_wrong": lazy_gettext(
        "This is not the code that the other one shows now. Look at it once more."
    ),
    "door_code_own": lazy_gettext(
        "This is your own code: the other one enters it. Write the code that they show."
    ),
    "too_many_door_codes": lazy_gettext(
        "There were too many tries. Please wait an hour, or say on this page that it changed hands."
    ),
}

NEWS: dict[str, Any] = {
    "exchange_promise": lazy_gettext("%(other)s says yes: “%(title)s” is promised to you"),
    "exchange_promise_giver": lazy_gettext("%(other)s says yes to your help: “%(title)s”"),
    "exchange_promise_help_receiver": lazy_gettext("%(other)s says yes and helps: “%(title)s”"),
    "exchange_promise_loan_receiver": lazy_gettext("%(other)s says yes and lends you “%(title)s”"),
    "exchange_promise_loan_giver": lazy_gettext(
        "%(other)s says yes and would like to borrow it from you: “%(title)s”"
    ),
    "exchange_promise_swap": lazy_gettext("%(other)s says yes to the swap: “%(title)s”"),
    "exchange_promise_by_site": lazy_gettext("“%(title)s” is promised to you now"),
    "exchange_promise_by_site_giver": lazy_gettext("Your help is wanted now: “%(title)s”"),
    "exchange_promise_by_site_owner": lazy_gettext(
        "%(other)s was next, and has your promise now: “%(title)s”"
    ),
    "exchange_promise_drawn": lazy_gettext("You were drawn: “%(title)s” is promised to you"),
    "exchange_promise_drawn_owner": lazy_gettext(
        "%(other)s was drawn, and has your promise now: “%(title)s”"
    ),
    "exchange_decline": lazy_gettext("This time it did not work out: “%(title)s”"),
    "exchange_decline_giver": lazy_gettext("This time your help was not needed: “%(title)s”"),
    "exchange_decline_by_site": lazy_gettext("“%(title)s” is no longer to be had"),
    "exchange_decline_by_site_giver": lazy_gettext("Help is no longer needed: “%(title)s”"),
    "exchange_release": lazy_gettext("%(other)s has taken the promise back: “%(title)s”"),
    "exchange_release_giver": lazy_gettext("%(other)s no longer needs your help: “%(title)s”"),
    "exchange_release_by_site": lazy_gettext("The promise of “%(title)s” has lapsed"),
    "exchange_release_by_site_giver": lazy_gettext("Your offer of help has lapsed: “%(title)s”"),
    "exchange_release_by_site_owner": lazy_gettext(
        "Your promise to %(other)s has lapsed: “%(title)s”"
    ),
    "exchange_cancel": lazy_gettext("%(other)s has called it off: “%(title)s”"),
    "exchange_cancel_by_site": lazy_gettext("“%(title)s” cannot go on"),
    "exchange_fail": lazy_gettext("%(other)s says that it did not happen: “%(title)s”"),
    "exchange_fail_by_site": lazy_gettext("“%(title)s” has ended: nobody said that you met"),
    "exchange_hand_over_receiver": lazy_gettext("%(other)s says that you have “%(title)s” now"),
    "exchange_hand_over_giver": lazy_gettext("%(other)s says that they have “%(title)s” now"),
    "exchange_hand_over_help": lazy_gettext("%(other)s says that it is done: “%(title)s”"),
    "exchange_hand_over_back_giver": lazy_gettext(
        "%(other)s says that you have what they give in return for “%(title)s”"
    ),
    "exchange_hand_over_back_receiver": lazy_gettext(
        "%(other)s says that they have what you give in return for “%(title)s”"
    ),
    "exchange_hand_over": lazy_gettext("%(other)s says that “%(title)s” has changed hands"),
    "exchange_confirm": lazy_gettext("“%(title)s” has changed hands: you both agree"),
    "exchange_confirm_help": lazy_gettext("“%(title)s” is done: you both agree"),
    "exchange_confirm_half": lazy_gettext("One half of the swap is done: “%(title)s”"),
    "exchange_confirm_swap": lazy_gettext("The swap is done: “%(title)s”"),
    "exchange_confirm_loan_receiver": lazy_gettext(
        "“%(title)s” is with you now, on loan until %(due)s"
    ),
    "exchange_confirm_loan_giver": lazy_gettext(
        "“%(title)s” is with %(other)s now, on loan until %(due)s"
    ),
    "exchange_confirm_by_site": lazy_gettext("“%(title)s” counts as handed over"),
    "exchange_confirm_by_site_help": lazy_gettext("“%(title)s” counts as done"),
    "exchange_confirm_by_site_half": lazy_gettext(
        "One half of the swap counts as done: “%(title)s”"
    ),
    "exchange_confirm_by_site_loan": lazy_gettext(
        "“%(title)s” counts as handed over, on loan until %(due)s"
    ),
    "exchange_object": lazy_gettext("%(other)s says that “%(title)s” has not changed hands yet"),
    "exchange_object_help": lazy_gettext("%(other)s says that it is not done yet: “%(title)s”"),
    "exchange_object_back": lazy_gettext(
        "%(other)s says that what is given in return for “%(title)s” has not changed hands yet"
    ),
    "exchange_break_off": lazy_gettext("%(other)s has broken off the swap: “%(title)s”"),
    "exchange_break_off_by_site": lazy_gettext("The swap has ended half done: “%(title)s”"),
    "exchange_dispute": lazy_gettext("%(other)s says that your report is not so: “%(title)s”"),
    "exchange_say_returned": lazy_gettext("%(other)s says that “%(title)s” is back with you"),
    "exchange_accept_return": lazy_gettext("“%(title)s” is back: the loan is over"),
    "exchange_accept_return_by_site": lazy_gettext("“%(title)s” counts as brought back"),
    "exchange_deny_return": lazy_gettext("%(other)s says that “%(title)s” is not back yet"),
    "exchange_lose": lazy_gettext("%(other)s says that “%(title)s” is lost"),
    "exchange_lose_by_site": lazy_gettext("“%(title)s” counts as lost: it was not brought back"),
    "exchange_find": lazy_gettext("“%(title)s” has turned up again: the loan is over"),
    "exchange_free": lazy_gettext("“%(title)s” is free again: choose who gets it"),
    "exchange_free_receiver": lazy_gettext("Help is needed again: choose who helps, “%(title)s”"),
    "promise_waits": lazy_gettext("“%(title)s” is promised: when do you two meet?"),
    "promise_waits_help": lazy_gettext("Help is promised: when do you two meet? “%(title)s”"),
    "meeting_over_still": lazy_gettext("Once more: has “%(title)s” changed hands?"),
    "meeting_over_still_help": lazy_gettext("Once more: is it done? “%(title)s”"),
    "handover_waits": lazy_gettext("%(other)s waits for your word: has “%(title)s” changed hands?"),
    "handover_waits_help": lazy_gettext("%(other)s waits for your word: is it done? “%(title)s”"),
    "swap_waits": lazy_gettext("One half of the swap is still missing: “%(title)s”"),
    "loan_due_soon": lazy_gettext("“%(title)s” is due back on %(due)s"),
    "loan_due": lazy_gettext("“%(title)s” is due back today"),
    "loan_overdue": lazy_gettext("“%(title)s” was due back on %(due)s"),
    "loan_overdue_week": lazy_gettext("“%(title)s” has been overdue for a week"),
    "loan_overdue_weeks": lazy_gettext("“%(title)s” has been overdue for two weeks"),
    "return_waits": lazy_gettext("%(other)s waits for your word: is “%(title)s” back?"),
}

_ARRANGE = lazy_gettext(
    "Propose a place and a time. A promise without a meeting lapses after some days."
)
_SEARCH = lazy_gettext("The page shows what is similar and still to be had.")
_ANSWER = lazy_gettext("If that is not so, say it on the page; one tap is enough.")
_THANK = lazy_gettext("A word of thanks is always welcome.")
_THANKED = lazy_gettext("Thank you for offering. The page shows what others need.")
_CONFIRM = lazy_gettext("Say whether that is so; without a word it counts after a week.")
_CHOOSE = lazy_gettext("The page shows who waits, in the order of asking.")
_OTHER_HALF = lazy_gettext("Say on the page when the other half has followed.")
_LOOK = lazy_gettext(
    "Have a look at it, and say whether it is as before; without a word it counts after a week."
)
_TAP = lazy_gettext("Whether it did or did not happen: one tap is enough.")
_NEXT_ONE = lazy_gettext("Whoever waits comes next, and others can answer again.")
_WRITE = lazy_gettext("Write to each other, and say on the page when it has.")

NEXT: dict[str, Any] = {
    "exchange_promise": _ARRANGE,
    "exchange_promise_giver": _ARRANGE,
    "exchange_promise_help_receiver": _ARRANGE,
    "exchange_promise_loan_receiver": _ARRANGE,
    "exchange_promise_loan_giver": _ARRANGE,
    "exchange_promise_swap": _ARRANGE,
    "exchange_promise_by_site": _ARRANGE,
    "exchange_promise_by_site_giver": _ARRANGE,
    "exchange_promise_by_site_owner": _ARRANGE,
    "exchange_promise_drawn": _ARRANGE,
    "exchange_promise_drawn_owner": _ARRANGE,
    "exchange_decline": _SEARCH,
    "exchange_decline_giver": _THANKED,
    "exchange_decline_by_site": _SEARCH,
    "exchange_decline_by_site_giver": _THANKED,
    "exchange_release_giver": _THANKED,
    "exchange_release": _SEARCH,
    "exchange_release_by_site": _SEARCH,
    "exchange_release_by_site_owner": _NEXT_ONE,
    "exchange_cancel": _NEXT_ONE,
    "exchange_fail": _ANSWER,
    "exchange_break_off": _ANSWER,
    "exchange_free": _CHOOSE,
    "exchange_free_receiver": _CHOOSE,
    "exchange_hand_over": _CONFIRM,
    "exchange_hand_over_receiver": _CONFIRM,
    "exchange_hand_over_giver": _CONFIRM,
    "exchange_hand_over_help": _CONFIRM,
    "exchange_hand_over_back_giver": _CONFIRM,
    "exchange_hand_over_back_receiver": _CONFIRM,
    "exchange_confirm": _THANK,
    "exchange_confirm_help": _THANK,
    "exchange_confirm_swap": _THANK,
    "exchange_confirm_half": _OTHER_HALF,
    "exchange_confirm_by_site_half": _OTHER_HALF,
    "swap_waits": _OTHER_HALF,
    "exchange_confirm_loan_receiver": lazy_gettext(
        "We remind you before. If you need it longer, you find that on the page."
    ),
    "exchange_object": _WRITE,
    "exchange_object_help": _WRITE,
    "exchange_object_back": _WRITE,
    "exchange_accept_return": _THANK,
    "exchange_say_returned": _LOOK,
    "return_waits": _LOOK,
    "promise_waits": _ARRANGE,
    "promise_waits_help": _ARRANGE,
    "meeting_over_still": _TAP,
    "meeting_over_still_help": _TAP,
    "handover_waits": _CONFIRM,
    "handover_waits_help": _CONFIRM,
    "loan_due_soon": lazy_gettext(
        "If nobody else waits for it, you can extend the loan yourself on the page."
    ),
}


def state(code: str) -> str:
    """How far an exchange is."""
    return str(STATES[code])


def reason(code: str) -> str:
    """Why a step was taken."""
    return str(REASONS[code])


def why(params: Mapping[str, Any]) -> str:
    """The reason of a step as the other side reads it; empty when none is passed on."""
    return str(TOLD.get(str(params.get("reason") or ""), ""))


def readable(params: Mapping[str, Any]) -> dict[str, Any]:
    """The same with days, like that on which something is due, and the meeting in words of the
    language."""
    shown = meetings.readable(params)
    for name in ("due", "first", "last"):
        if shown.get(name):
            shown[name] = format_date(date.fromisoformat(shown[name]), "d MMMM yyyy")
    return shown
