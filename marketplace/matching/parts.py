"""The parts of a match, each in [0, 1]. Pure."""

from datetime import datetime, timedelta

from marketplace.matching import times
from marketplace.matching.sides import Asked, Parts, Side, WordStats
from marketplace.places.cells import km_between
from marketplace.search.terms import BELOW_MARK, MARKS

# Kilometres at which the distance part has halved: a thing is fetched once, a service is worth a
# ride, advice can be repeated by telephone.
HALVING_KM = {"goods": 4.0, "skill": 6.0, "mentoring": 10.0}
DISTANCE_ONLINE = 0.8  # nobody travels, but nobody becomes a neighbour either
DISTANCE_HALF_ONLINE = 0.4  # one is online, the other at a place: one of them must give way
DISTANCE_UNKNOWN = 0.5  # an import without a place is neither near nor far
TIME_UNSAID = 0.7  # hours not given mean "we will agree", which is less than known hours
FRESHNESS_HALVING_DAYS = 45.0
CATEGORY_SAME = 1.0
CATEGORY_SAME_FAMILY = 0.3
CATEGORY_UNKNOWN = 0.3  # not given, or "something else": neither for nor against
UNTELLING_FAMILIES = frozenset({"", "other"})
KIND_UNLIKE = 0.4  # a plea to learn sewing may be met by a sewing machine: a hint, no gate

STRESSED = 2.0  # weight of a word in the title; what is only in the text below counts less
UNTELLING_SHARE = 0.3  # of numbers and single letters: they say how many, not what
FULL_TERMS = 8  # a need counts as fully met in words when its 8 weightiest terms are
TF_HALF = 1.2  # weight at which one term of the offer counts half, before the cap
TF_RISE = 1.6  # so that a word in the offer's title counts fully, one in its text for 0.7


def ask(need: Side, stats: WordStats) -> Asked:
    """The need made ready to be held against many offers."""
    most = min(max(need.words.values(), default=1.0), STRESSED)
    worth = {
        term: min(1.0, weight / most) * _telling(term) * stats.rarity(term)
        for term, weight in need.words.items()
        if not term.startswith(BELOW_MARK)
    }
    return Asked(need, worth, sum(sorted(worth.values(), reverse=True)[:FULL_TERMS]))


def measure(offer: Side, asked: Asked, now: datetime) -> Parts:
    """Every part in [0, 1]."""
    need = asked.side
    return Parts(
        words=word_part(offer, asked),
        category=category_part(offer, need),
        kind=1.0 if offer.kind == need.kind else KIND_UNLIKE,
        distance=distance_part(offer, need),
        time=time_part(offer, need),
        freshness=min(freshness_part(offer, now), freshness_part(need, now)),
    )


def distance_km(one: Side, other: Side) -> float | None:
    """Kilometres between the middles of the two public cells; None when one has no cell."""
    if one.cell is None or other.cell is None or "online" in (one.place_kind, other.place_kind):
        return None
    return km_between(one.cell, other.cell)


def common_hours(offer: Side, need: Side) -> int | None:
    """Mask of the hours at which both can, in the zone of the need; None when one did not say."""
    if offer.hours is None or need.hours is None:
        return None
    return need.hours & times.shifted(offer.hours, need.utc_offset_hours - offer.utc_offset_hours)


def word_part(offer: Side, asked: Asked) -> float:
    """BM25 of the need against the offer, as a share of what its weightiest terms could give.

    Robertson and Zaragoza 2009, without the length term: posts are short, and a long
    offer that says more must not fit less.
    """
    if asked.full <= 0:
        return 0.0
    common = sorted(asked.worth.keys() & offer.words.keys())
    gained = sum(asked.worth[term] * _saturated(offer.words[term]) for term in common)
    return min(1.0, gained / asked.full)


def _telling(term: str) -> float:
    word = term.lstrip(MARKS)
    return UNTELLING_SHARE if word.isdigit() or len(word) == 1 else 1.0


def _saturated(weight: float) -> float:
    return min(1.0, TF_RISE * weight / (weight + TF_HALF))


def category_part(offer: Side, need: Side) -> float:
    """Same category, same family, another one, or not known."""
    families = {side.category_parent or side.category for side in (offer, need)}
    if families & UNTELLING_FAMILIES:
        return CATEGORY_UNKNOWN
    if offer.category == need.category:
        return CATEGORY_SAME
    return CATEGORY_SAME_FAMILY if len(families) == 1 else 0.0


def distance_part(offer: Side, need: Side) -> float:
    """1 in the same cell, half at the halving distance of the more patient kind."""
    kinds = {offer.place_kind, need.place_kind}
    if "online" in kinds:
        return DISTANCE_ONLINE if kinds == {"online"} else DISTANCE_HALF_ONLINE
    apart = distance_km(offer, need)
    if apart is None:
        return DISTANCE_UNKNOWN
    return float(0.5 ** (apart / max(HALVING_KM[offer.kind], HALVING_KM[need.kind])))


def time_part(offer: Side, need: Side) -> float:
    """The share of the shorter week of the two in which both can."""
    common = common_hours(offer, need)
    if common is None or offer.hours is None or need.hours is None:
        return TIME_UNSAID
    shorter = min(offer.hours.bit_count(), need.hours.bit_count())
    return common.bit_count() / shorter if shorter else 0.0


def freshness_part(side: Side, now: datetime) -> float:
    """1 when just published, halved every FRESHNESS_HALVING_DAYS."""
    if side.published_at is None:
        return 1.0
    days = max(0.0, (now - side.published_at) / timedelta(days=1))
    return float(0.5 ** (days / FRESHNESS_HALVING_DAYS))
