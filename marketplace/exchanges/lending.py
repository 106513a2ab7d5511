"""How long a loan runs, who may let it run longer and until when, and what a lender says of what
came back. Pure: days are local ones where the thing was lent, and ``today`` is an argument."""

from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.errors import Problem
from marketplace.exchanges import rules
from marketplace.listings.rules import LOAN_DAYS_MAX, one_line

USUAL_DAYS = 14  # where neither named a time
OWN_EXTENSIONS = 3  # then the lender is asked: what stays for ever is no loan any more
OWN_LATE_DAYS = 3  # whoever is later than that speaks with the lender first
CHECK_WITHIN = timedelta(days=14)  # of the return, where it was not looked at then
CHECK_WORDS_MAX = 300

# Reminders that say something else to the lender, who can do something else about it.
LENDERS_OWN = ("loan_due", "loan_overdue", "loan_overdue_week", "loan_overdue_weeks")


@dataclass(frozen=True, slots=True)
class Loan:
    """``days``: what was agreed on, or the most that the lender gives at a time; ``extensions``:
    how often the borrower extended it alone; ``taken_from``: the day that held before the borrower
    did, if nobody set another since; ``is_waited_for``: somebody could not have it otherwise."""

    due_on: date
    today: date
    days: int
    extensions: int = 0
    taken_from: date | None = None
    is_waited_for: bool = False


@dataclass(frozen=True, slots=True)
class Days:
    """The days to choose from, both included."""

    first: date
    last: date


def days_left(due_on: date, today: date) -> int:
    """0 on the day itself; below it, so many days late."""
    return (due_on - today).days


def why_not(loan: Loan) -> str:
    """Why the borrower may not extend it alone; empty when that is fine."""
    if loan.is_waited_for:
        return "loan_waited_for"
    if loan.extensions >= OWN_EXTENSIONS:
        return "loan_extended_enough"
    if days_left(loan.due_on, loan.today) < -OWN_LATE_DAYS:
        return "loan_late"
    return ""


def borrowers_days(loan: Loan) -> Days:
    """Later than now agreed, by the usual time of this loan at most."""
    return Days(_later(loan), max(loan.due_on, loan.today) + timedelta(days=loan.days))


def lenders_days(loan: Loan) -> Days:
    """Any later day; or an earlier one as far as the borrower moved it alone, from tomorrow on."""
    first = _later(loan)
    if loan.taken_from is not None:
        first = min(first, max(loan.taken_from, loan.today + timedelta(days=1)))
    return Days(first, loan.today + timedelta(days=LOAN_DAYS_MAX))


def extensions_after(loan: Loan, until: date, *, by_lender: bool) -> int:
    """A lender who takes an extension back means it; another day of theirs changes no count."""
    if not by_lender:
        return loan.extensions + 1
    return OWN_EXTENSIONS if until < loan.due_on else loan.extensions


def check_day(until: date | None, days: Days) -> list[Problem]:
    """What is wrong with a chosen day."""
    if until is None:
        return [Problem("until", "until_missing")]
    if days.first <= until <= days.last:
        return []
    return [Problem("until", "until_range", {"first": f"{days.first}", "last": f"{days.last}"})]


def check_condition(condition: str, words: str) -> list[Problem]:
    """What is wrong with what the lender says of a thing that came back."""
    problems = []
    if condition not in rules.CONDITIONS:
        problems.append(Problem("condition", "condition_missing"))
    if condition == "damaged" and not one_line(words):
        problems.append(Problem("words", "check_words_missing"))
    if len(one_line(words)) > CHECK_WORDS_MAX:
        problems.append(Problem("words", "too_long", {"max": CHECK_WORDS_MAX}))
    return problems


def reminder_for(kind: str, *, lends: bool) -> str:
    """The kind of news for this side."""
    return f"{kind}_lender" if lends and kind in LENDERS_OWN else kind


def _later(loan: Loan) -> date:
    return max(loan.due_on + timedelta(days=1), loan.today)
