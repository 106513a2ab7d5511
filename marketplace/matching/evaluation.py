"""How good the pairs are, by judgements of people: reading judged offers and requests, measures.
Pure.

Every offer is ranked for every judged request. Measures are means over the requests to which some
offer is relevant (grade above 0), with the 95 % interval of a bootstrap over them. Judgements are
a sample, so nothing here asks how much of what stands first is relevant.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketplace.listings import categories, language
from marketplace.matching.sides import Side
from marketplace.places import cells
from marketplace.search import evaluation
from marketplace.search.analysis import document_terms
from marketplace.search.evaluation import Grades, Unreadable, chance_of_more, interval

RECALL_DEPTHS = (5, 10, 50)
MEASURES = ("mrr", *(f"recall@{depth}" for depth in RECALL_DEPTHS), "percentile")
_TEXTS = ("kind", "title", "body", "description", "category", "unit", "language", "created_at")
_NUMBERS = ("quantity", "latitude", "longitude")
KINDS = ("goods", "skill", "mentoring")

Scores = Mapping[str, NDArray[np.float64]]  # request -> a score for each offer, in their order
Values = dict[str, dict[str, float]]  # measure -> request -> value


@dataclass(frozen=True, slots=True)
class Post:
    """An offer or request of the files, as it is written and as matching sees it."""

    id: str
    text: str
    side: Side


@dataclass(frozen=True, slots=True)
class Judged:
    """``requests``: the judged ones by their ids; ``others``: requests that nobody judged, which
    only say how common words are. ``judgements``: request -> offer -> grade."""

    requests: Mapping[str, Post]
    offers: tuple[Post, ...]
    others: tuple[Post, ...]
    judgements: Mapping[str, Grades]


def read(requests: Path, offers: Path, qrels: Path) -> Judged:
    """A judged collection: JSON lines with the fields of an import, of which only ``id`` must be
    there, and judgements as TREC has them: request, 0, offer, grade. Raises Unreadable."""
    asked = {post.id: post for post in _posts(requests, "request")}
    given = {post.id: post for post in _posts(offers, "offer")}
    judged, first_line = evaluation.judgements(qrels, given)
    for request, where in first_line.items():
        if request not in asked:
            raise Unreadable(f"{where}: there is no request {request}")
    return Judged(
        {name: post for name, post in asked.items() if name in judged},
        tuple(given.values()),
        tuple(post for name, post in asked.items() if name not in judged),
        judged,
    )


def _posts(path: Path, direction: str) -> list[Post]:
    found: dict[str, Post] = {}
    for where, row in evaluation.objects(path):
        post = _post(where, row, direction, len(found))
        if post.id in found:
            raise Unreadable(f"{where}: a second {direction} with the id {post.id}")
        found[post.id] = post
    if not found:
        raise Unreadable(f"{path.name}: no {direction}s")
    return list(found.values())


def _post(where: str, row: Mapping[str, Any], direction: str, number: int) -> Post:
    """The post of a line. What an import would only warn of is passed over."""
    name = row.get("id")
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        raise Unreadable(f"{where}: without id")
    for fields, types, said in ((_TEXTS, str, "text"), (_NUMBERS, int | float, "a number")):
        for field in fields:
            value = row.get(field)
            if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
                raise Unreadable(f"{where}: {field} is not {said}")
    title, body = row.get("title") or "", row.get("description") or row.get("body") or ""
    spoken = row.get("language") or language.guess(f"{title} {body}", "id")
    category = row.get("category") or ""
    side = Side(
        id=number,
        owner_id=number if direction == "offer" else -1 - number,
        direction=direction,
        kind=kind if (kind := str(row.get("kind")).lower()) in KINDS else "goods",
        category=category if categories.is_category(category) else "",
        category_parent=categories.family(category),
        terms=_terms(row.get("terms")),
        words=document_terms(title, body, spoken.partition("-")[0].lower()),
        amount=_amount(row.get("quantity")),
        unit=row.get("unit") or "",
        published_at=_instant(where, row.get("created_at")),
        **_place(where, row),
    )
    return Post(str(name), f"{title} {body}".strip(), side)


def _terms(value: Any) -> frozenset[str]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list):
        return frozenset()
    return frozenset(name.strip().lower() for name in names if isinstance(name, str))


def _amount(value: float | None) -> int | None:
    return int(value) if value is not None and 1 <= value < math.inf else None


def _instant(where: str, value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Unreadable(f"{where}: created_at is no time") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _place(where: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The cell of a point; names of areas are left alone, for they stand in the database."""
    latitude, longitude = row.get("latitude"), row.get("longitude")
    if latitude is None or longitude is None:
        return {}
    try:
        cell = cells.snap(latitude, longitude)
    except (ValueError, OverflowError):
        raise Unreadable(f"{where}: no point on earth") from None
    return {"place_kind": "cell", "cell": cell, "cell_resolution": cells.resolution_of(cell)}


def each(scores: Scores, judged: Judged) -> Values:
    """Measure -> request -> value, for the requests to which some offer is relevant."""
    lots, found = lots_of(judged), Values((measure, {}) for measure in MEASURES)
    for request, relevant in relevant_of(judged).items():
        of = scores[request]
        places = places_of(of, lots)[relevant]
        found["mrr"][request] = 1 / (1 + int(places.min()))
        for depth in RECALL_DEPTHS:
            found[f"recall@{depth}"][request] = float((places < depth).mean())
        found["percentile"][request] = float(np.mean([percentile(of, one) for one in relevant]))
    return found


def relevant_of(judged: Judged) -> dict[str, list[int]]:
    """The places in the file of what is relevant, for the requests to which something is."""
    at = {post.id: number for number, post in enumerate(judged.offers)}
    found = {
        request: [at[offer] for offer in evaluation.relevant_of(grades)]
        for request, grades in judged.judgements.items()
    }
    return {request: relevant for request, relevant in found.items() if relevant}


def lots_of(judged: Judged) -> NDArray[np.int64]:
    """In which order equal offers stand: whoever is first in the file has no advantage."""
    return np.array(
        [zlib.crc32(post.id.encode("utf-8", "surrogatepass")) for post in judged.offers], np.int64
    )


def places_of(scores: NDArray[np.float64], lots: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each, 0 for the highest score."""
    places = np.empty(len(scores), np.int64)
    places[np.lexsort((lots, -scores))] = np.arange(len(scores))
    return places


def percentile(scores: NDArray[np.float64], at: int) -> float:
    """1 for what stands above all others, 0 below all; half a place for each that is equal."""
    others = len(scores) - 1
    if others == 0:
        return 1.0
    below = (scores < scores[at]).sum() + ((scores == scores[at]).sum() - 1) / 2
    return float(below / others)


def figures(values: Values) -> dict[str, dict[str, float]]:
    """Measure -> mean, low, high."""
    return {measure: interval(list(of.values())) for measure, of in values.items()}


def chances(ours: Values, others: Values) -> dict[str, float]:
    """Measure -> how likely ours is above the others', by a paired bootstrap over the requests."""
    pairs: Sequence[str] = list(ours["mrr"])
    return {
        measure: chance_of_more(
            [ours[measure][one] for one in pairs], [others[measure][one] for one in pairs]
        )
        for measure in MEASURES
    }
