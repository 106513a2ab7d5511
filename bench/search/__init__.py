"""Our search beside what others do, on the same posts and questions, in one run.

``python -m bench search --size N [--engine whoosh,postgres] [--rounds 60] [--json F]``. Processor
milliseconds of client and server together, p50 and p95, and how many times longer than ours; the
JSON has wall time too. Ours: the adapter behind the port, asked with the words as they are
written, like its peers. *product*: what the search page does for the same question, on a database
that holds the same posts: concepts and stems, relaxing, the tail, loading the rows. What is built
is kept below instance/bench, and made anew when the code that decides it has changed. Peers on
PostgreSQL run when it is named. ``--arriving`` seconds of twenty new posts a second: see
``arriving``. Also writes bench/results/search-SIZE.json.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.search import report, runs
from tests import postgresql

RESULTS = Path(__file__).parents[1] / "results"
ENGINES = ("whoosh", "postgres")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench search")
    parser.add_argument("--size", type=int, default=10_000, help="posts")
    parser.add_argument("--engine", default="whoosh", help="whoosh, postgres or both by comma")
    parser.add_argument("--rounds", type=int, default=60, help="questions of each task")
    parser.add_argument("--only", default="", help="engines whose names begin so, by comma")
    parser.add_argument("--arriving", type=float, default=60.0, help="seconds; 0: leave it out")
    parser.add_argument("--json", type=Path, help="file for the report")
    options = parser.parse_args(argv)
    wanted = options.engine.split(",")
    if not set(wanted) <= set(ENGINES):
        parser.error(f"--engine takes {', '.join(ENGINES)}")
    if "postgres" in wanted and postgresql.programs() is None:
        print("no PostgreSQL server is installed here: its engines are left out", file=sys.stderr)
        wanted.remove("postgres")
    if "postgres" not in wanted:
        print("tsvector + PostGIS and trigrams run with --engine postgres", file=sys.stderr)
    found = {
        "size": options.size,
        "python": platform.python_version(),
        **runs.run(options.size, wanted, options),
    }
    RESULTS.mkdir(exist_ok=True)
    for path in filter(None, (RESULTS / f"search-{options.size}.json", options.json)):
        path.write_text(json.dumps(found, indent=1) + "\n")
    print(report.table(found))
    return 0
