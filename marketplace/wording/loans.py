"""The words of loans: what the two are told, what to do then, and what cannot be.

The same day is said to the borrower and to the lender in words of their own: each can do
something else about it.
"""

from typing import Any

from flask_babel import gettext, lazy_gettext

NEWS: dict[str, Any] = {
    "exchange_extend": lazy_gettext("%(other)s has set a new day: “%(title)s” until %(due)s"),
    "loan_due_lender": lazy_gettext("“%(title)s” comes back to you today"),
    "loan_overdue_lender": lazy_gettext("%(other)s has not brought “%(title)s” back yet"),
    "loan_overdue_week_lender": lazy_gettext("“%(title)s” has been away a week too long"),
    "loan_overdue_weeks_lender": lazy_gettext("“%(title)s” has been away two weeks too long"),
    "loan_checked": lazy_gettext("%(other)s has looked at “%(title)s”"),
}

_LATE = lazy_gettext(
    "Bring it back, or write to each other about another day. Until then you cannot borrow "
    "anything else here."
)
_LENDER_LATE = lazy_gettext(
    "Write a friendly word, or set a new day on the page. If it is back already, say so there."
)

NEXT: dict[str, Any] = {
    "exchange_lose": lazy_gettext("If it turns up, bring it back: the lender can say so."),
    "exchange_lose_by_site": lazy_gettext(
        "After 60 days it counts as lost. If it turns up, the lender can say so on the page."
    ),
    "exchange_deny_return": lazy_gettext("Write to each other: perhaps it lies with somebody."),
    "loan_due": lazy_gettext("Say on the page when it is back; if you need longer, ask there."),
    "loan_due_lender": lazy_gettext("When it is there, have a look at it and say so on the page."),
    "loan_overdue": _LATE,
    "loan_overdue_week": _LATE,
    "loan_overdue_weeks": lazy_gettext(
        "Without a word it counts as lost after 60 days. Bring it back, or write what happened."
    ),
    "loan_overdue_lender": _LENDER_LATE,
    "loan_overdue_week_lender": _LENDER_LATE,
    "loan_overdue_weeks_lender": lazy_gettext(
        "If nothing helps, you can say on the page that it is lost; after 60 days it counts so."
    ),
    "loan_checked": lazy_gettext("You can answer in your conversation."),
}

PROBLEMS: dict[str, Any] = {
    "until_missing": lazy_gettext("Choose the new day."),
    "until_range": lazy_gettext("Choose a day from %(first)s to %(last)s."),
    "loan_overdue": lazy_gettext(
        "“%(title)s” was due back on %(due)s. Bring it back, or agree on a new day with its "
        "lender; then you can borrow again. You can still ask for gifts."
    ),
    "condition_missing": lazy_gettext("Say in what condition it came back."),
    "check_words_missing": lazy_gettext("Say in a few words what is damaged."),
}

CONDITIONS: dict[str, Any] = {
    "as_before": lazy_gettext("As before"),
    "worn": lazy_gettext("A little worn"),
    "damaged": lazy_gettext("Damaged"),
}

# Why a borrower cannot extend a loan alone, and what to do.
STAYS: dict[str, Any] = {
    "loan_waited_for": lazy_gettext("Somebody waits for it: ask the lender."),
    "loan_extended_enough": lazy_gettext(
        "You have kept it longer as often as you can by yourself: ask the lender."
    ),
    "loan_late": lazy_gettext("It is too late for that: write to the lender about a new day."),
}


def condition(code: str) -> str:
    """How something came back."""
    return str(CONDITIONS[code])


def due_title(title: str, name: str, *, lends: bool) -> str:
    """What stands in a calendar; of the other side no more than the first name."""
    first = (name.split() or [""])[0]
    if lends:
        return gettext("%(name)s brings back: %(title)s", name=first, title=title)
    return gettext("Bring back to %(name)s: %(title)s", name=first, title=title)
