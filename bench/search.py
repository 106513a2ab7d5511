"""Our engine beside a naive use of Whoosh: the same made-up listings and questions, in one run.

``python -m bench search [--size 10000] [--rounds 200] [--engine whoosh] [--json]``. *Naive* is what
the manual of Whoosh suggests: text and facts as fields, ``And`` of terms and numeric ranges,
``sortedby``. They take turns question by question, so that noise falls on both alike; the ratio is
what counts.
Searches in CPU milliseconds, writing in wall milliseconds. Also writes bench/results/search.json.

``--engine postgresql`` sets the product's two engines side by side instead, the second on a server
started for it (not synced to disk, which is of no matter to reading): all in wall milliseconds,
because another process does the work.
"""

import argparse
import contextlib
import json
import math
import platform
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import h3.api.basic_int as h3
import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)
    from whoosh import fields, query
    from whoosh.index import create_in

from marketplace.places import cells
from marketplace.search.port import Document, Query, Reach, SearchIndex
from marketplace.search.postgres_index import PostgresIndex
from marketplace.search.whoosh_index import WhooshIndex
from tests import postgresql

SEED = 20261124
TOWNS, SPREAD_DEGREES = 50, 0.05  # listings lie around towns like people do
VOCABULARY, ZIPF = 20_000, 1.3
WORDS_EACH = 25
ASKED = (5, 80)  # ranks of the words asked for: common enough to match some per cent
RADIUS_KM = 5.0
LIMIT = 20
KINDS = ("goods", "skill", "mentoring")
RESULTS = Path(__file__).parent / "results"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True)
class Post:
    """A made-up listing and the point (never a member's) from which its cell was made."""

    document: Document
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Question:
    """Two words, and where somebody stands."""

    words: tuple[str, str]
    cell: int
    latitude: float
    longitude: float


def make_posts(size: int, rng: random.Random) -> list[Post]:
    towns = [(rng.uniform(-8, -6), rng.uniform(106, 112)) for _ in range(TOWNS)]
    ranks = np.random.default_rng(SEED).zipf(ZIPF, size * WORDS_EACH) % VOCABULARY
    posts = []
    for number in range(size):
        latitude, longitude = (c + rng.gauss(0, SPREAD_DEGREES) for c in rng.choice(towns))
        words: dict[str, float] = {}
        for rank in ranks[number * WORDS_EACH : (number + 1) * WORDS_EACH]:
            words[f"word{rank}"] = words.get(f"word{rank}", 0.0) + 1.0
        document = Document(
            id=number + 1,
            revision=1,
            owner_id=rng.randrange(1, 2 + size // 10),
            direction=rng.choice(("offer", "request")),
            kind=rng.choice(KINDS),
            category=f"category{rng.randrange(60)}",
            terms=frozenset({rng.choice(("gift", "loan", "swap"))}),
            words=words,
            place_kind="cell",
            cell=cells.snap(latitude, longitude),
            published_at=NOW - timedelta(minutes=rng.randrange(90 * 24 * 60)),
        )
        posts.append(Post(document, latitude, longitude))
    return posts


def make_questions(posts: list[Post], rounds: int, rng: random.Random) -> list[Question]:
    questions = []
    for _ in range(rounds):
        post = rng.choice(posts)
        one, two = rng.sample(range(*ASKED), 2)
        cell = post.document.cell or 0
        questions.append(
            Question((f"word{one}", f"word{two}"), cell, post.latitude, post.longitude)
        )
    return questions


class Ours:
    """The product's adapter."""

    def __init__(self, index: SearchIndex) -> None:
        self.index = index

    def build(self, posts: list[Post]) -> None:
        self.index.rebuild(post.document for post in posts)

    def add(self, post: Post) -> None:
        self.index.apply([post.document])

    def text(self, asked: Question) -> list[int]:
        return self._ids(self._plain(asked))

    def near(self, asked: Question) -> list[int]:
        cover = cells.cover(asked.cell, RADIUS_KM)
        reach = Reach(cover.resolution, cover.cells)
        return self._ids(replace(self._plain(asked), reach=reach, origin=asked.cell))

    def nearest(self, asked: Question) -> list[int]:
        plain = replace(self._plain(asked), groups=(), sort="nearest", origin=asked.cell)
        return self._ids(plain)

    def newest(self, asked: Question) -> list[int]:
        return self._ids(replace(self._plain(asked), sort="newest"))

    def _plain(self, asked: Question) -> Query:
        return Query(
            now=NOW,
            groups=tuple(((word, 1.0),) for word in asked.words),
            direction="offer",
            kinds=frozenset({"goods"}),
            limit=LIMIT,
        )

    def _ids(self, asked: Query) -> list[int]:
        return [hit.id for hit in self.index.search(asked).hits]


class Naive:
    """Whoosh as one writes it on the first day."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        schema = fields.Schema(
            id=fields.ID(stored=True, unique=True),
            text=fields.TEXT,
            direction=fields.ID,
            kind=fields.ID,
            category=fields.ID,
            latitude=fields.NUMERIC(float, stored=True),
            longitude=fields.NUMERIC(float, stored=True),
            published=fields.NUMERIC(int, bits=64, sortable=True),
        )
        self.index = create_in(str(folder), schema)

    def build(self, posts: list[Post]) -> None:
        writer = self.index.writer()
        for post in posts:
            writer.add_document(**self._fields(post))
        writer.commit()

    def add(self, post: Post) -> None:
        writer = self.index.writer()
        writer.update_document(**self._fields(post))
        writer.commit()

    def text(self, asked: Question) -> list[int]:
        return self._ids(query.And([self._words(asked), *self._facts()]))

    def near(self, asked: Question) -> list[int]:
        return self._ids(query.And([self._words(asked), *self._facts(), *self._box(asked)]))

    def nearest(self, asked: Question) -> list[int]:
        with self.index.searcher() as searcher:
            found = searcher.search(query.And(self._facts()), limit=None)
            rows = [hit.fields() for hit in found]
        here = (asked.latitude, asked.longitude)

        def away(row: dict[str, Any]) -> float:
            return float(h3.great_circle_distance(here, (row["latitude"], row["longitude"])))

        return [int(row["id"]) for row in sorted(rows, key=away)[:LIMIT]]

    def newest(self, asked: Question) -> list[int]:
        wanted = query.And([self._words(asked), *self._facts()])
        return self._ids(wanted, sortedby="published", reverse=True)

    def _fields(self, post: Post) -> dict[str, Any]:
        document = post.document
        return {
            "id": str(document.id),
            "text": " ".join(w for word, n in document.words.items() for w in [word] * int(n)),
            "direction": document.direction,
            "kind": document.kind,
            "category": document.category,
            "latitude": post.latitude,
            "longitude": post.longitude,
            "published": int(document.published_at.timestamp()),
        }

    @staticmethod
    def _words(asked: Question) -> query.Query:
        return query.Or([query.Term("text", word) for word in asked.words])

    @staticmethod
    def _facts() -> list[query.Query]:
        return [query.Term("direction", "offer"), query.Term("kind", "goods")]

    @staticmethod
    def _box(asked: Question) -> list[query.Query]:
        up = RADIUS_KM / 111.2
        side = up / math.cos(math.radians(asked.latitude))
        return [
            query.NumericRange("latitude", asked.latitude - up, asked.latitude + up),
            query.NumericRange("longitude", asked.longitude - side, asked.longitude + side),
        ]

    def _ids(self, wanted: query.Query, **options: Any) -> list[int]:
        with self.index.searcher() as searcher:
            found = searcher.search(wanted, limit=LIMIT, **options)
            return [int(hit["id"]) for hit in found]


@contextlib.contextmanager
def engines(kind: str) -> Iterator[dict[str, Any]]:
    """Two by name; the second is measured by how many times longer it takes."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        embedded = Ours(WhooshIndex(folder / "ours"))
        if kind == "whoosh":
            yield {"ours": embedded, "naive": Naive(folder / "naive")}
            return
        url = stack.enter_context(postgresql.server()).replace("postgresql:", "postgresql+psycopg:")
        index = PostgresIndex(url)
        stack.callback(index.close)
        yield {"whoosh": embedded, "postgresql": Ours(index)}


SEARCHES = {
    "text, direction, kind": "text",
    "the same within 5 km": "near",
    "nearest, no text": "nearest",
    "text, newest first": "newest",
}


def run(size: int, rounds: int, kind: str = "whoosh") -> list[dict[str, Any]]:
    """One row per task: milliseconds of both (p50, p95), and how many times longer the second."""
    rng = random.Random(SEED)
    posts = make_posts(size + rounds, rng)
    stored, added = posts[:size], posts[size:]
    questions = make_questions(stored, rounds, rng)
    clock = time.process_time if kind == "whoosh" else time.perf_counter
    rows = []
    with engines(kind) as both:
        built = {
            name: _timed(time.perf_counter, lambda e=engine: e.build(stored))
            for name, engine in both.items()
        }
        for engine in both.values():
            engine.text(questions[0])  # opens files; what a restart pays is no question's fault
        for title, method in SEARCHES.items():
            calls = {name: getattr(engine, method) for name, engine in both.items()}
            rows.append(_row(title, _turns(calls, questions, clock)))
        calls = {name: engine.add for name, engine in both.items()}
        rows.append(_row("add one and commit", _turns(calls, added[:50], time.perf_counter)))
        rows.append(_row("bulk build, one post", {name: [ms / size] for name, ms in built.items()}))
    return rows


def _timed(clock: Callable[[], float], call: Callable[[], Any]) -> float:
    started = clock()
    call()
    return (clock() - started) * 1000


def _turns(
    calls: dict[str, Callable[[Any], Any]], given: Sequence[Any], clock: Callable[[], float]
) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for one in given:
        for name, call in calls.items():
            spent[name].append(_timed(clock, lambda call=call, one=one: call(one)))
    return spent


def _row(title: str, spent: dict[str, list[float]]) -> dict[str, Any]:
    row: dict[str, Any] = {"task": title}
    for percent in (50, 95):
        for name, times in spent.items():
            row[f"{name}_p{percent}_ms"] = round(float(np.percentile(times, percent)), 3)
        first, second = (float(np.percentile(times, percent)) for times in spent.values())
        row[f"ratio_p{percent}"] = round(second / first, 1)
    return row


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench search")
    parser.add_argument("--size", type=int, default=10_000, help="listings in the index")
    parser.add_argument("--rounds", type=int, default=200, help="questions per task")
    parser.add_argument("--engine", choices=("whoosh", "postgresql"), default="whoosh")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(argv)
    rows = run(options.size, options.rounds, options.engine)
    report = {
        "size": options.size,
        "rounds": options.rounds,
        "python": platform.python_version(),
        "rows": rows,
    }
    RESULTS.mkdir(exist_ok=True)
    name = "search" if options.engine == "whoosh" else f"search-{options.engine}"
    (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
    if options.json:
        print(json.dumps(report, indent=1))
        return 0
    heads = [name for name in rows[0] if name != "task"]
    heads.sort(key=lambda head: head.startswith("ratio"))
    print(f"{options.size} listings; milliseconds; ratio = second / first")
    print(f"{'task':24}" + "".join(f"{_head(head):>16}" for head in heads))
    for row in rows:
        print(f"{row['task']:24}" + "".join(f"{row[head]:>16}" for head in heads))
    return 0


def _head(name: str) -> str:
    return name.removesuffix("_ms").replace("_", " ")
