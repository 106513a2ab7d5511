"""Whether an offer and a request fit, how well, and why. Pure.

``rank`` promises: the same sides give the same answer in the same order, whatever the order in
which they come; a gate that closes is never outweighed; and r rises with each of its parts.
Reasons are codes with JSON parameters; ``wording`` makes the sentences.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from marketplace.matching.parts import CATEGORY_SAME, ask, common_hours, distance_km, measure
from marketplace.matching.reasons import explain
from marketplace.matching.sides import Asked, Parts, Refused, Scored, Side, WordStats
from marketplace.places.cells import COARSEST, EDGE_KM

# How much each part weighs. What is asked for comes first: nearness cannot make an
# unfitting pair fit, so the practical parts scale the relevance instead of adding to it.
RELEVANCE_WEIGHTS = {"words": 0.65, "category": 0.30, "kind": 0.05}
PRACTICAL_WEIGHTS = {"distance": 0.55, "time": 0.25, "freshness": 0.20}
PRACTICAL_SHARE = 0.35  # the part of r that distance, time and freshness together can take away
MIN_SCORE = 0.30  # below this a pair is noise; the same category next door lies just above
GOOD, VERY_GOOD = 0.42, 0.60  # two and three grains of rice


def rank(
    listing: Side, candidates: Iterable[Side], *, now: datetime, stats: WordStats
) -> list[Scored]:
    """The candidates that fit ``listing``, best first; equal scores in order of id."""
    if listing.direction == "request":
        asked = ask(listing, stats)
        judged = [_judge(one, asked, now, one.id) for one in candidates]
    else:
        judged = [_judge(listing, ask(one, stats), now, one.id) for one in candidates]
    fitting = [one for one in judged if isinstance(one, Scored)]
    return sorted(fitting, key=lambda one: (-one.score, one.candidate_id))


def judge(listing: Side, candidate: Side, *, now: datetime, stats: WordStats) -> Scored | Refused:
    """The score of one pair with its reasons, or the gate that keeps it apart."""
    if listing.direction == "request":
        return _judge(candidate, ask(listing, stats), now, candidate.id)
    return _judge(listing, ask(candidate, stats), now, candidate.id)


def _judge(offer: Side, asked: Asked, now: datetime, candidate_id: int) -> Scored | Refused:
    need = asked.side
    if code := closed_gate(offer, need, now=now):
        return Refused(code)
    parts = measure(offer, asked, now)
    if not parts.words and parts.category < CATEGORY_SAME:
        return Refused("nothing_in_common")
    score = combine(parts)
    if score < MIN_SCORE:
        return Refused("too_weak")
    return Scored(candidate_id, offer.id, need.id, score, parts, explain(offer, asked))


def closed_gate(offer: Side, need: Side, *, now: datetime) -> str | None:
    """The code of the first gate that keeps the two apart; None when all are open."""
    gates: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("same_direction", lambda: offer.direction == need.direction),
        ("own", lambda: offer.owner_id == need.owner_id),
        (
            "blocked",
            lambda: need.owner_id in offer.blocked or offer.owner_id in need.blocked,
        ),
        ("closed", lambda: not (is_open(offer, now) and is_open(need, now))),
        (
            "terms",
            lambda: bool(offer.terms and need.terms and not offer.terms & need.terms),
        ),
        ("out_of_reach", lambda: out_of_reach(offer, need)),
        ("no_common_time", lambda: common_hours(offer, need) == 0),
    )
    return next((code for code, is_closed in gates if is_closed()), None)


def is_open(side: Side, now: datetime) -> bool:
    """Open, and its last day (in its own zone) not over."""
    today = (now + timedelta(hours=side.utc_offset_hours)).date()
    return side.open and (side.available_until is None or side.available_until >= today)


def out_of_reach(one: Side, other: Side) -> bool:
    """Whether neither owner would go so far; one who travels is enough.

    A coarse cell may lie nearer than its middle, so its size is given in the members' favour.
    """
    apart = distance_km(one, other)
    if apart is None:
        return False
    slack = EDGE_KM[min(one.cell_resolution or COARSEST, other.cell_resolution or COARSEST)]
    return apart - slack > max(one.reach_km, other.reach_km)


def combine(parts: Parts) -> float:
    """r in [0, 1], rising with every part: relevance, of which a share depends on the practical."""
    relevance = sum(w * getattr(parts, name) for name, w in RELEVANCE_WEIGHTS.items())
    practical = sum(w * getattr(parts, name) for name, w in PRACTICAL_WEIGHTS.items())
    score = relevance * (1 - PRACTICAL_SHARE + PRACTICAL_SHARE * practical)
    return round(min(1.0, max(0.0, score)), 6)


def grains(score: float) -> int:
    """Grains of rice for a score: 3 fits very well, 2 fits, 1 may fit."""
    return 1 + (score >= GOOD) + (score >= VERY_GOOD)
