"""Does the time of an answer tell whether a name is known? Sign-in, recovery and reset.

``python -m bench timing [--tries 200] [--json]``. Known and unknown names take turns in a random
order in one run, each name from a fresh browser, through WSGI (no network, which would only hide a
difference). Wall milliseconds. *P(slower)*: how often an unknown name takes longer than a known
one, 0.5 when time tells nothing; *p*: the Mann-Whitney rank test, small when it does. Also writes
bench/results/timing.json. Nothing is asserted: the machine is noisy.
"""

import argparse
import json
import math
import platform
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from flask_migrate import upgrade

from marketplace import create_app
from marketplace.accounts.models import Credential, Member, RecoveryCode
from marketplace.accounts.passwords import hash_password
from marketplace.config import load_settings
from marketplace.db import db, transaction, utcnow

SEED = 20261126
MEMBERS = 50  # whose names are known; each is tried several times, as a stranger would
WARM_UP = 10  # tries of each kind that are thrown away: templates, caches, the first connection
WRONG, NEW = "bukan kata sandinya", "hujan sore di teras"
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Asked:
    """A form, what is typed beside the name, and the status of the answer."""

    path: str
    typed: dict[str, str]
    status: int
    by: str = "{}@example.org"  # the name of somebody with this number


NUMBER = "+62812{}"
ASKED = {
    "sign-in by address": Asked("/sign-in", {"password": WRONG}, 422),
    "sign-in by number": Asked("/sign-in", {"password": WRONG}, 422, NUMBER),
    "recovery by code": Asked(
        "/password/recovery", {"code": "A" * 20, "password": NEW}, 422, NUMBER
    ),
    "forgotten password": Asked("/password/forgotten", {}, 303),
}
SOMEBODY = range(34_000_000, 35_000_000)  # numbers that a name is made of; the first are known


def fill() -> None:
    """Members who sign in by address and by number, with a password and a recovery code."""
    secret = hash_password(NEW)
    with transaction() as session:
        for number in SOMEBODY[:MEMBERS]:
            names = (f"{number}@example.org", NUMBER.format(number))
            member = Member(name="Tetangga", email=names[0], email_confirmed_at=utcnow())
            session.add(member)
            session.flush()
            session.add_all(
                Credential(member_id=member.id, login=name, secret_hash=secret) for name in names
            )
            session.add(RecoveryCode(member_id=member.id, code_hash=f"{number:064}"))


def measure(app: Flask, tries: int) -> dict[str, dict[str, list[float]]]:
    """Milliseconds by what was asked and by whether the name is known."""
    rng = random.Random(SEED)
    spent: dict[str, dict[str, list[float]]] = {}
    for what, asked in ASKED.items():
        times: dict[str, list[float]] = {"known": [], "unknown": []}
        for number in range(tries + WARM_UP):
            pair = [
                ("known", rng.choice(SOMEBODY[:MEMBERS])),
                ("unknown", rng.choice(SOMEBODY[MEMBERS:])),
            ]
            rng.shuffle(pair)
            for kind, somebody in pair:
                took = _ask(app, asked, asked.by.format(somebody))
                if number >= WARM_UP:
                    times[kind].append(took)
        spent[what] = times
    return spent


def _ask(app: Flask, asked: Asked, name: str) -> float:
    """Milliseconds until the answer to a fresh browser."""
    browser = app.test_client()
    started = time.perf_counter()
    status = browser.post(asked.path, data=asked.typed | {"login": name}).status_code
    took = (time.perf_counter() - started) * 1000
    if status != asked.status:
        raise RuntimeError(f"{asked.path}: expected {asked.status}, was answered {status}")
    return took


def rank_test(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """P(other > one), and the two-sided p of Mann and Whitney (1947) by the normal curve.

    Ties count half; times in nanoseconds hardly tie, so their correction is left out.
    """
    a, b = np.asarray(one)[:, None], np.asarray(other)[None, :]
    wins = float((b > a).sum() + 0.5 * (b == a).sum())
    pairs, deviation = a.size * b.size, math.sqrt(a.size * b.size * (a.size + b.size + 1) / 12)
    return wins / pairs, math.erfc(abs(wins - pairs / 2) / deviation / math.sqrt(2))


def _row(what: str, times: dict[str, list[float]]) -> dict[str, Any]:
    known, unknown = (float(np.median(times[kind])) for kind in ("known", "unknown"))
    slower, p = rank_test(times["known"], times["unknown"])
    return {
        "asked": what,
        "known_ms": round(known, 3),
        "unknown_ms": round(unknown, 3),
        "difference_ms": round(unknown - known, 3),
        "ratio": round(unknown / known, 3),
        "p_slower": round(slower, 3),
        "p": round(p, 3),
    }


def run(tries: int) -> list[dict[str, Any]]:
    """One row for each thing that can be asked."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({}, instance_dir=Path(folder), log_level="CRITICAL")
        app = create_app(settings, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
        with app.app_context():
            upgrade(directory=str(Path(app.root_path) / "migrations"))
            fill()
        spent = measure(app, tries)
        with app.app_context():
            db.engine.dispose()
    return [_row(what, times) for what, times in spent.items()]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench timing")
    parser.add_argument("--tries", type=int, default=200, help="of known and of unknown names")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(argv)
    rows = run(options.tries)
    report = {"tries": options.tries, "python": platform.python_version(), "rows": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "timing.json").write_text(json.dumps(report, indent=1) + "\n")
    if options.json:
        print(json.dumps(report, indent=1))
        return 0
    heads = [name for name in rows[0] if name != "asked"]
    print(f"{options.tries} known and {options.tries} unknown names; medians in milliseconds")
    print(f"{'asked':24}" + "".join(f"{head.replace('_', ' '):>15}" for head in heads))
    for row in rows:
        print(f"{row['asked']:24}" + "".join(f"{row[head]:>15}" for head in heads))
    return 0
