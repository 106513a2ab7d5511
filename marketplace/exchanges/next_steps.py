"""What comes next in an exchange for the one of the two who looks at it: what to say, and the one
main action. Pure; ``wording.next_steps`` has the sentences.
"""

from dataclasses import dataclass

from marketplace.exchanges import rules

# What a main button does: a step of the table, or a page to go to.
CODE, PROPOSE, REPORT, SIMILAR = "code", "propose", "report", "similar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """An exchange as one of its two sides sees it.

    ``owns``: the reader's is the listing; ``gives``: the reader gives what goes *there*;
    ``is_asked``: the other said something that waits for the reader's word, ``theirs`` being the
    first way that they said; ``has_met``: the meeting that they agreed on is over; ``ended_it``:
    the reader took the last step; ``is_disputed``: that step disputed the report before it;
    ``felt_unsafe``: the reader gave that as a reason.
    """

    state: str
    terms: str
    ways: rules.Ways
    owns: bool = False
    gives: bool = False
    is_asked: bool = False
    theirs: str = rules.THERE
    has_met: bool = False
    ended_it: bool = False
    is_disputed: bool = False
    felt_unsafe: bool = False
    window: str = ""
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class NextStep:
    """``code`` names what to say; ``step`` is what the main button does (empty: there is none,
    because it is not the reader's turn); ``way`` is the way that it is about; ``gives``: the
    reader is the one who gives on that way."""

    code: str
    step: str = ""
    way: str = rules.THERE
    gives: bool = False


def next_step(sight: Sight) -> NextStep:
    """What comes next for the reader."""
    side = "giver" if sight.gives else "receiver"
    match sight.state:
        case "interested":
            return _of_waiting(sight)
        case "promised":
            return NextStep(f"arrange_{side}", PROPOSE)
        case "arranged" if not sight.has_met:
            return NextStep(f"meet_{side}", CODE)
        case "arranged" | "handed_over" | "partly":
            return _at_the_door(sight)
        case "out":
            return NextStep("borrowed" if side == "receiver" else "lent")
        case "returned":
            return NextStep("look_at_it" if side == "giver" else "wait_look")
        case "lost":
            return NextStep(f"lost_{side}")
        case "closed":
            return NextStep("closed")
    return _ended(sight)


def _of_waiting(sight: Sight) -> NextStep:
    """Somebody asked: the owner answers, unless a window or a draw does."""
    reader = "owner" if sight.owns else "opener"
    if sight.window:
        return NextStep(f"window_{sight.window}_{reader}")
    if sight.drawn:
        return NextStep(f"drawn_{reader}")
    return NextStep("answer", "promise") if sight.owns else NextStep("wait_answer")


def _at_the_door(sight: Sight) -> NextStep:
    """Who has to say, or to agree, that something changed hands."""
    if sight.is_asked:
        return _about("confirm", "confirm", sight.theirs, sight)
    left = rules.unsaid(sight.terms, sight.ways)
    if not left:
        return NextStep("wait_confirm")
    if sight.state == "partly":
        return _about("second", "hand_over", left[0], sight)
    if sight.state == "handed_over":  # a swap of which the reader said one way
        return _about("second_said", "hand_over", left[0], sight)
    own = _own_way(sight) if len(left) > 1 else left[0]
    return _about("said", "hand_over", own, sight)


def _own_way(sight: Sight) -> str:
    """The way on which the reader gives."""
    return rules.THERE if sight.gives else rules.BACK


def _about(code: str, step: str, way: str, sight: Sight) -> NextStep:
    gives = way == _own_way(sight)
    return NextStep(f"{code}_{'giver' if gives else 'receiver'}", step, way, gives)


def _ended(sight: Sight) -> NextStep:
    """An end that is none of the good ones."""
    if sight.state != "did_not_happen":
        if sight.owns:
            return NextStep(f"{sight.state}_owner")
        return NextStep(f"{sight.state}_opener", "" if sight.state == "cancelled" else SIMILAR)
    if sight.felt_unsafe:
        return NextStep("failed_unsafe", REPORT)
    if sight.is_disputed:
        return NextStep("disputed_own" if sight.ended_it else "disputed_theirs")
    if sight.ended_it:
        return NextStep("failed_own")
    return NextStep("failed_theirs", "dispute") if sight.is_asked else NextStep("failed")
