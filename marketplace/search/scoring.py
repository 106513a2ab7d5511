"""How well a document answers a query: words, nearness, freshness. Pure.

Each formula is plain arithmetic that gives the same bits for a number and for a numpy array, so
that engines which work on arrays agree with the reference to the last place.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from marketplace.search.port import CorpusStats, Group, Hit, Query, Sort, Weights

Number = TypeVar("Number", float, NDArray[np.float64])

EARTH_KM = 6371.0088  # mean radius
NEARNESS_HALVES_AT_KM = 5.0  # a quarter of an hour by motorcycle
FRESHNESS_HALVES_AT_DAYS = 14.0
NEUTRAL_NEARNESS = 0.5  # online, unknown, or nobody to be near to: neither near nor far
NEEDED_SHARE = 0.5  # of a query's weight, when not the best but the nearest or newest come first
HOLDING_WEIGHT = 0.5  # alternatives that count less hint at a word, but do not hold it
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class TermStats:
    """What BM25 must know of one term: documents, their mean length, those that hold the term."""

    documents: int
    average_length: float
    frequency: int

    @property
    def idf(self) -> float:
        """Inverse document frequency, above 0 for every term (Lucene's form of BM25)."""
        rest = self.documents - self.frequency + 0.5
        return math.log(1 + rest / (self.frequency + 0.5))


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """Alternatives (term, weight, stats), and the most that the group can give."""

    alternatives: tuple[tuple[str, float, TermStats], ...]
    ceiling: float

    @property
    def holding(self) -> frozenset[str]:
        """The terms of which a document must have one to hold the group."""
        return frozenset(term for term, weight, _ in self.alternatives if weight >= HOLDING_WEIGHT)


@dataclass(frozen=True, slots=True)
class Plan:
    """A query's groups with the statistics they need; ``ceiling`` of the groups that some document
    holds, or of all when none holds any."""

    groups: tuple[PlannedGroup, ...]
    ceiling: float


def score(tf: Number, length: Number, stats: TermStats, weights: Weights) -> Number:
    """BM25 of one term (Robertson and Zaragoza 2009): weight in the document, document length."""
    relative = length / max(stats.average_length, 1.0)
    norm = weights.k1 * (1 - weights.b + weights.b * relative)
    return stats.idf * (weights.k1 + 1) * tf / (tf + norm)


def terms_of(groups: tuple[Group, ...]) -> frozenset[str]:
    """Every term of a query."""
    return frozenset(term for group in groups for term, _ in group)


def plan(groups: tuple[Group, ...], stats: CorpusStats, weights: Weights) -> Plan:
    """Ready to score. A word that no document holds does not lower what the others give."""
    planned, known = [], 0.0
    for group in groups:
        alternatives = tuple((term, weight, term_stats(stats, term)) for term, weight in group)
        occurring = [one for one in alternatives if one[2].frequency] or alternatives
        ceiling = max(
            (weight * one.idf * (weights.k1 + 1) for _, weight, one in occurring), default=0.0
        )
        planned.append(PlannedGroup(alternatives, ceiling))
        if any(one.frequency for _, weight, one in alternatives if weight >= HOLDING_WEIGHT):
            known += ceiling
    return Plan(tuple(planned), known or sum(group.ceiling for group in planned))


def term_stats(stats: CorpusStats, term: str) -> TermStats:
    return TermStats(stats.documents, stats.average_length, stats.frequencies.get(term, 0))


@lru_cache(maxsize=100_000)
def unit_vector(cell: int) -> tuple[float, float, float]:
    """The centre of a cell on the unit sphere."""
    latitude, longitude = map(math.radians, h3.cell_to_latlng(cell))
    flat = math.cos(latitude)
    return flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude)


def squared_chord(dx: Number, dy: Number, dz: Number) -> Number:
    """Square of the straight line between two points on the unit sphere."""
    return dx * dx + dy * dy + dz * dz


def chord_km(a: int, b: int) -> float:
    """Straight through the earth from cell to cell; orders like the distance on the ground."""
    (ax, ay, az), (bx, by, bz) = unit_vector(a), unit_vector(b)
    return EARTH_KM * math.sqrt(squared_chord(ax - bx, ay - by, az - bz))


def ground_km(chord: float) -> float:
    """The distance over the ground that belongs to a chord, km."""
    return 2 * EARTH_KM * math.asin(min(1.0, chord / (2 * EARTH_KM)))


def chord_of(distance_km: float) -> float:
    """The chord that belongs to a distance over the ground, km."""
    return 2 * EARTH_KM * math.sin(distance_km / (2 * EARTH_KM))


def nearness(chord: Number) -> Number:
    """1 here, a half at NEARNESS_HALVES_AT_KM."""
    return 1 / (1 + chord / NEARNESS_HALVES_AT_KM)


def freshness(age_seconds: Number) -> Number:
    """1 now, a half at FRESHNESS_HALVES_AT_DAYS; the age is not negative."""
    return 1 / (1 + age_seconds / DAY_SECONDS / FRESHNESS_HALVES_AT_DAYS)


def best(words: Number, near: Number, fresh: Number, weights: Weights) -> Number:
    """The score of the order *best*; ``words`` is the share of the query's ceiling."""
    return words + weights.nearness * near + weights.freshness * fresh


def sort_key(sort: Sort, hit: Hit) -> tuple[float, ...]:
    """Ascending. Equal ones: the newer first, then the higher id."""
    if sort == "nearest":
        far = math.inf if hit.distance_km is None else hit.distance_km
        return far, -hit.published, -hit.id
    if sort == "newest":
        return -hit.published, -hit.id
    if sort == "ending":
        return hit.expires, -hit.published, -hit.id
    return -hit.score, -hit.id


def needed_share(query: Query) -> float:
    """Of the plan's ceiling, what the groups that a result holds must be able to give."""
    if query.needed is not None:
        return query.needed
    return 0.0 if query.sort == "best" else NEEDED_SHARE
