"""Many sides as numpy arrays, built once for a batch. Pure.

The part functions take two of these, of which one has a single row or both have as many: numpy
spreads the single one over the others. Hours are those of UTC, so that zones need no care later.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from marketplace.listings import hours
from marketplace.matching import times
from marketplace.matching.said import Bools, Codes, Floats, Numbers, Said
from marketplace.matching.sides import Side
from marketplace.places.cells import COARSEST, EDGE_KM, centre

TERM_BITS = {"gift": 1, "loan": 2, "swap": 4}
NEVER = np.iinfo(np.int64).max
EPOCH = date(1970, 1, 1).toordinal()
HOUR, DAY = 3600, 86_400  # seconds
_LIMB = 64  # bits of a machine word; the 168 hours of a week stand in three
_LIMBS = tuple(range(0, 168, _LIMB))


class Columns:
    """The facts of some sides, a column each, in the order in which they were given.

    ``codes`` must be the same for all that are held against each other.
    """

    def __init__(self, sides: Iterable[Side], codes: Codes) -> None:
        self.sides: Sequence[Side] = tuple(sides)
        self.codes = codes

    def __len__(self) -> int:
        return len(self.sides)

    @cached_property
    def ids(self) -> Numbers:
        return np.array([one.id for one in self.sides], np.int64)

    @cached_property
    def owners(self) -> Numbers:
        return np.array([one.owner_id for one in self.sides], np.int64)

    @cached_property
    def is_offer(self) -> Bools:
        return np.array([one.direction == "offer" for one in self.sides], np.bool_)

    @cached_property
    def is_open(self) -> Bools:
        return np.array([one.open for one in self.sides], np.bool_)

    @cached_property
    def last_days(self) -> Numbers:
        """Days since 1970 of the last day, NEVER without one."""
        ends = (one.available_until for one in self.sides)
        days = [NEVER if end is None else end.toordinal() - EPOCH for end in ends]
        return np.array(days, np.int64)

    @cached_property
    def offsets(self) -> Numbers:
        """Hours by which the own zone is ahead of UTC."""
        return np.array([one.utc_offset_hours for one in self.sides], np.int64)

    @cached_property
    def terms(self) -> Numbers:
        """Bits of gift, loan and swap; 0 = not said."""
        bits = [sum(TERM_BITS.get(term, 0) for term in one.terms) for one in self.sides]
        return np.array(bits, np.int64)

    @cached_property
    def kinds(self) -> Numbers:
        return self._coded(one.kind for one in self.sides)

    @cached_property
    def categories(self) -> Numbers:
        return self._coded(one.category for one in self.sides)

    @cached_property
    def families(self) -> Numbers:
        return self._coded(one.category_parent or one.category for one in self.sides)

    @cached_property
    def units(self) -> Numbers:
        return self._coded(one.unit for one in self.sides)

    @cached_property
    def amounts(self) -> Floats:
        """NaN = not counted."""
        amounts = (one.amount for one in self.sides)
        return np.array([math.nan if one is None else one for one in amounts], np.float64)

    @cached_property
    def reliabilities(self) -> Floats:
        return np.array([one.reliability for one in self.sides], np.float64)

    @cached_property
    def published(self) -> Floats:
        """Seconds since 1970; infinity without: as if just published."""
        instants = (one.published_at for one in self.sides)
        return np.array(
            [math.inf if one is None else one.timestamp() for one in instants], np.float64
        )

    @cached_property
    def is_online(self) -> Bools:
        return np.array([one.place_kind == "online" for one in self.sides], np.bool_)

    @cached_property
    def radians(self) -> Floats:
        """Latitude and longitude of the middle of each cell, NaN where there is none."""
        nowhere = (math.nan, math.nan)
        middles = [nowhere if one.cell is None else centre(one.cell) for one in self.sides]
        return np.radians(np.array(middles, np.float64).reshape(-1, 2))

    @cached_property
    def edges_km(self) -> Floats:
        """How large the cell is: the place may be nearer by so much than its middle."""
        sizes = [EDGE_KM[one.cell_resolution or COARSEST] for one in self.sides]
        return np.array(sizes, np.float64)

    @cached_property
    def reaches_km(self) -> Floats:
        return np.array([one.reach_km for one in self.sides], np.float64)

    @cached_property
    def said_hours(self) -> Bools:
        return np.array([one.hours is not None for one in self.sides], np.bool_)

    @cached_property
    def weeks(self) -> NDArray[np.uint64]:
        """The hours of the week at UTC as three machine words; all of them when not said."""
        if not self.said_hours.any():
            return np.full((len(self), len(_LIMBS)), np.iinfo(np.uint64).max)
        masks = [
            hours.FULL if one.hours is None else times.shifted(one.hours, -one.utc_offset_hours)
            for one in self.sides
        ]
        part = (1 << _LIMB) - 1
        rows = [[mask >> at & part for at in _LIMBS] for mask in masks]
        return np.array(rows, np.uint64).reshape(-1, len(_LIMBS))

    @cached_property
    def free_hours(self) -> Numbers:
        """How many hours of the week."""
        return np.bitwise_count(self.weeks).sum(axis=1, dtype=np.int64)

    @cached_property
    def said(self) -> Said:
        """What they say and mean."""
        return Said([one.words for one in self.sides], self.codes)

    def today(self, now: datetime) -> Numbers:
        """Days since 1970 in each one's own zone."""
        seconds = math.floor(now.astimezone(UTC).timestamp())
        return (seconds + self.offsets * HOUR) // DAY

    def blocks(self, one: Side) -> Bools:
        """Which of these have a block with the owner of that one."""
        by_one = np.isin(self.owners, list(one.blocked)) if one.blocked else False
        by_them = [one.owner_id in other.blocked for other in self.sides]
        return np.array(by_them, np.bool_) | by_one

    def _coded(self, texts: Iterable[str]) -> Numbers:
        return np.array([self.codes[text] for text in texts], np.int64)
