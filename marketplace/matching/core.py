"""Whether offers and requests fit, how well, and why. Pure.

``rank`` promises: the same sides give the same answer in the same order, whatever the order in
which they come; a gate that closes is never outweighed; and r rises with each of its parts.
All candidates are scored at once in arrays; only what is kept gets reasons: codes with JSON
parameters, of which ``wording`` makes the sentences. Step by step in docs/matching.md.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from marketplace.matching import parts
from marketplace.matching.columns import Columns
from marketplace.matching.reasons import explain
from marketplace.matching.said import Bools, Codes, Floats
from marketplace.matching.sides import PART_NAMES, Parts, Refused, Scored, Side, WordStats
from marketplace.matching.words import ask, concept_part, word_part

# How much each part weighs. What is asked for comes first: nearness cannot make an
# unfitting pair fit, so the practical parts scale the relevance instead of adding to it.
# Fitted by ``python -m bench fit_matching`` on half of tests/data/matching.
RELEVANCE_WEIGHTS = {"words": 0.14, "concepts": 0.61, "category": 0.20, "kind": 0.05}
# Declared, for no judgements say them. Most meetings fail by the way there, then by the time; a
# number can be talked about; an old post is often forgotten; who may be relied on is a nudge only,
# so that newcomers are not kept out.
PRACTICAL_WEIGHTS = {
    "distance": 0.50,
    "time": 0.20,
    "quantity": 0.10,
    "freshness": 0.15,
    "reliability": 0.05,
}
PRACTICAL_SHARE = 0.35  # the part of r that the practical parts together can take away
# By the fitting half, where places and times are unknown: of what lies above MIN_SCORE a third is
# right (and the right ones stand first), above GOOD three quarters, above VERY_GOOD nine in ten.
MIN_SCORE = 0.28  # below this a pair is noise; the same category next door lies just below
GOOD, VERY_GOOD = 0.40, 0.50  # two and three grains of rice

# Why a pair is kept apart, the first that holds. The last two are no gates: it fits too little.
GATES = ("same_direction", "own", "blocked", "closed", "terms", "out_of_reach", "no_common_time")
REFUSALS = ("", *GATES, "nothing_in_common", "too_weak")


@dataclass(frozen=True, slots=True)
class Judged:
    """Of every candidate its score, its parts (a row for each of PART_NAMES) and the number of the
    refusal that keeps it apart, 0 for none."""

    scores: Floats
    parts: Floats
    refusals: NDArray[np.int64]


def rank(
    listing: Side,
    candidates: Iterable[Side],
    *,
    now: datetime,
    stats: WordStats,
    most: int | None = None,
    always: Collection[int] = (),
) -> list[Scored]:
    """The candidates that fit ``listing``, best first; equal scores in order of id. With ``most``
    only so many of them, and those whose ids are in ``always``."""
    columns = Columns(candidates, Codes())
    if not len(columns):
        return []
    judged = judge_all(listing, columns, now=now, stats=stats)
    fitting = np.flatnonzero(judged.refusals == 0)
    order = fitting[np.lexsort((columns.ids[fitting], -judged.scores[fitting]))].tolist()
    if most is not None:
        order = [*order[:most], *(at for at in order[most:] if columns.sides[at].id in always)]
    return [_scored(listing, columns.sides[at], judged.parts[:, at], stats) for at in order]


def judge(listing: Side, candidate: Side, *, now: datetime, stats: WordStats) -> Scored | Refused:
    """The score of one pair with its reasons, or what keeps it apart."""
    judged = judge_all(listing, Columns([candidate], Codes()), now=now, stats=stats)
    if refusal := int(judged.refusals[0]):
        return Refused(REFUSALS[refusal])
    return _scored(listing, candidate, judged.parts[:, 0], stats)


def judge_all(listing: Side, candidates: Columns, *, now: datetime, stats: WordStats) -> Judged:
    """Every candidate, whether it fits or not, in the order of the columns."""
    one = Columns([listing], candidates.codes)
    is_need = listing.direction == "request"
    offers, needs = (candidates, one) if is_need else (one, candidates)
    measured = measure(offers, needs, now, stats)
    scores = combine(measured)
    closed = gates(one, candidates, now)
    shut = np.select(closed, range(1, len(GATES) + 1), 0)
    _, concepts, category = measured[:3]  # the first of PART_NAMES
    nothing = (concepts <= 0) & (category < parts.CATEGORY_SAME)  # nor words: those mean too
    weak = np.select(
        [nothing, scores < MIN_SCORE],
        [REFUSALS.index("nothing_in_common"), REFUSALS.index("too_weak")],
        0,
    )
    return Judged(scores, measured, np.where(shut > 0, shut, weak))


def gates(one: Columns, many: Columns, now: datetime) -> list[Bools]:
    """For each of GATES with whom it keeps the one apart; pairs are the same both ways."""
    return [
        one.is_offer == many.is_offer,
        one.owners == many.owners,
        many.blocks(one.sides[0]),
        ~(_is_open(one, now) & _is_open(many, now)),
        (one.terms & many.terms == 0) & (one.terms > 0) & (many.terms > 0),
        out_of_reach(one, many),
        one.said_hours & many.said_hours & (parts.hours_in_common(one, many) == 0),
    ]


def _is_open(columns: Columns, now: datetime) -> Bools:
    """Open, and its last day (in its own zone) not over."""
    return columns.is_open & (columns.last_days >= columns.today(now))


def out_of_reach(one: Columns, many: Columns) -> Bools:
    """Whether neither owner would go so far; one who travels is enough.

    A coarse cell may lie nearer than its middle, so its size is given in the members' favour.
    """
    slack = np.maximum(one.edges_km, many.edges_km)
    reach = np.maximum(one.reaches_km, many.reaches_km)
    return parts.kilometres(one, many) - slack > reach  # never, where nothing is known


def measure(offers: Columns, needs: Columns, now: datetime, stats: WordStats) -> Floats:
    """Every part of every pair in [0, 1]: a row for each of PART_NAMES."""
    said, asked = offers.said, [ask(need, stats) for need in needs.sides]
    words = word_part(said, asked)
    return np.clip(
        np.stack(
            [
                words,
                concept_part(said, asked, words),
                parts.category_part(offers, needs),
                parts.kind_part(offers, needs),
                parts.distance_part(offers, needs),
                parts.time_part(offers, needs),
                parts.quantity_part(offers, needs),
                parts.freshness_part(offers, needs, now),
                parts.reliability_part(offers, needs),
            ]
        ),
        0.0,
        1.0,
    )


def combine(measured: Floats) -> Floats:
    """r in [0, 1], rising with every part: relevance, of which a share depends on the practical."""
    named = dict(zip(PART_NAMES, measured, strict=True))
    relevance = sum(weight * named[name] for name, weight in RELEVANCE_WEIGHTS.items())
    practical = sum(weight * named[name] for name, weight in PRACTICAL_WEIGHTS.items())
    scores = relevance * (1 - PRACTICAL_SHARE + PRACTICAL_SHARE * practical)
    return np.round(np.clip(scores, 0.0, 1.0), 6)


def grains(score: float) -> int:
    """Grains of rice for a score: 3 fits very well, 2 fits, 1 may fit."""
    return 1 + (score >= GOOD) + (score >= VERY_GOOD)


def _scored(listing: Side, other: Side, measured: Floats, stats: WordStats) -> Scored:
    is_need = listing.direction == "request"
    offer, need = (other, listing) if is_need else (listing, other)
    return Scored(
        other.id,
        offer.id,
        need.id,
        float(combine(measured)),
        Parts(*map(float, measured)),
        explain(offer, ask(need, stats)),
    )
