"""Made-up posts in real districts, and questions about them: the same for every engine.

Words follow Zipf's law over a vocabulary of made-up words among which two thousand of the lexicon
stand (as it was once, so that the posts stay the same), for the product's analysis to find concepts
in. Everything comes from one seed.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import h3.api.basic_int as h3
import numpy as np

from marketplace.listings import categories
from marketplace.places import cells
from marketplace.places.area_files import Row, read_indonesia
from marketplace.search.port import Document

SEED = 20261126
NOW = datetime(2026, 11, 26, tzinfo=UTC)
FOR_LONG = NOW + timedelta(days=3650)  # so that what is open stays so in a kept database
VOCABULARY = 60_000
WORDS = Path(__file__).parent / "words.txt"  # of the lexicon: every second from the first asked for
TITLE_WORDS, TEXT_WORDS = (3, 5), (12, 20)
ASKED = (20, 200)  # ranks: two of these words, either or both, are in some 5 % of the posts
REGENCIES = 15  # the most populous ones: some 1 % live within 5 km of somebody
AROUND_KM = 2.0  # how far from the centre of their district people live
DISTRICT_ONLY = 0.2  # of the posts say no more than their district
EXPIRED = 0.05
KINDS, KIND_SHARES = ("goods", "skill", "mentoring"), (60, 25, 15)
TERMS, TERM_SHARES = ("gift", "loan", "swap"), (60, 25, 15)
RADIUS_KM = 5.0
TITLE_WEIGHT = 2.0
SYLLABLES = [a + b for a in ("b", "d", "g", "j", "k", "l", "m", "n", "p", "r", "s", "t", "ng", "w")
             for b in ("a", "i", "u", "e", "o", "an", "ing", "ur", "al", "em")]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """A listing, and a point in its cell for those who work with points."""

    id: int
    owner_id: int
    title: tuple[str, ...]
    text: tuple[str, ...]
    direction: str
    kind: str
    category: str
    term: str
    cell: int
    latitude: float
    longitude: float
    published: datetime
    is_open: bool

    @property
    def expires(self) -> datetime:
        return FOR_LONG if self.is_open else NOW - timedelta(days=1)

    @property
    def document(self) -> Document:
        """With the words as they are written only."""
        words: dict[str, float] = {}
        for said, weight in ((self.title, TITLE_WEIGHT), (self.text, 1.0)):
            for word in said:
                words[word] = words.get(word, 0.0) + weight
        return Document(
            id=self.id,
            revision=1,
            owner_id=self.owner_id,
            direction=self.direction,
            kind=self.kind,
            category=self.category,
            terms=frozenset({self.term}),
            words=words,
            place_kind="cell",
            cell=self.cell,
            published_at=self.published,
            expires_at=self.expires,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """Two words, one of them misspelt, the beginning of one; a kind; where somebody stands."""

    words: tuple[str, str]
    misspelt: str
    start: str
    kind: str
    cell: int
    latitude: float
    longitude: float


@cache
def vocabulary() -> tuple[str, ...]:
    """By rank. The commonest ones, which nobody asks for, are made up."""
    rng = random.Random(SEED)
    real = WORDS.read_text().split()
    rng.shuffle(real)
    known = set(real)
    made: dict[str, None] = {}
    while len(made) < VOCABULARY:
        word = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 3, 3, 4))))
        if len(word) > 3 and word not in known:
            made[word] = None
    words = list(made)
    words[ASKED[0] : ASKED[0] + 2 * len(real) : 2] = real
    return tuple(words[:VOCABULARY])


def make_posts(size: int, first_id: int = 1) -> Iterator[Post]:
    """``first_id`` is also a seed: other posts have other ids."""
    rng, dice = random.Random(SEED + first_id), np.random.default_rng(SEED + first_id)
    words = vocabulary()
    chances = 1 / np.arange(1, len(words) + 1)
    below = np.cumsum(chances / chances.sum())
    slugs = sorted(categories.all_categories())
    places, shares = zip(*_districts(), strict=True)
    shares = list(itertools.accumulate(shares))
    for number in range(first_id, first_id + size):
        lengths = rng.randint(*TITLE_WORDS), rng.randint(*TEXT_WORDS)
        ranks = np.searchsorted(below, dice.random(sum(lengths))).tolist()
        said = tuple(words[min(rank, len(words) - 1)] for rank in ranks)
        (place,) = rng.choices(places, cum_weights=shares)
        cell = _cell(place, rng)
        latitude, longitude = h3.cell_to_latlng(cell)
        yield Post(
            id=number,
            owner_id=rng.randrange(1, 2 + size // 10),
            title=said[: lengths[0]],
            text=said[lengths[0] :],
            direction=rng.choice(("offer", "offer", "request")),
            kind=rng.choices(KINDS, KIND_SHARES)[0],
            category=rng.choice(slugs),
            term=rng.choices(TERMS, TERM_SHARES)[0],
            cell=cell,
            latitude=latitude,
            longitude=longitude,
            published=NOW - timedelta(minutes=rng.randrange(90 * 24 * 60)),
            is_open=rng.random() >= EXPIRED,
        )


def make_questions(size: int, count: int) -> list[Question]:
    """Asked by people who live like those who post."""
    rng = random.Random(SEED)
    asked = vocabulary()[slice(*ASKED)]
    long_enough = [word for word in asked if len(word) >= 5]
    return [
        Question(
            words=(rng.choice(asked), rng.choice(long_enough)),
            misspelt=_misspelt(rng.choice(long_enough), rng),
            start=rng.choice(long_enough)[:3],
            kind=rng.choices(KINDS, KIND_SHARES)[0],
            cell=(cell := cells.snap(post.latitude, post.longitude)),
            latitude=h3.cell_to_latlng(cell)[0],
            longitude=h3.cell_to_latlng(cell)[1],
        )
        for post in make_posts(count, first_id=10**9)
    ]


def _misspelt(word: str, rng: random.Random) -> str:
    """One letter left out, too many, another one, or two swapped; not the first."""
    at, letter = rng.randrange(1, len(word) - 1), rng.choice("aeiounrst")
    return rng.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )


def _districts() -> list[tuple[Row, float]]:
    """Districts of the most populous regencies, and how many live there: a few are towns."""
    rows = read_indonesia()
    populous = sorted(
        (row for row in rows if row.level == 2 and row.population),
        key=lambda row: -(row.population or 0),
    )[:REGENCIES]
    found = []
    for regency in populous:
        inside = [r for r in rows if r.parent_code == regency.code and r.latitude is not None]
        harmonic = sum(1 / rank for rank in range(1, len(inside) + 1))
        found += [
            (row, (regency.population or 0) / rank / harmonic) for rank, row in enumerate(inside, 1)
        ]
    return found


def _cell(place: Row, rng: random.Random) -> int:
    degrees = AROUND_KM / 111.2
    latitude = rng.gauss(place.latitude or 0.0, degrees)
    longitude = rng.gauss(place.longitude or 0.0, degrees)
    if rng.random() < DISTRICT_ONLY:
        return cells.snap_coarsely(
            place.latitude or 0.0, place.longitude or 0.0, place.resolution or cells.COARSEST
        )
    return cells.snap(latitude, longitude)
