"""Which engines take part, and the tasks one after the other."""

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from bench.search import arriving, data, engine, measuring, postgres
from bench.search.naive import Naive
from bench.search.ours import Embedded, Ours
from bench.search.postgres_peers import TextAndPlaces, Trigrams
from bench.search.product import Product
from bench.search.sqlite_text import SqliteText
from bench.search.word_table import WordTable
from marketplace.search import reading, whoosh_index
from marketplace.search.postgres_index import PostgresIndex

KEPT = Path(__file__).parents[2] / "instance" / "bench"
ADDED = 23  # posts put in one by one
SEARCH = Path(whoosh_index.__file__).parent
BUILT_BY = {
    "whoosh": [SEARCH / name for name in ("whoosh_files.py", "segments.py", "builds.py")],
    "postgres": sorted(SEARCH.glob("postgres_*.py")),
    "product": [
        *(SEARCH / name for name in reading.RULES),
        *sorted((SEARCH / "lexicon").glob("*.tsv")),
    ],
}


def run(size: int, wanted: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    """{"engines": {name: facts}, "tasks": {task: {engine: milliseconds}}}."""
    questions = data.make_questions(size, options.rounds + measuring.WARM_UP)
    with contextlib.ExitStack() as stack:
        taking_part = _Engines(size, stack, options.only.split(","))
        if "whoosh" in wanted:
            taking_part.embedded()
        if "postgres" in wanted:
            taking_part.on_postgres()
            taking_part.warm()
        engines = taking_part.engines
        tasks: dict[str, dict[str, Any]] = {}
        for method in engine.TASKS:
            calls = {
                name: getattr(one, method) for name, one in engines.items() if hasattr(one, method)
            }
            _say(engine.TASKS[method])
            tasks[method] = _summaries(measuring.turns(calls, questions, taking_part.pids))
        _say("post to findable")
        tasks["add"] = _summaries(_adding(taking_part))
        arrived = {
            name: _arriving(taking_part, one, options.arriving)
            for name, one in engines.items()
            if isinstance(one, Product) and options.arriving
        }
    return {
        "engines": taking_part.facts,
        "ours": taking_part.ours,
        "tasks": tasks,
        "arriving": arrived,
    }


class _Engines:
    """Those who take part, by name; ``ours``: whom each is compared with."""

    def __init__(self, size: int, stack: contextlib.ExitStack, only: Sequence[str]) -> None:
        self.size, self._stack, self._only = size, stack, tuple(only)
        self.engines: dict[str, Any] = {}
        self.facts: dict[str, dict[str, float]] = {}
        self.ours: dict[str, str] = {}
        self._urls: dict[str, str] = {}

    def embedded(self) -> None:
        whoosh, product = BUILT_BY["whoosh"], BUILT_BY["product"]
        self._take("whoosh", Embedded, whoosh)
        self._take(
            "product: whoosh", lambda at: Product("product: whoosh", at), [*whoosh, *product]
        )
        for peer in (Naive, SqliteText, WordTable):
            self._take(peer.name, peer, [Path(sys.modules[peer.__module__].__file__ or "")])

    def on_postgres(self) -> None:
        server = self._stack.enter_context(postgres.server(KEPT / "postgresql"))
        ours, product = BUILT_BY["postgres"], BUILT_BY["product"]

        def on(name: str, make: Callable[[Path, str], Any], code: list[Path]) -> None:
            kept = self._folder(name, code)
            if self._takes_part(name):
                fresh = not (kept / "built.json").exists()
                url = postgres.database(server, kept.name.lower(), fresh)
                self._urls[name] = url
                self._take(name, lambda at: make(at, url), code, "postgres")

        def adapter(at: Path, url: str) -> Ours:
            made = Ours("postgres", PostgresIndex(_sqlalchemy(url)))
            made.size = lambda: _schema_bytes(url)
            return made

        on("postgres", adapter, ours)
        on(
            "product: postgres",
            lambda at, url: Product(
                "product: postgres", at, _sqlalchemy(url), lambda: _schema_bytes(url)
            ),
            [*ours, *product],
        )
        for peer in (TextAndPlaces, Trigrams):
            code = [Path(sys.modules[peer.__module__].__file__ or "")]
            on(peer.name, lambda at, url, peer=peer: peer(url), code)

    def warm(self) -> None:
        """What the server holds, of ours and of the others alike."""
        for url in self._urls.values():
            postgres.warm(url)

    def pids(self) -> dict[str, list[int]]:
        return {name: postgres.processes(url) for name, url in self._urls.items()}

    def copy_of(self, name: str) -> str:
        """The URL of a copy of the database of this engine."""
        self.engines[name].close()  # nobody may be connected to what is copied
        return postgres.copy(self._urls[name])

    def _take(
        self, name: str, make: Callable[[Path], Any], code: list[Path], ours: str = "whoosh"
    ) -> None:
        if not self._takes_part(name):
            return
        folder = self._folder(name, code)
        if not (folder / "built.json").exists():
            _say(f"building {name}")
        made, facts = engine.built(folder, lambda: make(folder), lambda: data.make_posts(self.size))
        self._stack.callback(made.close)
        self.engines[name], self.facts[name], self.ours[name] = made, facts, ours

    def _takes_part(self, name: str) -> bool:
        return name.startswith(self._only)

    def _folder(self, name: str, code: list[Path]) -> Path:
        plain = "".join(c if c.isalnum() else "_" for c in name)
        return KEPT / f"{plain}-{self.size}-{engine.fingerprint(*code)}"


def _adding(taking_part: _Engines) -> dict[str, measuring.Spent]:
    """Put one in, until a search for its own word finds it."""
    first = 10**9 + int(time.time()) % 10**9  # ids that no earlier run has used
    posts = [_named(post, f"baru{post.id}") for post in data.make_posts(ADDED, first_id=first)]

    def call(one: engine.Engine) -> Callable[[data.Post], None]:
        def put(post: data.Post) -> None:
            one.add(post)
            while post.id not in one.finds(post.title[0]):
                pass

        return put

    calls = {name: call(one) for name, one in taking_part.engines.items()}
    return measuring.turns(calls, posts, taking_part.pids)


def _arriving(taking_part: _Engines, product: Product, seconds: float) -> dict[str, float]:
    """On a copy, so that what is kept stays as it was built."""
    _say(f"{product.name}: posts arriving")
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        shutil.copytree(product.folder, Path(folder) / "copy")
        url = product.url and taking_part.copy_of(product.name)
        try:
            return arriving.run((product.name, Path(folder) / "copy", _sqlalchemy(url)), seconds)
        finally:
            if url:
                postgres.drop(url)


def _named(post: data.Post, word: str) -> data.Post:
    return replace(post, title=(word, *post.title[1:]), owner_id=1, is_open=True)


def _summaries(spent: dict[str, measuring.Spent]) -> dict[str, dict[str, float]]:
    return {name: one.summary() for name, one in spent.items()}


def _sqlalchemy(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


def _schema_bytes(url: str) -> int:
    """Of the schemas in which the product's index lies."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname LIKE 'lumbung%' AND c.relkind = 'r'"
        ).fetchone()
        return int(row[0]) if row else 0


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)
