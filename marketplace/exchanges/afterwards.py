"""What may be said once an exchange is over: thanks, and three questions answered blindly. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.errors import Problem
from marketplace.exchanges.rules import ENDS, GOOD_ENDS

WORDS_MAX = 500  # characters: a thank-you, not a review
QUESTIONS = ("came", "as_described", "again")
ANSWERS = {"yes": True, "no": False, "none": None}
FEEDBACK_OPEN = timedelta(days=30)
BLIND = timedelta(days=14)  # then what was said is shown, so that silence cannot hide it


@dataclass(frozen=True, slots=True)
class End:
    """How an exchange ended: ``at`` None while it runs."""

    state: str
    at: datetime | None
    was_promised: bool


def check_words(words: str) -> list[Problem]:
    """What is wrong with the (tidied) words of a thank-you."""
    if not words:
        return [Problem("words", "thanks_missing")]
    if len(words) > WORDS_MAX:
        return [Problem("words", "too_long", {"max": WORDS_MAX})]
    return []


def may_thank(end: End) -> bool:
    """After a good end, for as long as one likes."""
    return end.state in GOOD_ENDS


def may_answer(end: End, now: datetime) -> bool:
    """Whether the questions are open: something was promised and is over, not long ago."""
    over = end.state in ENDS and end.was_promised and end.at is not None
    return over and now < end.at + FEEDBACK_OPEN  # type: ignore[operator]


def are_shown(end: End, all_answered: tuple[bool, bool], now: datetime) -> bool:
    """Whether each may see what the other said: both have answered everything, or the time in
    which neither sees anything is over. Nothing else ever shows it."""
    if end.at is None:
        return False
    return all(all_answered) or now >= end.at + BLIND


def may_change(is_answered: bool, shown: bool) -> bool:
    """An answer may be given as long as the questions are open, and changed until it is shown."""
    return not (is_answered and shown)
