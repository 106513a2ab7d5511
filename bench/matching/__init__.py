"""Matching beside what others do, on the same posts, in one run.

``python -m bench matching --size N [--engine whoosh,postgres] [--rounds 60] [--changed 1000]
[--quality] [--json F]``. *one new post*: what the sweep does for a post that just went up among N,
from looking for what is due to the stored pairs, in turns with the peers' search for the same post.
*while you type*: the answer of the form's fragment through WSGI. *changed posts*: the sweep until
nothing is due, for posts that changed all at once, then once more for the same ones, whose pairs
are stored now; and what telling their owners takes. Processor milliseconds of client and server
together, p50 and p95; xR: times the p50 of ours. ``--engine postgres`` adds the peer that needs
PostgreSQL. ``--quality`` measures the judged posts of tests/data/matching too. What is built is
kept below instance/bench and worked on in a copy. Also writes bench/results/matching-SIZE.json.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.matching import judged, report, runs
from tests import postgresql

RESULTS = Path(__file__).parents[1] / "results"
ENGINES = ("whoosh", "postgres")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench matching")
    parser.add_argument("--size", type=int, default=10_000, help="posts")
    parser.add_argument("--engine", default="whoosh", help="whoosh, or whoosh,postgres")
    parser.add_argument("--rounds", type=int, default=60, help="new posts, and posts being typed")
    parser.add_argument("--changed", type=int, default=1000, help="posts that change all at once")
    parser.add_argument("--quality", action="store_true", help="measure the judged posts too")
    parser.add_argument("--json", type=Path, help="file for the report")
    options = parser.parse_args(argv)
    wanted = options.engine.split(",")
    if not set(wanted) <= set(ENGINES):
        parser.error(f"--engine takes {', '.join(ENGINES)}")
    with_postgres = "postgres" in wanted
    if with_postgres and postgresql.programs() is None:
        print("no PostgreSQL server is installed here: its peer is left out", file=sys.stderr)
        with_postgres = False
    found = {
        "size": options.size,
        "changed": options.changed,
        "python": platform.python_version(),
        **runs.run(options.size, options.rounds, options.changed, with_postgres=with_postgres),
    }
    if options.quality:
        found["judged"] = judged.run()
    RESULTS.mkdir(exist_ok=True)
    for path in filter(None, (RESULTS / f"matching-{options.size}.json", options.json)):
        path.write_text(json.dumps(found, indent=1) + "\n")
    print(report.table(found))
    return 0
