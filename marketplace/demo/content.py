"""The made-up neighbourhood as it was written down: members, posts, drawings, conversations.

Reads ``data/`` and makes plain values of it; knows nothing of rows. Everybody in it is invented.
"""

import csv
import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"
DRAWINGS = FOLDER / "drawings"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OLDEST = timedelta(days=21)
NEWEST = timedelta(minutes=20)
NEWER_THAN_OLD = 1.7  # exponent: more posts of this week than of the week before
KM_PER_DEGREE = 111.2  # of latitude; of longitude at the equator


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMember:
    """``offset_km``: a spot east and north of the district's centre, or None for the district."""

    key: str
    name: str
    type: str
    area: str
    language: str
    reach_km: int
    bio: str
    offset_km: tuple[float, float] | None

    def point(self, latitude: float, longitude: float) -> tuple[float, float] | None:
        """The invented spot in degrees, given the centre of the district."""
        if self.offset_km is None:
            return None
        east, north = self.offset_km
        across = KM_PER_DEGREE * math.cos(math.radians(latitude))
        return latitude + north / KM_PER_DEGREE, longitude + east / across


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPost:
    """An offer or a request as one of them wrote it.

    ``fits``: names of groups; an offer and a request with a common name are meant for each other
    (a name ending in ~ says nearly).
    """

    id: str
    owner: str
    direction: str
    kind: str
    title: str
    description: str
    language: str
    category: str
    terms: frozenset[str]
    loan_days: int | None
    quantity: int | None
    unit: str
    picks: tuple[tuple[int, str], ...]
    until_days: int | None
    online: bool
    wishes: tuple[tuple[str, str], ...]
    drawing: str
    fits: frozenset[str]

    def age(self, longest: timedelta) -> timedelta:
        """How long ago it was posted: the same at every load, and shorter than ``longest``."""
        spread = random.Random(self.id).random() ** NEWER_THAN_OLD
        return NEWEST + spread * (min(OLDEST, longest) - NEWEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMessage:
    sender: str
    minutes_later: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoConversation:
    """Begun ``hours_ago`` by ``opener`` about the post with the id ``post``."""

    post: str
    opener: str
    hours_ago: int
    messages: tuple[DemoMessage, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A committed picture with its alternative text by language."""

    file: Path
    alt: dict[str, str]


def members() -> list[DemoMember]:
    return [DemoMember(**{"offset_km": None} | row | _pair(row)) for row in _rows("members.jsonl")]


def posts() -> list[DemoPost]:
    """All posts, file by file."""
    files = sorted(path.name for path in DATA.glob("listings_*.jsonl"))
    return [_post(row) for name in files for row in _rows(name)]


def conversations() -> list[DemoConversation]:
    return [_conversation(row) for row in _rows("conversations.jsonl")]


def drawings() -> dict[str, Drawing]:
    """The pictures by name."""
    with (DATA / "alts.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["drawing"]: Drawing(
                DRAWINGS / f"{row['drawing']}.webp", {"id": row["id"], "en": row["en"]}
            )
            for row in csv.DictReader(file)
        }


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _pair(row: dict[str, Any]) -> dict[str, Any]:
    return {"offset_km": tuple(row["offset_km"])} if "offset_km" in row else {}


def _post(row: dict[str, Any]) -> DemoPost:
    return DemoPost(
        id=row["id"],
        owner=row["owner"],
        direction=row["direction"],
        kind=row["kind"],
        title=row["title"],
        description=row["description"],
        language=row["language"],
        category=row["category"],
        terms=frozenset(row["terms"]),
        loan_days=row.get("loan_days"),
        quantity=row.get("quantity"),
        unit=row.get("unit", ""),
        picks=tuple(_picks(row.get("hours", ""))),
        until_days=row.get("until_days"),
        online=row.get("online", False),
        wishes=tuple((wish["text"], wish["category"]) for wish in row.get("wishes", ())),
        drawing=row.get("drawing", ""),
        fits=frozenset(row.get("fits", ())),
    )


def _picks(text: str) -> Iterator[tuple[int, str]]:
    """(day, part of the day) of "mon-fri pagi,siang; sat sore"."""
    for span in filter(None, text.split("; ")):
        days, parts = span.split(" ")
        for first, _, last in (group.partition("-") for group in days.split(",")):
            for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
                for part in parts.split(","):
                    yield day, part


def _conversation(row: dict[str, Any]) -> DemoConversation:
    said = tuple(
        DemoMessage(sender=m["from"], minutes_later=m["minutes_later"], text=m["text"])
        for m in row["messages"]
    )
    return DemoConversation(
        post=row["listing"], opener=row["opener"], hours_ago=row["hours_ago"], messages=said
    )
