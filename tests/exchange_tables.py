"""The tables and drawings of docs/exchanges.md, read from the rules.

Which state follows where that depends on the terms is found by walking through every exchange that
the table allows, with the same pure functions that the site uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from marketplace.exchanges import deadlines, rules
from marketplace.exchanges.rules import (
    BY_VERB,
    ENDS,
    SETTLED,
    STATES,
    TRANSITIONS,
    Transition,
    Ways,
)

_WHO = {
    rules.OWNER: "owner of the post",
    rules.OPENER: "who asked",
    rules.GIVER: "giver",
    rules.RECEIVER: "receiver",
    rules.EITHER: "either",
    rules.OTHER: "the other side",
    rules.SITE: "site",
}
_TELLS = {
    "owner": "the owner",
    "opener": "who asked",
    "other": "the other side",
    "both": "both, but for who did it",
    "nobody": "nobody",
}
_COUNTS = {
    "reserve": "promised + n",
    "free": "promised − n",
    "give": "promised − n, given + n",
    "return": "offer: promised − n; request: promised − n, given + n",
    "give_back": "given − n",
}
# What a step writes besides the state, its event and the counters.
_WRITES = {
    "promise": "quantity, when it was promised",
    "arrange": "the meeting; its calendar entry, one revision on",
    "hand_over": "who says that which way is done, and when",
    "confirm": "the ways that were said are done; a loan: the day it is due",
    "object": "what was said is taken out again",
    "meet": "the ways that were due are done; a loan: the day it is due",
    "extend": "the day it is due, how often",
    "say_returned": "who says that it is back, and when",
    "accept_return": "the way back is done; the return check",
    "deny_return": "what was said is taken out again",
}


NOTHING_SAID = Ways()


@dataclass(frozen=True)
class Stage:
    """Where an exchange stands, as far as the table needs to know."""

    terms: str
    state: str
    ways: Ways = NOTHING_SAID
    is_arranged: bool = False


@dataclass(frozen=True)
class Move:
    """One step that can happen, and what it does to the counters."""

    verb: str
    before: str
    after: str
    terms: str
    counts: str


def moves() -> list[Move]:
    """Every step that can happen from asking to the end, under each of the terms."""
    begun = [Stage(terms, "interested") for terms in rules.TERMS]
    seen, found = set(begun), dict[Move, None]()
    while begun:
        stage = begun.pop()
        for step in TRANSITIONS:
            for after in _after(stage, step):
                counts = rules.counts_of(
                    step.verb, stage.terms, (stage.state, after.state), after.ways
                )
                found[Move(step.verb, stage.state, after.state, stage.terms, counts)] = None
                if after not in seen:
                    seen.add(after)
                    begun.append(after)
    verbs, states = [step.verb for step in TRANSITIONS], STATES
    return sorted(
        found,
        key=lambda one: (
            verbs.index(one.verb), states.index(one.before), states.index(one.after), one.terms,
        ),
    )  # fmt: skip


def _after(stage: Stage, step: Transition) -> Iterator[Stage]:
    """Where a step can lead from here; nothing when it may not be taken."""
    loans_only = {"extend", "say_returned", "accept_return", "deny_return", "lose", "find"}
    if stage.state not in step.before or (step.verb in loans_only and stage.terms != "loan"):
        return
    for ways in _ways_after(stage, step.verb):
        arranged = step.verb == "arrange" or (stage.is_arranged and step.verb != "promise")
        settled = rules.settled(stage.terms, ways, arranged)
        yield Stage(stage.terms, settled if step.after == SETTLED else step.after, ways, arranged)


def _ways_after(stage: Stage, verb: str) -> Iterator[Ways]:
    ways, swaps = stage.ways, stage.terms == "swap"
    there = replace(ways, there_said=True, there_done=True)
    match verb:
        case "hand_over":
            if not ways.there_said:
                yield replace(ways, there_said=True)
            if swaps and not ways.back_said:
                yield replace(ways, back_said=True)
        case "confirm":
            yield replace(ways, there_done=ways.there_said, back_done=ways.back_said)
        case "object":
            yield replace(ways, there_said=ways.there_done, back_said=ways.back_done)
        case "meet" if stage.state in ("out", "returned"):
            yield replace(ways, back_said=True, back_done=True)
        case "meet":
            yield replace(there, back_said=True, back_done=True) if swaps else there
        case "say_returned":
            yield replace(ways, back_said=True)
        case "accept_return" | "find":
            yield replace(ways, back_said=True, back_done=True)
        case "deny_return":
            yield replace(ways, back_said=False)
        case "promise":
            yield NOTHING_SAID
        case _:
            yield ways


def steps_table() -> str:
    rows = [
        "| step | from | to | who may | what is written | whom it tells | what undoes it |",
        "|---|---|---|---|---|---|---|",
    ]
    for step in TRANSITIONS:
        mine = [move for move in moves() if move.verb == step.verb]
        counts = list(dict.fromkeys(_COUNTS[move.counts] for move in mine if move.counts))
        if len(counts) > 1:
            counts = [f"{_by_terms(mine)}"]
        cells = [
            f"`{step.verb}`",
            ", ".join(step.before),
            ", ".join(dict.fromkeys(move.after for move in mine)) or step.after,
            ", ".join(_WHO[who] for who in step.who),
            "; ".join(filter(None, [*counts, _WRITES.get(step.verb, "")])) or "the event",
            _told(step),
            _undone(step),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _by_terms(mine: list[Move]) -> str:
    """What the counters do, by where the step leads."""
    lines = dict.fromkeys(
        f"{move.after} ({move.terms}): {_COUNTS[move.counts]}" for move in mine if move.counts
    )
    return "; ".join(lines)


def _told(step: Transition) -> str:
    by_site = rules.SITE in step.who and step.tells in ("owner", "opener", "other")
    both = "; both, when the site did it" if by_site and step.verb != "decline" else ""
    return _TELLS[step.tells] + both


def _undone(step: Transition) -> str:
    undone: str | tuple[str, ...] = step.undone_by
    named = [undone] if isinstance(undone, str) else list(undone)
    return ", ".join(f"`{one}`" if one in BY_VERB else one for one in named if one) or "–"


def mermaid() -> str:
    """The state diagram, for readers whose page draws it."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> interested: ask"]
    for before, after, verbs in _arrows():
        lines.append(f"    {before} --> {after}: {', '.join(verbs)}")
    lines += [f"    {end} --> [*]" for end in ENDS]
    return "\n".join([*lines, "```"])


def drawing() -> str:
    """The same in plain text: below each state the steps out of it, and where they lead."""
    lines = ["```text", "(ask) ──> interested"]
    for state in STATES:
        out = [(after, verbs) for before, after, verbs in _arrows() if before == state]
        if not out:
            continue
        lines += ["", f"{state}{' (over)' if state in ENDS else ''}"]
        widest = max(len(", ".join(verbs)) for _, verbs in out)
        for number, (after, verbs) in enumerate(out):
            corner = "└─" if number == len(out) - 1 else "├─"
            names = ", ".join(verbs)
            dashes = "─" * (widest - len(names) + 2)
            lines.append(f"  {corner} {names} {dashes}> {after}{' ■' if after in ENDS else ''}")
    return "\n".join([*lines, "", "■ an end", "```"])


def _arrows() -> list[tuple[str, str, list[str]]]:
    """From, to, and the steps between the two; in the order of the states."""
    between: dict[tuple[str, str], list[str]] = {}
    found = moves()
    for move in found:
        names = between.setdefault((move.before, move.after), [])
        name = _with_terms(move, found)
        if name not in names:
            names.append(name)
    key = {state: number for number, state in enumerate(STATES)}
    ordered = sorted(between.items(), key=lambda one: (key[one[0][0]], key[one[0][1]]))
    return [(before, after, names) for (before, after), names in ordered]


def _with_terms(move: Move, found: list[Move]) -> str:
    """The step; with its terms where it leads to another state under others."""
    same = [one for one in found if (one.verb, one.before) == (move.verb, move.before)]
    here = {one.terms for one in same if one.after == move.after}
    if here == {one.terms for one in same}:
        return move.verb
    return f"{move.verb} ({', '.join(terms for terms in rules.TERMS if terms in here)})"


_BASES = {
    "active": "the promise, or the last message since",
    "meeting": "the meeting",
    "since": "the state began",
    "due": "the morning of the day it is due",
}


def deadlines_table() -> str:
    rows = ["| state | counted from | when | what the site does |", "|---|---|---|---|"]
    for state, (base, plan) in deadlines.PLANS.items():
        for number, (after, verb, kind) in enumerate(plan):
            does = f"reminds (`{kind}`)" if verb == deadlines.REMIND else f"`{verb}`"
            first = (state, _BASES[base]) if not number else ("", "")
            rows.append(f"| {first[0]} | {first[1]} | {_in_words(after)} | {does} |")
    return "\n".join(rows)


def _in_words(after: timedelta) -> str:
    hours = round(after.total_seconds() / 3600)
    if not hours:
        return "then"
    number, unit = (abs(hours) // 24, "day") if hours % 24 == 0 else (abs(hours), "hour")
    return f"{number} {unit}{'s' * (number > 1)} {'before' if hours < 0 else 'after'}"


def blocks() -> dict[str, str]:
    """What stands between the marks of docs/exchanges.md, by the name of the mark."""
    return {
        "steps": steps_table(),
        "diagram": mermaid(),
        "drawing": drawing(),
        "deadlines": deadlines_table(),
    }
