"""What an order by relevance and need costs and brings, in a made-up neighbourhood.

``python -m bench fairness [--members 300] [--days 365] [--runs 30] [--seed N] [--json]``. Members
of the five regencies around Yogyakarta ask and offer for a year; each giver reads the list that
``matching.fairness`` orders for them from the top, and gives to one of the first. Each run is lived
once in every order, with the same arrivals and the same whims of givers. How much members really
need is known to the simulation alone: need points only guess at it, through what members say (many
say nothing), their area, waiting, and what they received. *Need alone* orders what fits by need
points whatever the fit: the furthest one could go. Also writes bench/results/fairness.json.
"""

import argparse
import json
import platform
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng

from marketplace.matching.fairness import RECEIVED_DAYS, Facts, Floats, need_points, rank
from marketplace.places.poverty import deprivation

SEED = 20261126
RESULTS = Path(__file__).parent / "results"
REGENCIES = ("34.01", "34.02", "34.03", "34.04", "34.71")  # whose rates span nearly all of them
SIDE_KM = 12.0  # of the square in which members live
REQUEST_DAYS = 60  # an unmet request ends, as it does by default
ASKS_EACH_DAYS, OFFERS_EACH_DAYS = 40.0, 60.0  # one in so many, a member: two offers for three
CATEGORIES = np.array([0.35, 0.25, 0.2, 0.12, 0.08])
WARM_UP_DAYS = 90  # lived but not counted
# How relevance is made up: like that of ``core``, and fixed, so that the table stays comparable.
WORDS_SHARE, NEAR_SHARE, HALVING_KM, LEAST_FIT = 0.65, 0.35, 4.0, 0.30
PICKS_NEXT = 0.7  # a giver gives to the one they look at, or looks one further
NEEDIEST = 0.2
WEIGHTS = (0.0, 0.25, 0.5)
NEED_ALONE = "need alone"

Order = Callable[[list[int], Floats, Floats], list[int]]


@dataclass(frozen=True, slots=True)
class Thing:
    """A request or an offer: day, whose, category, what it is (a point in a square), where."""

    day: float
    member: int
    category: int
    what: Floats
    where: Floats
    whim: Floats  # of a giver: one number for each place of the list


@dataclass(frozen=True, slots=True)
class Village:
    """Who lives there, and what a year brings."""

    need: Floats  # in truth
    says_hard: Any
    percentile: Floats
    requests: list[Thing]
    offers: list[Thing]


@dataclass(slots=True)
class Year:
    """What became of it in one order."""

    dcg_kept: list[float] = field(default_factory=list)
    fits: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    given: list[int] = field(default_factory=list)  # to whom
    met: set[int] = field(default_factory=set)
    counted: set[int] = field(default_factory=set)  # requests that ended in the time measured


def order_by(weight: float) -> Order:
    return lambda ids, fits, need: rank(ids, fits, need, weight)


def need_alone(ids: list[int], fits: Floats, need: Floats) -> list[int]:
    return [ids[at] for at in np.lexsort((np.array(ids), -need))]


def village(members: int, days: int, random: Generator) -> Village:
    area = random.integers(len(REGENCIES), size=members)
    percentile = np.array([deprivation(code) or 0.5 for code in REGENCIES])[area]
    need = np.clip(0.75 * random.beta(2, 3, members) + 0.25 * percentile, 0, 1)
    # The needier say so more often, yet many of them never do, and a few say so without need.
    says_hard = random.random(members) < 0.03 + 0.75 * need**2
    homes = random.random((members, 2)) * SIDE_KM

    def things(each_days: float, inclined: Floats) -> list[Thing]:
        count = random.poisson(members * days / each_days)
        who = random.choice(members, size=count, p=inclined / inclined.sum())
        at = np.sort(random.random(count) * days)
        kinds = random.choice(len(CATEGORIES), size=count, p=CATEGORIES)
        what, whims = random.random((count, 2)), random.random((count, 20))
        return [
            Thing(float(at[n]), int(who[n]), int(kinds[n]), what[n], homes[who[n]], whims[n])
            for n in range(count)
        ]

    requests = things(ASKS_EACH_DAYS, 0.5 + need)
    return Village(
        need, says_hard, percentile, requests, things(OFFERS_EACH_DAYS, np.ones(members))
    )


def relevance(offer: Thing, requests: Sequence[Thing]) -> Floats:
    """Of requests of the offer's category, in [0, 1]; 0 below the least fit."""
    apart = np.linalg.norm(np.array([one.what for one in requests]) - offer.what, axis=1)
    km = np.linalg.norm(np.array([one.where for one in requests]) - offer.where, axis=1)
    said = WORDS_SHARE * np.exp(-2 * apart)
    rest = 1 - WORDS_SHARE
    near = 0.5 ** (km / HALVING_KM)
    score: Floats = (said + rest) * (1 - NEAR_SHARE + NEAR_SHARE * near)
    return np.where(score < LEAST_FIT, 0.0, score)


@dataclass(slots=True)
class Life:
    """A village lived in one order."""

    place: Village
    order: Order
    year: Year = field(default_factory=Year)
    waiting: dict[int, Thing] = field(default_factory=dict)  # requests by number
    received: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def live(self) -> Year:
        coming = deque(enumerate(self.place.requests))
        for offer in self.place.offers:
            while coming and coming[0][1].day <= offer.day:
                number, request = coming.popleft()
                self.waiting[number] = request
            self._end(offer.day)
            self._give(offer)
        return self.year

    def _end(self, day: float) -> None:
        for number, one in [*self.waiting.items()]:
            if day - one.day > REQUEST_DAYS:
                del self.waiting[number]
                if one.day >= WARM_UP_DAYS:
                    self.year.counted.add(number)

    def _give(self, offer: Thing) -> None:
        """The giver reads the list from the top and gives to one of the first."""
        there = {
            number: one
            for number, one in self.waiting.items()
            if one.category == offer.category and one.member != offer.member
        }
        if not there:
            return
        fits = dict(zip(there, relevance(offer, [*there.values()]), strict=True))
        fitting = [number for number in there if fits[number] > 0]
        if not fitting:
            return
        need = np.array([self._points(there[number], offer.day) for number in fitting])
        listed = self.order(fitting, np.array([fits[number] for number in fitting]), need)
        steps = int(np.argmax(offer.whim < PICKS_NEXT))
        chosen = listed[min(steps, len(listed) - 1)]
        self.received[there[chosen].member].append(offer.day)
        del self.waiting[chosen]
        if offer.day >= WARM_UP_DAYS:
            self.year.fits.append(float(fits[chosen]))
            self.year.dcg_kept.append(_kept([float(fits[number]) for number in listed]))
            self._count(chosen, there[chosen], offer.day)

    def _count(self, chosen: int, request: Thing, day: float) -> None:
        year = self.year
        year.waits.append(day - request.day)
        year.given.append(request.member)
        if request.day >= WARM_UP_DAYS:
            year.met.add(chosen)
            year.counted.add(chosen)

    def _points(self, request: Thing, day: float) -> float:
        lately = sum(day - at < RECEIVED_DAYS for at in self.received[request.member])
        facts = Facts(
            in_hardship=bool(self.place.says_hard[request.member]),
            deprivation=float(self.place.percentile[request.member]),
            days_waiting=day - request.day,
            received=lately,
        )
        return need_points(facts).total


def _kept(gains: list[float]) -> float:
    """DCG (linear gain) of a list beside that of the best order of the same things."""
    discounts = 1 / np.log2(np.arange(len(gains)) + 2)
    return float(np.array(gains) @ discounts / (np.sort(gains)[::-1] @ discounts))


def gini(amounts: Floats) -> float:
    """0: all have the same; towards 1: one has all."""
    ordered, n = np.sort(amounts), len(amounts)
    if not ordered.sum():
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


def measures(place: Village, year: Year) -> dict[str, float]:
    asked = {one.member for one in place.requests}
    neediest = set(np.argsort(-place.need)[: round(NEEDIEST * len(place.need))].tolist())
    theirs = {n for n in year.counted if place.requests[n].member in neediest}
    waits = list(zip(year.waits, year.given, strict=True))
    amounts = np.bincount(year.given, minlength=len(place.need))[sorted(asked)]
    return {
        "dcg_kept": float(np.mean(year.dcg_kept)),
        "dcg_worst": float(np.min(year.dcg_kept)),
        "fit_given": float(np.mean(year.fits)),
        "to_neediest": float(np.mean([one in neediest for one in year.given])),
        "met": len(year.met) / len(year.counted),
        "met_neediest": len(year.met & theirs) / max(1, len(theirs)),
        "gini": gini(amounts.astype(float)),
        "wait_median": float(np.median(year.waits)),
        "wait_neediest": float(np.median([d for d, one in waits if one in neediest])),
        "wait_p99": float(np.percentile(year.waits, 99)),
    }


@dataclass(frozen=True, slots=True)
class Line:
    """One order: the mean of each measure over all runs (of the worst list the worst); and by how
    much more goes to the neediest than by relevance alone in the same run, with half its 95 %
    interval."""

    order: str
    mean: dict[str, float]
    more: float
    half: float


def measure(members: int, days: int, runs: int, seed: int) -> list[Line]:
    orders: dict[str, Order] = {f"{weight:g}": order_by(weight) for weight in WEIGHTS}
    orders[NEED_ALONE] = need_alone
    found: dict[str, list[dict[str, float]]] = {name: [] for name in orders}
    for run in range(runs):
        place = village(members, days + WARM_UP_DAYS, default_rng((seed, run)))
        for name, order in orders.items():
            found[name].append(measures(place, Life(place, order).live()))
    return [_line(name, rows, found[f"{WEIGHTS[0]:g}"]) for name, rows in found.items()]


def _line(name: str, rows: list[dict[str, float]], plain: list[dict[str, float]]) -> Line:
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    mean["dcg_worst"] = min(row["dcg_worst"] for row in rows)
    pairs = zip(rows, plain, strict=True)
    more = np.array([one["to_neediest"] - other["to_neediest"] for one, other in pairs])
    half = 1.96 * more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else 0.0
    return Line(name, mean, float(more.mean()), float(half))


COLUMNS = {
    "dcg_kept": "DCG kept", "dcg_worst": "worst list", "fit_given": "fit of what was given",
    "to_neediest": "to the neediest fifth", "met_neediest": "their requests met",
    "met": "all requests met", "gini": "Gini of received", "wait_neediest": "their wait, median",
    "wait_median": "wait of all, median", "wait_p99": "wait of all, p99",
}  # fmt: skip


def table(lines: Sequence[Line]) -> str:
    """As it stands in docs/fairness.md."""
    rows = [["lambda", "guaranteed", *COLUMNS.values()]]
    for line in lines:
        limit = "" if line.order == NEED_ALONE else f"{1 / (1 + float(line.order)):.3f}"
        rows.append([line.order, limit, *(_shown(line, key) for key in COLUMNS)])
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _shown(line: Line, key: str) -> str:
    value = line.mean[key]
    if key.startswith("wait"):
        return f"{value:.1f} d"
    if key in ("met", "met_neediest"):
        return f"{value:.1%}"
    if key == "to_neediest":
        more = f" ({100 * line.more:+.1f} ± {100 * line.half:.1f})" if line.more else ""
        return f"{value:.1%}{more}"
    return f"{value:.3f}"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench fairness")
    parser.add_argument("--members", type=int, default=300)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(argv)
    lines = measure(options.members, options.days, options.runs, options.seed)
    report = {**vars(options), "python": platform.python_version(),
              "lines": [asdict(line) for line in lines]}  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "fairness.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1) if options.json else table(lines))
    return 0
