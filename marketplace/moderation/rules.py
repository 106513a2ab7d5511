"""What may be reported and decided, and what a decision leads to. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from marketplace.errors import Problem
from marketplace.listings.rules import many_lines

# In the order in which they are asked: what hurts most and happens most first.
REASONS = (
    *("scam", "forbidden", "dangerous", "offensive", "spam"),
    *("not_real", "private_data", "minor", "other"),
)
WORDS_MAX = 1000  # characters, of a report, a decision, an appeal, an answer
APPEAL_DAYS = 30
PAUSE_DAYS = (3, 7, 30)  # or until further notice

# (thing, its state, action) -> its state after it. "back": what it was before.
TRANSITIONS: dict[tuple[str, str, str], str] = {
    ("listing", "open", "hide_listing"): "held",
    ("listing", "pending", "hide_listing"): "held",
    ("listing", "held", "unhide_listing"): "back",
    ("message", "shown", "hide_message"): "hidden",
    ("message", "hidden", "unhide_message"): "shown",
    ("member", "free", "warn"): "free",
    ("member", "free", "pause"): "paused",
    ("member", "paused", "end_pause"): "free",
}
# What an upheld appeal does. A warning is taken back by its own record alone.
UNDONE_BY = {
    "hide_listing": "unhide_listing",
    "hide_message": "unhide_message",
    "pause": "end_pause",
    "decline_listing": "open_listing",
    "warn": "",
}
TAKES_BACK = {undoing: done for done, undoing in UNDONE_BY.items() if undoing}


def actions(states: Iterable[tuple[str, str]]) -> list[str]:
    """What can be done with things in these (thing, state)s, in the order of the table."""
    there = set(states)
    return [action for thing, state, action in TRANSITIONS if (thing, state) in there]


def state_after(thing: str, state: str, action: str) -> str | None:
    """The state an action leads to; None when it cannot be done now."""
    return TRANSITIONS.get((thing, state, action))


def tidy(words: str) -> str:
    """The same words with white space put right and invisible characters out."""
    return many_lines(words)


def check_report(reason: str, words: str) -> list[Problem]:
    """Problems of a report with tidied words."""
    problems = _check_words(words, needed=reason == "other")
    if reason not in REASONS:
        problems.insert(0, Problem("reason", "choice_missing"))
    return problems


def check_decision(action: str, reason: str, words: str, possible: Iterable[str]) -> list[Problem]:
    """Problems of a decision with tidied words: the person must learn why."""
    problems = _check_words(words, needed=False)
    if action not in possible:
        problems.insert(0, Problem("action", "choice_missing"))
    elif action in UNDONE_BY and reason not in REASONS:
        problems.insert(0, Problem("reason", "choice_missing"))
    if action in UNDONE_BY and reason == "other" and not words:
        problems.append(Problem("words", "words_missing"))
    return problems


def check_appeal(words: str) -> list[Problem]:
    """Problems of an appeal with tidied words."""
    return _check_words(words, needed=True)


def check_answer(upheld: bool | None, words: str) -> list[Problem]:
    """Problems of the decision about an appeal; a refusal says why."""
    problems = _check_words(words, needed=upheld is False)
    if upheld is None:
        problems.insert(0, Problem("upheld", "choice_missing"))
    return problems


def is_still(action: str, state: str) -> bool:
    """Whether what an action led to is still so, and can be undone."""
    led_to = {"decline_listing": "draft"} | {
        done: after for (_, _, done), after in TRANSITIONS.items()
    }
    return led_to[action] == state


def until_of(days: int, now: datetime) -> datetime | None:
    """The end of a pause; None until further notice."""
    return now + timedelta(days=days) if days in PAUSE_DAYS else None


def may_appeal(action: str, made_at: datetime, now: datetime) -> bool:
    """Whether there is still time to appeal against a decision of this kind."""
    return action in UNDONE_BY and now - made_at <= timedelta(days=APPEAL_DAYS)


def _check_words(words: str, *, needed: bool) -> list[Problem]:
    if needed and not words:
        return [Problem("words", "words_missing")]
    if len(words) > WORDS_MAX:
        return [Problem("words", "too_long", {"max": WORDS_MAX})]
    return []
