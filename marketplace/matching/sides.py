"""What matching is told about a listing, and what it answers. Pure."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

RELIABILITY_NEUTRAL = 0.8  # of whom nothing is known; accounts.reputation says the same

# As if so many listings without any of the terms were there too: on a young site a word that
# both sides use would look common, only because there are hardly other listings.
PRIOR_DOCUMENTS = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code; ``params`` hold only what JSON holds."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One listing as matching sees it. ``open``: open and not expired, as its model says.

    ``words``: term -> weight > 0, as ``search.analysis`` makes them.
    ``hours``: 168-bit mask of its own zone's week, bit 0 = Monday 00:00, None = not said;
    ``utc_offset_hours`` belongs to that zone. ``terms`` empty = not said. ``reach_km``: how far
    the owner would go. ``amount``: how much is asked for, or left to give, in ``unit``; None = not
    counted. ``reliability``: smoothed share of what the owner agreed on and kept. ``blocked``:
    owners with whom this one has a block, either way.
    """

    id: int
    owner_id: int
    direction: str
    kind: str = "goods"
    category: str = ""
    category_parent: str = ""
    terms: frozenset[str] = frozenset()
    words: Mapping[str, float] = field(default_factory=dict)
    place_kind: str = "unknown"
    cell: int | None = None
    cell_resolution: int | None = None
    reach_km: float = 10.0
    hours: int | None = None
    utc_offset_hours: int = 7
    open: bool = True
    available_until: date | None = None
    published_at: datetime | None = None
    loan_days_max: int | None = None
    amount: int | None = None
    unit: str = ""
    reliability: float = RELIABILITY_NEUTRAL
    blocked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class WordStats:
    """How common terms are: number of listings, and in how many of them each term stands."""

    documents: int = 0
    frequencies: Mapping[str, int] = field(default_factory=dict)
    _rarities: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    def rarity(self, term: str) -> float:
        """Inverse document frequency of BM25, > 0 for every term."""
        rarity = self._rarities.get(term)
        if rarity is None:  # many needs ask for the same words
            found = min(self.frequencies.get(term, 0), self.documents)
            silent = self.documents + PRIOR_DOCUMENTS - found
            rarity = self._rarities[term] = math.log(1 + (silent + 0.5) / (found + 0.5))
        return rarity


@dataclass(frozen=True, slots=True)
class Parts:
    """What r is made of, each in [0, 1]."""

    words: float
    concepts: float
    category: float
    kind: float
    distance: float
    time: float
    quantity: float
    freshness: float
    reliability: float

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


PART_NAMES = tuple(one.name for one in fields(Parts))


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair that fits. ``candidate_id`` is the side that was ranked; ``score`` is r in [0, 1]."""

    candidate_id: int
    offer_id: int
    request_id: int
    score: float
    parts: Parts
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A pair that a gate keeps apart, and which one."""

    code: str
