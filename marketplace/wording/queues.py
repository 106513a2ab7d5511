"""The words of queues: who gets it, what those who wait are told, and their owner."""

from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

# Who gets it, by direction and rule: what the owner chooses, and what others read (…_read).
RULES: dict[tuple[str, str], Any] = {
    ("offer", "order"): lazy_gettext("I promise it; who asks waits in order"),
    ("offer", "first"): lazy_gettext("Whoever asks first has it at once"),
    ("offer", "choice"): lazy_gettext("I choose among those who ask"),
    ("offer", "draw"): lazy_gettext("It is drawn, and need counts a little"),
    ("request", "order"): lazy_gettext("I accept help in the order in which it is offered"),
    ("request", "choice"): lazy_gettext("I choose among those who offer help"),
}
RULE_HINTS: dict[tuple[str, str], Any] = {
    ("offer", "order"): lazy_gettext("If a promise falls through, it goes to the next by itself."),
    ("offer", "first"): lazy_gettext(
        "Without a word from you. If it falls through, it goes to the next by itself."
    ),
    ("offer", "choice"): lazy_gettext("If a promise falls through, you choose again."),
    ("offer", "draw"): lazy_gettext(
        "Good where many will ask. Everybody has the same time to ask; then it is drawn by itself, "
        "so that anybody can check it. If a promise falls through, it goes to the next drawn."
    ),
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
    ("offer", "draw"): lazy_gettext("It is drawn among those who ask; need counts a little."),
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

_WINDOW_CLOSES: dict[str, Any] = {
    "choice": lazy_gettext(
        "Open for asking until %(when)s; then %(name)s chooses among all who asked."
    ),
    "draw": lazy_gettext(
        "Open for asking until %(when)s; then it is drawn among all who asked, and need counts a "
        "little. Asking early or late makes no difference."
    ),
}
_DRAWN = lazy_gettext(
    "It was drawn in which order those who asked come. Whoever asks now waits behind them."
)
_UNDER_WAY = lazy_gettext("The time for asking is over; the answer comes in a minute or two.")

NEWS: dict[str, Any] = {
    "rule_now_order": lazy_gettext(
        "%(other)s now says who gets “%(title)s”, in the order of asking. You still wait."
    ),
    "rule_now_first": lazy_gettext(
        "“%(title)s” now goes to whoever asks first; you come before those who ask later."
    ),
    "rule_now_choice": lazy_gettext(
        "%(other)s now chooses who gets “%(title)s” among those who ask. You still wait."
    ),
    "rule_now_choice_later": lazy_gettext(
        "%(other)s chooses who gets “%(title)s” after %(meeting)s. You still wait."
    ),
    "rule_now_draw_later": lazy_gettext(
        "It is drawn who gets “%(title)s”: %(meeting)s. You take part."
    ),
    "rule_now_order_request": lazy_gettext(
        "%(other)s now accepts help with “%(title)s” in the order in which it is offered."
    ),
    "rule_now_choice_request": lazy_gettext(
        "%(other)s now chooses who helps with “%(title)s”. Your offer of help stands."
    ),
    "draw_place": lazy_gettext("“%(title)s” was drawn. You wait at place %(number)s of %(total)s."),
    "window_drawn": lazy_gettext("“%(title)s” was drawn among those who asked (%(waiting)s)"),
    "window_chooses": lazy_gettext(
        "The time for asking for “%(title)s” is over (waiting: %(waiting)s): choose who gets it"
    ),
    "window_nobody": lazy_gettext("Nobody asked for “%(title)s” in the time for asking"),
    "askers_wait": lazy_gettext(
        "Neighbours wait for your answer about “%(title)s” (waiting: %(waiting)s)"
    ),
    "question_closed": lazy_gettext("“%(title)s”, about which you asked, is closed now"),
}

PROBLEMS: dict[str, Any] = {
    "window_hours_missing": lazy_gettext("Choose for how long people may ask before it is drawn."),
    "window_hours_range": lazy_gettext("Choose from %(min)s to %(max)s hours."),
    "window_nothing_left": lazy_gettext(
        "All of it is promised, and those who wait are next in their order. A time for asking can "
        "begin only while there is something left."
    ),
}

NEXT: dict[str, Any] = {
    "draw_place": lazy_gettext(
        "If a promise falls through, it goes to the next by itself. How it was drawn stands on the "
        "page of the draw, and anybody can check it."
    ),
    "window_drawn": lazy_gettext(
        "Who was drawn has your promise, everybody else knows their place. You two agree on where "
        "and when."
    ),
    "window_chooses": lazy_gettext("A yes or a no takes one tap each."),
    "window_nobody": lazy_gettext("It is still up: whoever asks from now on waits for your word."),
    "rule_now_draw_later": lazy_gettext(
        "You need not do anything. Asking early or late makes no difference."
    ),
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


def window_closes(rule: str, name: str, when: str) -> str:
    """Until when people may ask and what happens then, before anybody asks."""
    return str(_WINDOW_CLOSES[rule]) % {"name": name, "when": when}


def under_way() -> str:
    """Between the end of the time for asking and what follows."""
    return str(_UNDER_WAY)


def drawn() -> str:
    """The rule, once it was drawn."""
    return str(_DRAWN)


def tickets(count: int, extra: int) -> str:
    """How the tickets of a draw are made; ``extra``: what the coin adds."""
    if not extra:
        return gettext("Everybody has %(count)s tickets: need plays no part here.", count=count)
    return gettext(
        "Everybody has %(count)s tickets, and a secret coin may add %(extra)s: the more often, the "
        "greater the need. So need counts a little, and the tickets tell nobody's need.",
        count=count,
        extra=extra,
    )


def hours(count: int) -> str:
    """For how long people may ask."""
    return ngettext("%(num)d hour", "%(num)d hours", count)


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
