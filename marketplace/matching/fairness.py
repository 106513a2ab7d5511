"""In which order a giver sees the requests that fit what they offer. Pure, over numpy.

Relevance decides what fits; need decides only among what fits about equally well:

    n = .4 hardship + .2 area + .2 min(1, days waiting / 30) + .2 / (1 + received in 90 days)
    s = r (1 + lambda n),  0 <= lambda <= 1/2

``r`` in [0, 1] comes from ``core``, ``n`` in [0, 1] from ``need_points``. What this promises, with
proofs in docs/fairness.md: need lifts nothing past what is more than (1 + lambda) times as
relevant; more need never means a worse place; at least 1 / (1 + lambda) of the relevance that the
best order has (DCG with linear gain) stays; lambda = 0 is the order by relevance; what does not
fit (r = 0) is not shown, whatever the need; the order in which things come plays no part.

Sources: need by area and by what was received, beside what one can use: Prendergast 2017, "How Food
Banks Use Markets to Feed the Poor" (Feeding America). A bounded choice among what suits about
equally well brings nearly even shares at little cost: Mertzanidis, Psomas and Verma 2024,
"Automating Food Drop". Things that come one by one go to who likes them and has had least:
Aleksandrov, Aziz, Gaspers and Walsh 2015, "Online Fair Division: Analysing a Food Bank Problem".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# What each part of the need counts at most; together 1.
HARDSHIP_WEIGHT = 0.4  # what members say themselves knows most, and tells nobody how
AREA_WEIGHT = 0.2
WAITING_WEIGHT = 0.2
RECEIVED_WEIGHT = 0.2

WAITING_DAYS = 30.0  # after so long waiting counts fully: nobody waits themselves to the top
RECEIVED_DAYS = 90  # what was received before that is forgotten
NEUTRAL_AREA = 0.5  # an area of which nothing is known: neither poorer nor richer than others

LAMBDA = 0.25  # how far need may lift, unless the operator says otherwise
LAMBDA_MAX = 0.5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the need behind a request. ``in_hardship``: said by the member, in force.

    ``deprivation``: share of areas that are not poorer, in [0, 1]; ``days_waiting`` since the
    request was published; ``received``: completed exchanges as receiver in RECEIVED_DAYS.
    """

    in_hardship: bool = False
    deprivation: float = NEUTRAL_AREA
    days_waiting: float = 0.0
    received: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What each part of a need adds; ``total`` is n in [0, 1]."""

    hardship: float
    area: float
    waiting: float
    received: float

    @property
    def total(self) -> float:
        return min(1.0, self.hardship + self.area + self.waiting + self.received)


def need_points(facts: Facts) -> Points:
    """The need behind a request, part by part. Raises ValueError for what cannot be a fact."""
    if not 0.0 <= facts.deprivation <= 1.0 or facts.received < 0:
        raise ValueError(f"not facts: {facts}")
    waited = min(1.0, max(0.0, facts.days_waiting) / WAITING_DAYS)
    return Points(
        hardship=HARDSHIP_WEIGHT * facts.in_hardship,
        area=AREA_WEIGHT * facts.deprivation,
        waiting=WAITING_WEIGHT * waited,
        received=RECEIVED_WEIGHT / (1 + facts.received),
    )


def fair_scores(relevance: ArrayLike, need: ArrayLike, weight: float = LAMBDA) -> Floats:
    """s = r (1 + lambda n) of each; ``weight`` is lambda.

    Raises ValueError unless r and n lie in [0, 1] and lambda in [0, LAMBDA_MAX].
    """
    if not 0.0 <= weight <= LAMBDA_MAX:
        raise ValueError(f"lambda lies in [0, {LAMBDA_MAX}], not {weight}")
    r, n = _in_unit(relevance, "relevance"), _in_unit(need, "need")
    return r * (1.0 + weight * n)


def rank(
    ids: Sequence[int], relevance: ArrayLike, need: ArrayLike, weight: float = LAMBDA
) -> list[int]:
    """The ids of what fits at all, best first; equal scores in order of id."""
    scores = fair_scores(relevance, need, weight)
    order = np.lexsort((np.asarray(ids, dtype=np.int64), -scores))
    return [ids[at] for at in order if scores[at] > 0.0]


def _in_unit(values: ArrayLike, what: str) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if not np.all((found >= 0.0) & (found <= 1.0)):
        raise ValueError(f"{what} lies in [0, 1]")
    return found
