"""kill -9 of the web process and of the worker, at random moments under load: what was acknowledged
is there, once. Fifty rounds and the numbers: ``python -m bench faults``."""

import random

import pytest
from flask import Flask

from tests.exchanges import kills

ROUNDS = 5


@pytest.mark.timeout(300)
def test_five_kills_under_load_lose_and_double_nothing_that_was_acknowledged(app: Flask) -> None:
    result = kills.run(app, ROUNDS, random.Random(20261126), load_s=(0.4, 1.6))
    assert result.unexpected == []
    for row in result.rows:
        assert (row.lost, row.doubled) == (0, 0), row
        assert row.acknowledged > 0, f"nothing was tried: {row}"
    # Each kill of the worker leaves at most the one mail that was on its way.
    assert result.doubtful_mails <= result.kills.get("worker", 0)
    assert sum(result.kills.values()) >= ROUNDS
    assert result.lives > 0
