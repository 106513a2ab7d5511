"""Who takes part, and what is measured one after the other."""

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.matching import data, site
from bench.matching.data import make_posts
from bench.matching.peers import ExactWords, Radius, TextAndTrigrams
from bench.matching.site import Site
from bench.search import engine, measuring, postgres, product, runs
from bench.search.data import Post

KEPT = runs.KEPT
OURS = "ours"
FIRST_NEW, FIRST_TYPED = 1_000_000_000, 1_100_000_000  # ids that no kept post has


def run(size: int, rounds: int, changed: int, *, with_postgres: bool) -> dict[str, Any]:
    """{"tasks": {task: {name: milliseconds}}, "refresh": seconds of each time, "tell": seconds}."""
    with contextlib.ExitStack() as stack:
        peers, pids = _peers(size, stack, with_postgres)
        ours = stack.enter_context(_copy(size))
        posts = list(make_posts(rounds + measuring.WARM_UP, FIRST_NEW))
        _say("one new post")
        calls = {OURS: ours.match} | {name: peer.match for name, peer in peers.items()}
        tasks = {"new": _one_by_one(ours, calls, posts, pids)}
        _say("while you type")
        tasks["typing"] = _typing(ours, rounds)
        _say("changed posts")
        refreshed = _refresh(ours, changed)
        _say("telling of pairs")
        told = _until_idle(ours.tell)
    return {"tasks": _summaries(tasks), "refresh": refreshed, "tell": told}


def _one_by_one(
    ours: Site,
    calls: dict[str, Callable[[Post], Any]],
    posts: Sequence[Post],
    pids: dict[str, list[int]],
) -> dict[str, measuring.Spent]:
    """Each post goes up (which is not timed), then everybody looks for its counterparts."""
    spent = {name: measuring.Spent() for name in calls}
    for number, post in enumerate(posts):
        ours.publish(post)
        for name, call in calls.items():
            one = measuring.Spent() if number < measuring.WARM_UP else spent[name]
            measuring.turn(one, lambda call=call, post=post: call(post), pids.get(name, []))
    return spent


def _typing(ours: Site, rounds: int) -> dict[str, measuring.Spent]:
    browser = ours.writer()

    def ask(form: dict[str, Any]) -> None:
        answer = browser.post(site.FRAGMENT, data=form)
        if answer.status_code != 200:
            raise RuntimeError(f"{site.FRAGMENT}: {answer.status_code}")

    posts = make_posts(rounds // 3 + measuring.WARM_UP, first_id=FIRST_TYPED)
    return measuring.turns({OURS: ask}, [form for post in posts for form in site.typed(post)], dict)


def _refresh(ours: Site, changed: int) -> list[dict[str, float]]:
    """The same posts change twice: at first hardly any pair of theirs is stored."""
    found = []
    for _ in range(2):
        ours.change(changed)
        found.append(_until_idle(ours.match))
    return found


def _until_idle(call: Callable[[], int]) -> dict[str, float]:
    wall, cpu, handled = time.perf_counter(), time.process_time(), 0
    while one := call():
        handled += one
    return {
        "handled": handled,
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "wall_seconds": round(time.perf_counter() - wall, 2),
    }


@contextlib.contextmanager
def _copy(size: int) -> Any:
    """Of the kept site, so that what is kept stays as it was built."""
    folder = _folder(OURS, size, *runs.BUILT_BY["whoosh"], *runs.BUILT_BY["product"])
    if not (folder / "built.json").exists():
        _say("building ours")
    made, _ = engine.built(folder, lambda: Site(OURS, folder), lambda: make_posts(size))
    made.close()
    with tempfile.TemporaryDirectory(dir=KEPT) as place:
        copied = Path(place) / "copy"
        shutil.copytree(folder, copied)
        one = Site(OURS, copied)
        try:
            yield one
        finally:
            one.close()


def _peers(
    size: int, stack: contextlib.ExitStack, with_postgres: bool
) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Those who take part by name, and the server's processes of who has one."""
    found: dict[str, Any] = {}
    pids: dict[str, list[int]] = {}

    def take(peer: type[Any], make: Callable[[Path], Any]) -> None:
        folder = _folder(peer.name, size, *_written_in(peer))
        if not (folder / "built.json").exists():
            _say(f"building {peer.name}")
        found[peer.name], _ = engine.built(folder, lambda: make(folder), lambda: make_posts(size))
        stack.callback(found[peer.name].close)

    def on_server(folder: Path) -> TextAndTrigrams:
        fresh = not (folder / "built.json").exists()
        url = postgres.database(server, folder.name.lower(), fresh)
        one = TextAndTrigrams(url)
        pids[one.name] = postgres.processes(url)
        return one

    take(ExactWords, ExactWords)
    take(Radius, Radius)
    if with_postgres:
        server = stack.enter_context(postgres.server(KEPT / "postgresql"))
        take(TextAndTrigrams, on_server)
    return found, pids


def _folder(name: str, size: int, *code: Path) -> Path:
    plain = "".join(c if c.isalnum() else "_" for c in name)
    shared = [Path(module.__file__ or "") for module in (data, product)]
    return KEPT / f"matching_{plain}-{size}-{engine.fingerprint(*code, *shared)}"


def _written_in(peer: type[Any]) -> list[Path]:
    """The files of a class and of those that it extends."""
    modules = {one.__module__ for one in peer.__mro__ if one is not object}
    return [Path(sys.modules[name].__file__ or "") for name in sorted(modules)]


def _summaries(tasks: dict[str, dict[str, measuring.Spent]]) -> dict[str, Any]:
    return {
        task: {name: one.summary() for name, one in spent.items()} for task, spent in tasks.items()
    }


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)
