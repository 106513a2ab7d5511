"""The words of what waits for a member: one sentence for each task, when it is to be done, and
whose turn it is."""

from datetime import date, datetime, timedelta
from typing import Any, Protocol

from flask_babel import format_date, format_time, gettext, lazy_gettext, ngettext

# By task; "_giver" where the giving side reads something else than the receiving one.
SENTENCES: dict[str, Any] = {
    "answer": lazy_gettext("%(name)s would like “%(title)s” and waits for your answer"),
    "answer_receiver": lazy_gettext("%(name)s could help with “%(title)s”: answer them"),
    "message": lazy_gettext("%(name)s about %(title)s"),
    "proposal": lazy_gettext("%(name)s proposes when to meet: “%(title)s”"),
    "arrange": lazy_gettext("Arrange with %(name)s when you get “%(title)s”"),
    "arrange_giver": lazy_gettext("Arrange with %(name)s when you hand over “%(title)s”"),
    "meeting": lazy_gettext("You meet %(name)s: “%(title)s”"),
    "hand_over": lazy_gettext("Have you met %(name)s? Say what became of “%(title)s”"),
    "confirm": lazy_gettext("%(name)s says that it changed hands: “%(title)s”. Is that so?"),
    "other_half": lazy_gettext("One half of the swap with %(name)s is still missing: “%(title)s”"),
    "bring_back": lazy_gettext("Bring “%(title)s” back to %(name)s"),
    "ask_back": lazy_gettext("%(name)s has not brought back “%(title)s” yet"),
    "check_return": lazy_gettext("%(name)s says that “%(title)s” is back: have a look at it"),
    "thank": lazy_gettext("Thank %(name)s for “%(title)s”"),
    "thank_giver": lazy_gettext("Say how it went with %(name)s: “%(title)s”"),
}

WHOSE: dict[str, Any] = {
    "yours": lazy_gettext("Your turn"),
    "theirs": lazy_gettext("Their turn"),
    "both": lazy_gettext("Your turn, both of you"),
    "nobody": "",
}

# What it is to do, in a word or two after "Your turn".
SHORT: dict[str, Any] = {
    "answer": lazy_gettext("answer"),
    "proposal": lazy_gettext("answer the proposal"),
    "arrange": lazy_gettext("arrange a meeting"),
    "meeting": lazy_gettext("meet"),
    "hand_over": lazy_gettext("say what happened"),
    "confirm": lazy_gettext("say whether it is so"),
    "other_half": lazy_gettext("the other half"),
    "bring_back": lazy_gettext("bring it back"),
    "ask_back": lazy_gettext("see that it comes back"),
    "check_return": lazy_gettext("have a look at it"),
    "thank": lazy_gettext("say thanks"),
}


class Turned(Protocol):
    """What ``exchanges.turns.Turn`` holds."""

    @property
    def task(self) -> str: ...

    @property
    def whose(self) -> str: ...

    @property
    def day(self) -> date | None: ...

    @property
    def at(self) -> datetime | None: ...


def task(turn: Turned, *, name: str, title: str, count: int = 1, gives: bool = True) -> str:
    """What is to be done, as one sentence; without a name: ``count`` of them wait."""
    if turn.task == "answer" and not name:
        return ngettext(
            "%(num)d person waits for your answer: “%(title)s”",
            "%(num)d people wait for your answer: “%(title)s”",
            count,
            title=title,
        )
    if turn.task == "message" and not name:
        return ngettext(
            "New messages in %(num)d conversation", "New messages in %(num)d conversations", count
        )
    side = "giver" if gives else "receiver"
    sentence = SENTENCES.get(f"{turn.task}_{side}", SENTENCES[turn.task])
    return str(sentence) % {"name": name, "title": title}


def task_when(turn: Turned, today: date) -> str:
    """Until or since when, where a day belongs to it: "today, 16:00", "due tomorrow"."""
    if turn.day is None:
        return ""
    day = _day(turn.day, today)
    if turn.task == "arrange":
        return gettext("The promise holds until %(day)s", day=day)
    if turn.task in ("meeting", "hand_over"):
        return gettext("%(day)s, %(time)s", day=day, time=format_time(turn.at, "short"))
    if turn.day < today:
        return gettext("It was due on %(day)s", day=day)
    return gettext("Due: %(day)s", day=day)


class Marked(Protocol):
    """What ``exchanges.lists.Mark`` holds."""

    @property
    def how(self) -> str: ...

    @property
    def count(self) -> int: ...

    @property
    def other(self) -> str: ...

    @property
    def due_on(self) -> date | None: ...


def mark(found: Marked, *, is_offer: bool) -> str:
    """How one's own post stands: "3 wait", "promised to Bob", "lent to Bob until 3 December"."""
    if found.how == "waiting":
        if is_offer:
            return ngettext("%(num)d person waits", "%(num)d people wait", found.count)
        return ngettext("%(num)d person offers help", "%(num)d people offer help", found.count)
    if found.count > 1:
        return _marks(found.how, found.count, is_offer)
    if found.how == "lent" and found.due_on is not None:
        day = format_date(found.due_on, "d MMMM")
        if is_offer:
            return gettext("lent to %(name)s until %(day)s", name=found.other, day=day)
        return gettext("borrowed from %(name)s until %(day)s", name=found.other, day=day)
    if is_offer:
        return gettext("promised to %(name)s", name=found.other)
    return gettext("%(name)s helps", name=found.other)


def _marks(how: str, count: int, is_offer: bool) -> str:
    if how == "lent" and is_offer:
        return ngettext("lent to %(num)d person", "lent to %(num)d people", count)
    if how == "lent":
        return ngettext("borrowed from %(num)d person", "borrowed from %(num)d people", count)
    if is_offer:
        return ngettext("promised to %(num)d person", "promised to %(num)d people", count)
    return ngettext("%(num)d person helps", "%(num)d people help", count)


def whose(turn: Turned) -> str:
    """Whose turn it is, and if it is the reader's, to do what; empty when there is nothing."""
    if turn.whose in ("yours", "both"):
        return gettext("%(whose)s: %(what)s", whose=WHOSE[turn.whose], what=SHORT[turn.task])
    return str(WHOSE[turn.whose])


def _day(day: date, today: date) -> str:
    if day == today:
        return gettext("today")
    if day == today + timedelta(days=1):
        return gettext("tomorrow")
    return str(format_date(day, "d MMMM"))
