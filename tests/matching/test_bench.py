"""The bench of matching runs: every task and every peer that needs no server, on a few posts."""

from functools import cache

from bench.matching import report, runs
from bench.search import data


def test_the_bench_of_matching_measures_every_task_on_a_few_posts(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "KEPT", tmp_path)
    monkeypatch.setattr(data, "_districts", cache(data._districts))  # read once, not six times
    found = runs.run(60, rounds=3, changed=3, with_postgres=False)
    for task in ("new", "typing"):
        assert found["tasks"][task]["ours"]["turns"] >= 3
    assert found["tasks"]["new"].keys() == {"ours", "exact words", "radius only"}
    assert [one["handled"] for one in found["refresh"]] == [3, 3]
    lines = report.table({"size": 60, **found})
    assert "while you type" in lines
    assert "3 posts changed again" in lines
