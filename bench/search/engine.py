"""What is timed: every engine answers the same tasks, ours and those of others alike.

A method that an engine has no way for is missing. Answers are ids, the best first; only ``facets``
answers with numbers, and ``complete`` with words.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from bench.search import data
from bench.search.data import Post

LIMIT = 20  # results of a page
REACHES_KM = (1.0, 5.0, 25.0)  # of the facet of distances
TASKS = {
    "words": "words",
    "kind": "+ kind + open",
    "near": "+ kind + open + 5 km",
    "nearest": "nearest, no words",
    "newest": "words, newest first",
    "complete": "completion",
    "prefix": "prefix",
    "typo": "typo",
    "facets": "facets",
}


class Engine(Protocol):
    """Built once into a folder (or a database), opened by its constructor."""

    name: str

    def build(self, posts: Sequence[Post]) -> None:
        """Timed; what ``fill`` does, when there is one, is not."""

    def add(self, post: Post) -> None:
        """Put one in and commit."""

    def finds(self, word: str) -> list[int]:
        """Who holds this word."""

    def size(self) -> int:
        """Bytes of what a search reads."""

    def close(self) -> None: ...


def built(
    folder: Path, engine: Callable[[], Engine], posts: Callable[[], Iterable[Post]]
) -> tuple[Any, dict[str, float]]:
    """The engine whose data lies in the folder, made when it does not; with its rates."""
    note = folder / "built.json"
    if note.exists():
        return engine(), json.loads(note.read_text())
    for other in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
        shutil.rmtree(other)  # made by other code
    folder.mkdir(parents=True)
    made = engine()
    given = list(posts())  # making them up is nobody's work
    if hasattr(made, "fill"):
        made.fill(given)
    started = time.perf_counter()
    made.build(given)
    seconds = time.perf_counter() - started
    facts = {
        "documents_per_second": len(given) / seconds,
        "bytes_per_post": made.size() / len(given),
    }
    note.write_text(json.dumps(facts))
    return made, facts


def fingerprint(*paths: Path) -> str:
    """Of the code that decides what is kept: other code makes it anew."""
    found = hashlib.sha256("\n".join(data.vocabulary()).encode())
    for path in (Path(data.__file__), *paths):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def nearest_first(rows: Sequence[tuple[int, float, float]], asked: data.Question) -> list[int]:
    """Of (id, latitude, longitude); near enough to flat for the order within a town."""

    def away(row: tuple[int, float, float]) -> float:
        return (row[1] - asked.latitude) ** 2 + (row[2] - asked.longitude) ** 2

    return [row[0] for row in sorted(rows, key=away)[:LIMIT]]
