"""The state table of an exchange: which step leads from where to where, and who may take it. Pure.

``TRANSITIONS`` is the whole of it; docs/exchanges.md draws it, and ``moves.move`` is the only
code that carries a step out.
"""

from collections.abc import Collection
from dataclasses import dataclass

from marketplace.errors import Problem

TERMS = ("gift", "loan", "swap")

# How far an exchange is. The first seven are running; each of the others is an end.
RUNNING = ("interested", "promised", "arranged", "handed_over", "partly", "out", "returned")
ENDS = ("closed", "lost", "declined", "released", "cancelled", "did_not_happen")
STATES = RUNNING + ENDS
RESERVING = ("promised", "arranged", "handed_over", "partly", "out", "returned")
GOOD_ENDS = ("closed",)
PROPOSAL_STATES = ("open", "accepted", "countered", "declined", "withdrawn")
CONDITIONS = ("as_before", "worn", "damaged")

# The sides. ``OTHER``: the one of the two who did not say the last thing that waits for an answer.
OWNER, OPENER, GIVER, RECEIVER = "owner", "opener", "giver", "receiver"
EITHER, OTHER, SITE = "either", "other", "site"

# The two ways of an exchange.
THERE, BACK = "there", "back"

ASK = "ask"  # how an exchange begins: no step of one, but it undoes an end
DISPUTE_DAYS = 14  # for saying that a report is not so; after that it stands

NOT_NOW = ("changed_mind", "another", "too_far", "no_answer", "other")
CALLED_OFF = ("changed_mind", "not_possible", "no_answer", "other")
FAILED = ("no_show", "changed_mind", "not_as_described", "unsafe")
SITE_ENDED = ("listing_closed", "nothing_left", "too_late", "no_word", "gone")
UNTOLD = ("unsafe", "other")  # not passed on to the other side: the one protects, one says nothing
REASONS = tuple(dict.fromkeys(NOT_NOW + CALLED_OFF + FAILED + SITE_ENDED))

# What a step does to the counters of the listing.
RESERVE, FREE, GIVE, GIVE_BACK, NO_COUNT = "reserve", "free", "give", "give_back", ""
RETURN = "return"  # a loan is back: there again for who offered it, met for who asked for it
SETTLED = "*"  # the state after follows from which ways are done: see ``settled``


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the table. ``who`` may take it (``SITE``: a sweep may as well); ``reasons`` are
    those to choose from (the site's own aside); ``tells`` whom it is told: owner, opener, other
    (who did not do it), both, or nobody; ``undone_by`` are the verbs that take it back."""

    verb: str
    before: tuple[str, ...]
    after: str
    who: tuple[str, ...]
    counts: str = NO_COUNT
    reasons: tuple[str, ...] = ()
    tells: str = "other"
    undone_by: tuple[str, ...] = ()


TRANSITIONS = (
    Transition(
        "promise", ("interested", "declined", "released"), "promised", (OWNER, SITE),
        counts=RESERVE, tells="opener", undone_by=("release", "cancel"),
    ),
    Transition(
        "decline", ("interested",), "declined", (OWNER, SITE),
        reasons=NOT_NOW, tells="opener", undone_by=("promise",),
    ),
    Transition(
        "withdraw", ("interested",), "cancelled", (OPENER, SITE), tells="nobody",
        undone_by=(ASK,),
    ),
    Transition(
        "arrange", ("promised", "arranged", "partly", "out", "returned"), SETTLED, (EITHER,),
        tells="both", undone_by=("arrange", "release", "cancel"),
    ),
    Transition(
        "release", ("promised", "arranged"), "released", (OWNER, SITE),
        counts=FREE, reasons=CALLED_OFF, tells="opener", undone_by=("promise",),
    ),
    Transition(
        "cancel", ("promised", "arranged"), "cancelled", (OPENER, SITE),
        counts=FREE, reasons=CALLED_OFF, tells="owner", undone_by=(ASK,),
    ),
    Transition(
        "fail", ("arranged",), "did_not_happen", (EITHER, SITE),
        counts=FREE, reasons=FAILED, undone_by=("dispute", ASK),
    ),
    Transition(
        "hand_over", ("promised", "arranged", "partly", "handed_over"), "handed_over", (EITHER,),
        undone_by=("object",),
    ),
    Transition(
        "confirm", ("handed_over",), SETTLED, (OTHER, SITE), tells="both",
    ),
    Transition(
        "object", ("handed_over",), SETTLED, (OTHER,), undone_by=("hand_over",),
    ),
    Transition(
        "meet", ("promised", "arranged", "partly", "handed_over", "out", "returned"), SETTLED,
        (EITHER,), tells="both",
    ),
    Transition(
        "break_off", ("partly",), "did_not_happen", (EITHER, SITE),
        counts=FREE, reasons=FAILED, undone_by=("dispute", ASK),
    ),
    Transition(
        "dispute", ("did_not_happen",), "did_not_happen", (OTHER,),
    ),
    Transition(
        "extend", ("out",), "out", (EITHER,), undone_by=("extend",),
    ),
    Transition(
        "say_returned", ("out",), "returned", (RECEIVER,), tells="other",
        undone_by=("deny_return",),
    ),
    Transition(
        "accept_return", ("out", "returned"), "closed", (GIVER, SITE),
        counts=RETURN, tells="other",
    ),
    Transition(
        "deny_return", ("returned",), "out", (GIVER,), undone_by=("say_returned",),
    ),
    Transition(
        "lose", ("out", "returned"), "lost", (GIVER, SITE), counts=GIVE, undone_by=("find",),
    ),
    Transition(
        "find", ("lost",), "closed", (GIVER,), counts=GIVE_BACK, tells="other",
    ),
)  # fmt: skip
BY_VERB = {one.verb: one for one in TRANSITIONS}


@dataclass(frozen=True, slots=True)
class Ways:
    """Which ways were said by one side, and which are done because both agree."""

    there_said: bool = False
    there_done: bool = False
    back_said: bool = False
    back_done: bool = False


def ways_of(terms: str) -> tuple[str, ...]:
    """The ways that the two hand over at the door: a swap goes both; a loan comes back later."""
    return (THERE, BACK) if terms == "swap" else (THERE,)


def unsaid(terms: str, ways: Ways) -> list[str]:
    """The ways of which nobody has said yet that it changed hands."""
    said = {THERE: ways.there_said or ways.there_done, BACK: ways.back_said or ways.back_done}
    return [way for way in ways_of(terms) if not said[way]]


def may(verb: str, state: str, sides: Collection[str], *, is_asked: bool = False) -> bool:
    """Whether somebody who is ``sides`` may take this step in this state; ``is_asked``: the other
    said something that waits for their answer."""
    step = BY_VERB[verb]
    if state not in step.before:
        return False
    if SITE in sides:
        return SITE in step.who
    if OTHER in step.who:
        return is_asked
    return EITHER in step.who or bool(set(step.who) & set(sides))


def verbs(state: str, sides: Collection[str], *, is_asked: bool = False) -> list[str]:
    """All steps that such a member may take now, in the order of the table."""
    return [one.verb for one in TRANSITIONS if may(one.verb, state, sides, is_asked=is_asked)]


def settled(terms: str, ways: Ways, is_arranged: bool) -> str:
    """The state that follows from which ways are said and done; ``is_arranged``: they agreed on a
    meeting. A gift ends with one way, a swap with both, a loan is out in between."""
    if terms == "loan" and ways.there_done:
        return "closed" if ways.back_done else ("returned" if ways.back_said else "out")
    if ways.there_done and (terms == "gift" or ways.back_done):
        return "closed"
    if (ways.there_said and not ways.there_done) or (ways.back_said and not ways.back_done):
        return "handed_over"
    if ways.there_done or ways.back_done:
        return "partly"
    return "arranged" if is_arranged else "promised"


def counts_of(verb: str, terms: str, change: tuple[str, str], ways: Ways) -> str:
    """What a step does to the counters: RESERVE, FREE (what was reserved is there again), GIVE
    (it is gone for good), RETURN, GIVE_BACK (gone, and there again after all) or nothing.

    Counted as given is what changed hands for good: when a gift or a swap closes, when a loan is
    lost, and when a swap breaks off after the first way. ``change``: the states before and after;
    ``ways`` are those after the step.
    """
    before, after = change
    step = BY_VERB[verb]
    if before == after:
        return NO_COUNT
    if after == "did_not_happen":
        return GIVE if ways.there_done else FREE
    if step.counts:
        return step.counts
    if after == "closed" and before in RESERVING:
        return RETURN if terms == "loan" else GIVE
    return NO_COUNT


def counts_for(direction: str, counts: str) -> str:
    """The same for an offer or a request: a request that a loan met stays met once it is back, or
    when what was lost turns up."""
    is_needed = direction == "request"
    if counts == RETURN:
        return GIVE if is_needed else FREE
    return NO_COUNT if is_needed and counts == GIVE_BACK else counts


def check_amount(amount: int | None, most: int | None) -> list[Problem]:
    """What is wrong with an amount: a whole number from 1 to ``most`` (None: no end)."""
    if amount is None or amount < 1:
        return [Problem("quantity", "whole_number")]
    if most is not None and amount > most:
        return [Problem("quantity", "quantity_range", {"max": most})]
    return []


def check_reason(verb: str, reason: str) -> list[Problem]:
    """Whether one of the reasons was chosen where a step asks for one."""
    reasons = BY_VERB[verb].reasons
    return [Problem("reason", "choice_missing")] if reasons and reason not in reasons else []
