"""The state table of a match: what each of its two sides may say, and what follows. Pure.

suggested -> seen -> accepted (by one) -> agreed (by both: they talk, and an exchange begins), or
declined with a reason. A match whose listing closes is closed with it. Both sides may take a word
of their own back as long as nothing came of it.
"""

from dataclasses import dataclass, replace

from marketplace.errors import Conflict

SIDES = ("offer", "request")
LIVE = ("suggested", "seen", "accepted")  # still to be answered
AGREED, DECLINED, CLOSED = "agreed", "declined", "closed"
STATES = (*LIVE, AGREED, DECLINED, CLOSED)
REASONS = ("not_what_i_need", "too_far", "timing", "have_it", "other")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a match stands. ``accepted``: the sides that said yes; ``declined_by``: the side that
    said no, "" when neither did."""

    state: str = "suggested"
    accepted: frozenset[str] = frozenset()
    declined_by: str = ""


def after(standing: Standing, verb: str, side: str) -> Standing:
    """Where it stands once ``side`` took this step: see, accept, decline, take_back.

    Saying the same again changes nothing. Raises Conflict("match_over") when the other has
    declined, both agreed, or a listing closed.
    """
    match verb:
        case "see":
            seen = standing.state == "suggested"
            return replace(standing, state="seen") if seen else standing
        case "accept":
            return _accepted(standing, side)
        case "decline":
            if standing.declined_by == side:
                return standing
            _require_live(standing)
            return Standing(DECLINED, standing.accepted - {side}, side)
        case "take_back":
            return _taken_back(standing, side)
    raise ValueError(verb)


def closed(standing: Standing) -> Standing:
    """Where it stands once one of its listings closed: what was agreed or declined stays so."""
    return replace(standing, state=CLOSED) if standing.state in LIVE else standing


def reopened(standing: Standing) -> Standing:
    """Where it stands once both listings are open again: nobody is held to an old yes."""
    return Standing("seen") if standing.state == CLOSED else standing


def is_acceptable(standing: Standing, side: str) -> bool:
    """Whether this side may still say yes."""
    return standing.state in LIVE and side not in standing.accepted


def _accepted(standing: Standing, side: str) -> Standing:
    if side in standing.accepted and standing.state in ("accepted", AGREED):
        return standing
    _require_live(standing)
    accepted = standing.accepted | {side}
    return Standing(AGREED if len(accepted) == len(SIDES) else "accepted", accepted)


def _taken_back(standing: Standing, side: str) -> Standing:
    """A yes before the other said yes as well, or a no."""
    if standing.declined_by == side:
        return Standing("accepted" if standing.accepted else "seen", standing.accepted)
    if standing.state != "accepted" or side not in standing.accepted:
        raise Conflict("match_over")
    rest = standing.accepted - {side}
    return Standing("accepted" if rest else "seen", rest)


def _require_live(standing: Standing) -> None:
    if standing.state not in LIVE:
        raise Conflict("match_over")
