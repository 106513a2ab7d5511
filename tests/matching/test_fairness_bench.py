"""The simulation behind the table in docs/fairness.md, in its smallest size."""

import numpy as np
import pytest

from bench import fairness
from marketplace.config import PROJECT_ROOT


def test_a_small_village_lives_the_same_year_twice_and_keeps_what_is_guaranteed() -> None:
    lines = fairness.measure(members=60, days=60, runs=2, seed=1)
    assert lines == fairness.measure(members=60, days=60, runs=2, seed=1)
    assert [line.order for line in lines] == ["0", "0.25", "0.5", fairness.NEED_ALONE]
    plain, *_, furthest = lines
    assert plain.mean["dcg_worst"] == pytest.approx(1)
    assert furthest.mean["fit_given"] < plain.mean["fit_given"]
    for line in lines[:3]:
        assert line.mean["dcg_worst"] >= 1 / (1 + float(line.order)) - 1e-12
    assert fairness.table(lines).count("\n") == 5


@pytest.mark.parametrize(
    ("amounts", "expected"), [([2, 2, 2, 2], 0), ([0, 0, 0, 4], 0.75), ([0, 0], 0), ([1, 3], 0.25)]
)
def test_the_gini_coefficient_is_that_of_the_books(amounts: list[int], expected: float) -> None:
    assert fairness.gini(np.array(amounts, dtype=float)) == pytest.approx(expected)


def test_the_table_in_the_docs_has_the_columns_of_the_bench() -> None:
    text = (PROJECT_ROOT / "docs" / "fairness.md").read_text("utf-8")
    assert f"| {' | '.join(fairness.COLUMNS.values())} |" in text
