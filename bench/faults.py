"""Does ``kill -9`` under load lose or double anything? Messages, promises, hand-overs, news, mail.

``python -m bench faults [--rounds 50] [--database URL|postgresql] [--seed N] [--json]``. Clients
over HTTP live whole exchanges; web process and worker are killed at random moments, one or both,
and started again; a form whose connection broke is sent once more. *acknowledged*: what clients
were told was done; *unsure*: what they never got an answer for (of mail: what was on its way at a
kill, never sent again by itself, and counted by the doctor). *lost*: acknowledged and not there;
*doubled*: there more than once. ``--database postgresql`` starts a server of its own. Also writes
bench/results/faults.json.
"""

import argparse
import json
import platform
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from flask_migrate import upgrade

from marketplace import create_app
from marketplace.config import load_settings
from marketplace.db import db
from tests import postgresql
from tests.exchanges.kills import Result, run

SEED = 20261126
LOAD_SECONDS = (0.5, 2.5)  # of load before each kill
RESULTS = Path(__file__).parent / "results"


@contextmanager
def database(named: str) -> Iterator[str]:
    if named != "postgresql":
        yield named
        return
    with postgresql.server() as url:
        yield url


def measure(rounds: int, named: str, seed: int) -> Result:
    with tempfile.TemporaryDirectory() as folder, database(named) as url:
        settings = load_settings(
            {}, instance_dir=Path(folder), database_url=url, log_level="CRITICAL"
        )
        app = create_app(settings, RATELIMIT_ENABLED=False)
        with app.app_context():
            upgrade(directory=str(Path(app.root_path) / "migrations"))
            try:
                return run(app, rounds, random.Random(seed), load_s=LOAD_SECONDS)
            finally:
                db.session.remove()
                db.engine.dispose()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench faults")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--database", default="", help="a URL, or: postgresql; else SQLite")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(argv)
    result = measure(options.rounds, options.database, options.seed)
    report = {"database": options.database.partition(":")[0] or "sqlite", "seed": options.seed,
              "python": platform.python_version(), **asdict(result)}  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "faults.json").write_text(json.dumps(report, indent=1) + "\n")
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        _print(report["database"], result)
    bad = [row for row in result.rows if row.lost or row.doubled]
    return 1 if bad or result.unexpected else 0


def _print(database: object, result: Result) -> None:
    killed = ", ".join(f"{name} {times} times" for name, times in sorted(result.kills.items()))
    print(f"{database}: {result.rounds} rounds; killed: {killed}")
    print(f"{result.lives} whole exchanges; {result.repeated} forms sent again; back after "
          f"{result.slowest_return_s:.1f} s at most")  # fmt: skip
    print(f"{'what':14}{'acknowledged':>14}{'unsure':>9}{'lost':>7}{'doubled':>9}")
    for row in result.rows:
        print(f"{row.what:14}{row.acknowledged:14}{row.unsure:9}{row.lost:7}{row.doubled:9}")
    for words in sorted(set(result.unexpected)):
        print(f"unexpected: {words}")
