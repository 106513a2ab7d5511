"""How soon a post is found while others keep arriving, end to end, on a copy of the product.

Three processes, as on a site: one that posts twenty times a second, the worker's loop of
``search.sync``, and this one, which asks for the newest post by its own word until it is found.
*findable*: from the commit of the post to the answer that shows it, which the tail of
``service.find`` makes the next one; *indexed*: until the index held it, without the tail.
"""

import contextlib
import multiprocessing
import queue
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from bench.search import data
from bench.search.product import Product
from marketplace.db import db, utcnow
from marketplace.listings.models import Listing
from marketplace.search import sweeps
from marketplace.worker import BATCHES_PER_RUN

EACH_SECOND = 20
SYNC_EVERY_SECONDS = 1.0  # as in worker.sweeps()
START_SECONDS = 60
FIRST_ID, LAST_ID = 1_000_000_000, 1_100_000_000  # of the posts that arrive; kept ones have others
Copy = tuple[str, Path, str]  # of Product: name, folder, URL of the database


@dataclass(frozen=True, slots=True)
class Wires:
    """Between the processes: who is ready, whether to stop, posts (id, word, when), seconds from
    posts to index."""

    ready: Any
    stop: Any
    posts: Any
    lags: Any


def run(copied: Copy, seconds: float) -> dict[str, float]:
    """Milliseconds p50 and p95 of findable, indexed, and each search; the number of posts."""
    process = multiprocessing.get_context("spawn")
    wires = Wires(process.Semaphore(0), process.Event(), process.Queue(), process.Queue())
    product = Product(*copied)
    product.finds("kosong")  # opens the index
    both = [process.Process(target=call, args=(copied, wires)) for call in (_post, _work)]
    for one in both:
        one.start()
    try:
        for _ in both:
            if not wires.ready.acquire(timeout=START_SECONDS):
                raise RuntimeError("a process did not start")
        found, asked, count = _ask(product, wires, seconds)
    finally:
        wires.stop.set()
        indexed = wires.lags.get(timeout=START_SECONDS)
        for one in both:
            one.join()
        product.close()
    rows = {"findable": found, "indexed": indexed, "search": asked}
    return {
        f"{name}_p{percent}": round(float(np.percentile(times, percent)) * 1000, 1)
        for name, times in rows.items()
        for percent in (50, 95)
    } | {"posts": float(count)}


def _ask(product: Product, wires: Wires, seconds: float) -> tuple[list[float], list[float], int]:
    """Seconds until each post that was looked for was found, and of each search; and how many
    posts there were."""
    until = time.monotonic() + seconds
    found: list[float] = []
    asked: list[float] = []
    count = 0
    while time.monotonic() < until:
        number, word, posted_at = wires.posts.get(timeout=START_SECONDS)
        count += 1
        with contextlib.suppress(queue.Empty):  # there may be newer ones already
            while True:
                number, word, posted_at = wires.posts.get_nowait()
                count += 1
        is_found = False
        while not is_found:
            started = time.time()
            is_found = number in product.finds(word)
            asked.append(time.time() - started)
        found.append(time.time() - posted_at)
    return found, asked, count


def _post(copied: Copy, wires: Wires) -> None:
    """Somebody posts, twenty times a second."""
    product = Product(*copied)
    posts = data.make_posts(10**6, first_id=FIRST_ID)
    wires.posts.cancel_join_thread()  # nobody reads those that come last
    wires.ready.release()
    due = time.monotonic()
    while not wires.stop.is_set():
        post = next(posts)
        word = f"baru{post.id}"
        product.add(replace(post, title=(word, *post.title[1:]), owner_id=1, is_open=True))
        wires.posts.put((post.id, word, time.time()))
        due += 1 / EACH_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
    product.close()


def _work(copied: Copy, wires: Wires) -> None:
    """The sweep as the worker runs it."""
    product = Product(*copied)
    lags: list[float] = []
    last = FIRST_ID - 1
    wires.ready.release()
    while not wires.stop.is_set():
        started = time.monotonic()
        with product.app.app_context():
            for _ in range(BATCHES_PER_RUN):
                batch = sweeps.sync(product.parts)
                db.session.rollback()
                if not batch:
                    break
                rows = db.session.execute(
                    select(Listing.id, Listing.updated_at).where(
                        Listing.id.between(last + 1, LAST_ID),
                        Listing.indexed_revision >= Listing.revision,
                    )
                ).all()
                db.session.rollback()
                lags += [(utcnow() - row.updated_at).total_seconds() for row in rows]
                last = max((row.id for row in rows), default=last)
        time.sleep(max(0.0, SYNC_EVERY_SECONDS - (time.monotonic() - started)))
    wires.lags.put(lags)
    product.close()
