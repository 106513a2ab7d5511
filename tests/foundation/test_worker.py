"""A sweep that fails is written down, tried again, and stops no other."""

from flask import Flask

from marketplace.db import db
from marketplace.worker import Sweep, SweepRun, _Runner


def test_failures_are_counted_until_the_sweep_works_again(app: Flask) -> None:
    outcomes: list[Exception | int] = [OSError("disk full"), OSError("disk full"), 0]

    def run(parts: object) -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    runner = _Runner(app, Sweep("search.sync", 1, run))
    seen = []
    for _ in range(3):
        runner.beat_at = 0.0  # each run writes, however quick the machine
        runner()
        db.session.rollback()
        row = db.session.get_one(SweepRun, "search.sync")
        seen.append((row.failures, row.last_error))
    assert seen == [(1, "OSError: disk full"), (2, "OSError: disk full"), (0, "")]
