"""The practical parts of a match and its category, each in [0, 1], for many pairs at once. Pure.

``offers`` and ``needs``: of the one who asks there is a single row. Every constant that is not
fitted says why it is what it is.
"""

from datetime import datetime

import numpy as np

from marketplace.matching import times
from marketplace.matching.columns import DAY, Columns
from marketplace.matching.said import Floats, Numbers
from marketplace.matching.sides import Side
from marketplace.places.cells import km_between

EARTH_KM = 6371.007180918475  # the mean radius that H3 measures with

# Kilometres at which the distance part has halved: a thing is fetched once, a service is worth a
# ride, advice can be repeated by telephone.
HALVING_KM = {"goods": 4.0, "skill": 6.0, "mentoring": 10.0}
DISTANCE_HALF_ONLINE = 0.4  # one is online, the other at a place: one of them must give way
DISTANCE_UNKNOWN = 0.5  # an import without a place is neither near nor far
TIME_UNSAID = 0.7  # hours not given mean "we will agree", which is less than known hours
FRESHNESS_HALVING_DAYS = 45.0  # half of what is given away here is gone after six weeks
CATEGORY_SAME = 1.0
CATEGORY_SAME_FAMILY = 0.3
CATEGORY_UNKNOWN = 0.3  # not given, or "something else": neither for nor against
UNTELLING_FAMILIES = ("", "other")
KIND_UNLIKE = 0.4  # a plea to learn sewing may be met by a sewing machine: a hint, no gate
QUANTITY_UNSAID = 0.8  # who names no number will mostly do with what there is


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


def kilometres(offers: Columns, needs: Columns) -> Floats:
    """As ``distance_km``; NaN when one has no cell."""
    here, there = offers.radians, needs.radians
    apart = np.sin((there - here) / 2) ** 2
    chord = apart[:, 0] + np.cos(here[:, 0]) * np.cos(there[:, 0]) * apart[:, 1]
    far = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return np.where(offers.is_online | needs.is_online, np.nan, far)


def hours_in_common(offers: Columns, needs: Columns) -> Numbers:
    """How many hours of the week; as many as one has when the other did not say."""
    return np.bitwise_count(offers.weeks & needs.weeks).sum(axis=1, dtype=np.int64)


def category_part(offers: Columns, needs: Columns) -> Floats:
    """Same category, same family, another one, or not known."""
    untelling = [offers.codes[family] for family in UNTELLING_FAMILIES]
    unknown = np.isin(offers.families, untelling) | np.isin(needs.families, untelling)
    same_family = np.where(offers.families == needs.families, CATEGORY_SAME_FAMILY, 0.0)
    known = np.where(offers.categories == needs.categories, CATEGORY_SAME, same_family)
    return np.where(unknown, CATEGORY_UNKNOWN, known)


def kind_part(offers: Columns, needs: Columns) -> Floats:
    """1 for the same kind; a hint, no gate."""
    return np.where(offers.kinds == needs.kinds, 1.0, KIND_UNLIKE)


def distance_part(offers: Columns, needs: Columns) -> Floats:
    """1 in the same cell and online, half at the halving distance of the more patient kind."""
    halving = np.maximum(_halving_km(offers), _halving_km(needs))
    near = 0.5 ** (kilometres(offers, needs) / halving)
    near = np.where(np.isnan(near), DISTANCE_UNKNOWN, near)
    online = np.where(offers.is_online & needs.is_online, 1.0, DISTANCE_HALF_ONLINE)
    return np.where(offers.is_online | needs.is_online, online, near)


def _halving_km(columns: Columns) -> Floats:
    return np.array([HALVING_KM[one.kind] for one in columns.sides], np.float64)


def time_part(offers: Columns, needs: Columns) -> Floats:
    """The share of the shorter week of the two in which both can."""
    shorter = np.maximum(1, np.minimum(offers.free_hours, needs.free_hours))
    share = hours_in_common(offers, needs) / shorter
    return np.where(offers.said_hours & needs.said_hours, share, TIME_UNSAID)


def quantity_part(offers: Columns, needs: Columns) -> Floats:
    """The share of what is asked for that is left to give, where both count in the same unit."""
    share = np.clip(offers.amounts / np.maximum(1.0, needs.amounts), 0.0, 1.0)
    known = (offers.units == needs.units) & ~np.isnan(share)
    return np.where(known, share, QUANTITY_UNSAID)


def freshness_part(offers: Columns, needs: Columns, now: datetime) -> Floats:
    """1 when both were just published, halved every FRESHNESS_HALVING_DAYS of the older one."""
    older = np.minimum(offers.published, needs.published)
    return np.asarray(
        0.5 ** (np.maximum(0.0, now.timestamp() - older) / DAY / FRESHNESS_HALVING_DAYS)
    )


def reliability_part(offers: Columns, needs: Columns) -> Floats:
    """Of the one who may be relied on less: both must come."""
    return np.minimum(offers.reliabilities, needs.reliabilities)
