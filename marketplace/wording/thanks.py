"""The words of what comes after an exchange: thanks, questions, and the facts about members."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from flask_babel import format_timedelta, gettext, lazy_gettext, ngettext

PROBLEMS: dict[str, Any] = {
    "thanks_missing": lazy_gettext("Write a sentence: what was it that did you good?"),
}

NEWS: dict[str, Any] = {
    "thanks_received": lazy_gettext("%(other)s thanks you for “%(title)s”"),
    "thank_waits": lazy_gettext("Would you like to say thank you to %(other)s for “%(title)s”?"),
}

NEXT: dict[str, Any] = {
    "thanks_received": lazy_gettext(
        "Only you two can read it. It stands on your page only if you both want that."
    ),
}

QUESTIONS: dict[str, Any] = {
    "came": lazy_gettext("Did it go as you two had agreed?"),
    "as_described": lazy_gettext("Was it as described?"),
    "again": lazy_gettext("Would you do it again?"),
}

SHOWS_UP: dict[str, Any] = {
    "nearly_always": lazy_gettext("nearly always comes as agreed"),
    "mostly": lazy_gettext("mostly comes as agreed"),
    "not_always": lazy_gettext("does not always come as agreed"),
}

REPLIES: dict[str, Any] = {
    "hour": lazy_gettext("usually answers within an hour"),
    "hours": lazy_gettext("usually answers within 3 hours"),
    "half_day": lazy_gettext("usually answers within half a day"),
    "day": lazy_gettext("usually answers within a day"),
    "days": lazy_gettext("usually answers within 3 days"),
    "week": lazy_gettext("usually answers within a week"),
    "longer": lazy_gettext("often takes more than a week to answer"),
}

OUTCOMES: dict[str, Any] = {
    "kept": lazy_gettext("Met as agreed"),
    "missed": lazy_gettext("The other waited in vain"),
    "called_off_late": lazy_gettext("Called off less than two hours before"),
}


def completed(number: int) -> str:
    """How many exchanges came to a good end."""
    return ngettext("%(num)d exchange completed", "%(num)d exchanges completed", number)


def who(member: Any, reader: Any) -> str | None:
    """A side of a link in a chain: a name, None for who is not named, "" for the reader."""
    if member is None:
        return None
    return "" if member.id == reader.id else str(member.name)


# Who gave whom, by the terms: the reader gave, the reader received, or two others.
_LINKS: dict[str, tuple[Any, Any, Any]] = {
    "gift": (
        lazy_gettext("You gave it to %(receiver)s"),
        lazy_gettext("%(giver)s gave it to you"),
        lazy_gettext("%(giver)s gave it to %(receiver)s"),
    ),
    "loan": (
        lazy_gettext("You lent it to %(receiver)s"),
        lazy_gettext("%(giver)s lent it to you"),
        lazy_gettext("%(giver)s lent it to %(receiver)s"),
    ),
    "swap": (
        lazy_gettext("You swapped it with %(receiver)s"),
        lazy_gettext("%(giver)s swapped it with you"),
        lazy_gettext("%(giver)s swapped it with %(receiver)s"),
    ),
}
A_NEIGHBOUR = lazy_gettext("a neighbour")


def link(terms: str, giver: str | None, receiver: str | None) -> str:
    """Who gave whom, as a sentence: "" is the reader, None somebody who is not named."""
    mine, to_me, others = _LINKS[terms]
    chosen = mine if giver == "" else to_me if receiver == "" else others
    names = {"giver": giver or A_NEIGHBOUR, "receiver": receiver or A_NEIGHBOUR}
    said = str(chosen) % names
    return said[:1].upper() + said[1:]


class Answered(Protocol):
    """A question that was answered."""

    @property
    def asked_at(self) -> datetime: ...

    @property
    def ended_at(self) -> datetime | None: ...


def answered_after(wait: Answered) -> str:
    """How long somebody waited for an answer, roughly."""
    lasted = max((wait.ended_at or wait.asked_at) - wait.asked_at, timedelta(minutes=1))
    return gettext("Answered after %(time)s", time=format_timedelta(lasted))
