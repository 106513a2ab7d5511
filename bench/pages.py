"""How much a page costs beside a bare Flask page of the same size, in one run.

``python -m bench pages [--size 10000] [--json]``: fills an instance with listings, then asks for
each page through WSGI (no network), in turns with the bare page. Prints milliseconds (p50, p95),
the ratio to the bare page, and what goes over the wire. *500: ...* are the pages of a member with
five hundred conversations and exchanges.
"""

import argparse
import gzip
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask

from marketplace import create_app, worker
from marketplace.accounts.models import Member
from marketplace.config import PROJECT_ROOT, load_settings
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.places import cells, gazetteer
from marketplace.search.analysis import document_terms
from tests import factories
from tests.exchanges.busy import Busy, busy_member

ROUNDS = 60
SEED = 20261124
CENTRE = (-6.3728, 106.8336)
BATCH = 1000
CONVERSATIONS = 500  # of the member whose own pages are measured


def fill(app: Flask, size: int) -> tuple[str, Busy]:
    """Put ``size`` open listings of 100 members around one town, and a member with five hundred
    conversations; returns one public id, and that member."""
    from flask_migrate import upgrade

    rng = random.Random(SEED)
    words = _words()
    upgrade(directory=str(Path(app.root_path) / "migrations"))
    gazetteer.load_sample()
    with transaction() as session:
        session.add_all(Member(name=f"Member {n}", **_place(rng)) for n in range(100))
    for start in range(0, size, BATCH):
        rows = [_listing(rng, words) for _ in range(min(BATCH, size - start))]
        with transaction() as session:
            session.add_all(rows)
    busy = busy_member(CONVERSATIONS)
    worker.run_until_idle(app, rounds=size)
    return str(db.session.scalars(db.select(Listing.public_id).limit(1)).one()), busy


def _place(rng: random.Random) -> dict[str, Any]:
    point = (CENTRE[0] + rng.gauss(0, 0.1), CENTRE[1] + rng.gauss(0, 0.1))
    return cells.place_columns(cells.Place.at(cells.snap(*point), zone="Asia/Jakarta"))


def _words() -> list[str]:
    """Words of the demo neighbourhood: real ones, with real frequencies."""
    texts = (PROJECT_ROOT / "marketplace" / "demo" / "data").glob("listings_*.jsonl")
    lines = [json.loads(line) for path in texts for line in path.read_text("utf-8").splitlines()]
    return " ".join(line["title"] for line in lines).split()


def _listing(rng: random.Random, words: list[str]) -> Listing:
    title = " ".join(rng.choices(words, k=rng.randint(3, 7)))[:110]
    text = " ".join(rng.choices(words, k=30))
    owner = rng.randint(1, 100)
    return Listing(
        owner_id=owner, created_by_id=owner, title=title, description=text, state="open",
        direction=rng.choice(("offer", "request")), gift=True, published_at=utcnow(),
        kind=rng.choice(("goods", "goods", "skill", "mentoring")), matched_revision=1,
        words=document_terms(title, text, "id"), **_place(rng),
    )  # fmt: skip


def measure(calls: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """CPU milliseconds per call, the calls taking turns so that noise falls on all alike."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 5):
        for name, call in calls.items():
            started = time.process_time()
            call()
            if number >= 5:  # the first rounds fill caches
                spent[name].append((time.process_time() - started) * 1000)
    return spent


def run(size: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_settings({}, instance_dir=folder, log_level="ERROR"),
                         RATELIMIT_ENABLED=False)  # fmt: skip
        with app.app_context():
            public_id, busy = fill(app, size)
            hers = {f"500: {name}": url for name, url in busy.addresses(app).items()}
            member = factories.sign_in(app, busy.member)
        client = app.test_client()
        headers = {"Accept-Language": "id"}
        place = cells.to_text(cells.snap(*CENTRE))
        pages = {
            "home": "/",
            "search, two words": f"/search?q=mesin+jahit&cell={place}&radius_km=10",
            "search, nearest": f"/search?cell={place}&radius_km=10&sort=nearest",
            "listing": f"/listings/{public_id}",
            "sign-in form": "/sign-in",
        }
        client.post("/area", data={"place_cell": place}, headers=headers)
        readers = {name: (client, url) for name, url in pages.items()}
        readers |= {name: (member, url) for name, url in hers.items()}
        bodies = {name: who.get(url, headers=headers) for name, (who, url) in readers.items()}
        for name, answer in bodies.items():
            assert answer.status_code == 200, (name, answer.status_code)
        bare = Flask("bare")
        text = bodies["home"].text
        bare.add_url_rule("/", "home", lambda: text)
        bare_client = bare.test_client()
        calls: dict[str, Callable[[], Any]] = {"bare Flask page": lambda: bare_client.get("/")}
        for name, (who, url) in readers.items():
            calls[name] = lambda who=who, url=url: who.get(url, headers=headers)
        spent = measure(calls)
    base = float(np.median(spent["bare Flask page"]))
    return [
        {
            "page": name,
            "p50_ms": round(float(np.median(times)), 2),
            "p95_ms": round(float(np.percentile(times, 95)), 2),
            "times_bare": round(float(np.median(times)) / base, 1),
            "html_gzip_kb": round(len(gzip.compress(bodies[name].data)) / 1024, 1)
            if name in bodies else None,
        }
        for name, times in spent.items()
    ]  # fmt: skip


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench pages")
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    rows = run(options.size)
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    print(f"{'page':22}{'p50 ms':>9}{'p95 ms':>9}{'x bare':>8}{'gzip KB':>9}")
    for row in rows:
        size = "" if row["html_gzip_kb"] is None else row["html_gzip_kb"]
        print(f"{row['page']:22}{row['p50_ms']:9}{row['p95_ms']:9}{row['times_bare']:8}{size:>9}")
    return 0
