"""The words of queues: who gets it, what those who wait are told, and their owner."""

from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

# Who gets it, by direction and rule: what the owner chooses, and what others read (…_read).
RULES: dict[tuple[str, str], Any] = {
    ("offer", "order"): lazy_gettext("I promise it; who asks waits in order"),
    ("offer", "first"): lazy_gettext("Whoever asks first has it at once"),
    ("offer", "choice"): lazy_gettext("I choose among those who ask"),
    ("request", "order"): lazy_gettext("I accept help in the order in which it is offered"),
    ("request", "choice"): lazy_gettext("I choose among those who offer help"),
}
RULE_HINTS: dict[tuple[str, str], Any] = {
    ("offer", "order"): lazy_gettext("If a promise falls through, it goes to the next by itself."),
    ("offer", "first"): lazy_gettext(
        "Without a word from you. If it falls through, it goes to the next by itself."
    ),
    ("offer", "choice"): lazy_gettext("If a promise falls through, you choose again."),
    ("request", "order"): lazy_gettext(
        "If it does not work out, the next offer of help is accepted by itself."
    ),
    ("request", "choice"): lazy_gettext("If it does not work out, you choose again."),
}
_READ: dict[tuple[str, str], Any] = {
    ("offer", "order"): lazy_gettext(
        "%(name)s says who gets it; if it falls through, it goes to the next in the queue."
    ),
    ("offer", "first"): lazy_gettext("Whoever asks first has it at once."),
    ("offer", "choice"): lazy_gettext("%(name)s chooses among those who ask."),
    ("request", "order"): lazy_gettext(
        "%(name)s accepts help in the order in which it is offered."
    ),
    ("request", "choice"): lazy_gettext("%(name)s chooses among those who offer help."),
}

_TERMS: dict[str, Any] = {
    "gift": lazy_gettext("As a gift"),
    "loan": lazy_gettext("As a loan"),
    "swap": lazy_gettext("As a swap"),
}

NEWS: dict[str, Any] = {
    "askers_wait": lazy_gettext(
        "Neighbours wait for your answer about “%(title)s” (waiting: %(waiting)s)"
    ),
    "question_closed": lazy_gettext("“%(title)s”, about which you asked, is closed now"),
}

NEXT: dict[str, Any] = {
    "askers_wait": lazy_gettext(
        "A yes or a no takes one tap each. Is it gone already? Then close the post, and everybody "
        "who waits is answered."
    ),
    "question_closed": lazy_gettext("Perhaps a neighbour has something like it."),
}


def rule(direction: str, code: str) -> str:
    """Who gets it, as its owner chooses it."""
    return str(RULES[direction, code])


def rule_hint(direction: str, code: str) -> str:
    return str(RULE_HINTS[direction, code])


def rule_for_others(direction: str, code: str, name: str) -> str:
    """Who gets it, as those read it who might ask; a request knows no "first"."""
    found = _READ.get((direction, code), _READ[direction, "order"])
    return str(found) % {"name": name}


def place(number: int, total: int) -> str:
    """The place of one who waits."""
    return gettext("Your place in the queue: %(number)s of %(total)s", number=number, total=total)


def waiting(count: int, direction: str) -> str:
    """How many wait for an answer."""
    if direction == "offer":
        return ngettext("%(num)d person waits", "%(num)d people wait", count)
    return ngettext("%(num)d person offers help", "%(num)d people offer help", count)


def terms(code: str) -> str:
    """Under which terms somebody asks, or offers help."""
    return str(_TERMS[code])
