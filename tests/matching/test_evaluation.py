"""``flask matching evaluate``: its measures, its command, and the bounds that the pairs hold."""

import json
import os
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from marketplace.matching import evaluation, trials
from marketplace.matching.cli import matching_cli
from marketplace.matching.evaluation import Judged, Values

FOLDER = Path(__file__).parent.parent / "data" / "matching"
AHEAD = 0.9  # probability by paired bootstrap
REQUESTS = [
    {"id": "r1", "title": "Butuh laptop", "body": "untuk sekolah"},
    {"id": 2, "direction": "request", "description": "someone to sew my trousers"},
    {"id": "r3", "title": "", "body": "tenda"},
]
OFFERS = [
    {"id": "a", "title": "Komputer bekas", "kind": "goods", "category": "electronics"},
    {"id": "b", "title": "Penjahit", "body": "Bisa kecilkan celana", "kind": "SKILL"},
    {
        "id": "c",
        "title": "Tenda",
        "latitude": -6.4,
        "longitude": 106.8,
        "quantity": 2,
        "unit": "piece",
    },
    {"id": "d", "title": None, "body": None, "terms": ["gift"], "created_at": "2026-11-01"},
]
QRELS = ["r1 0 a 1", "2 0 b 2", "2\t0\tc\t0", "r3  0 d 0"]


class Files:
    """A small judged collection on disk, and the command over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("requests", [json.dumps(one) for one in REQUESTS])
        self.write("offers", [json.dumps(one) for one in OFFERS])
        self.write("qrels", QRELS)

    def write(self, name: str, lines: list[str]) -> None:
        (self.folder / name).write_text("\n".join(lines) + "\n", "utf-8")

    def run(self, *more: str) -> Result:
        files = [
            part
            for name in ("requests", "offers", "qrels")
            for part in (f"--{name}", str(self.folder / name))
        ]
        return CliRunner().invoke(matching_cli, ["evaluate", *files, *more])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_what_is_meant_stands_first_in_whatever_words_and_without_a_database(files: Files) -> None:
    result = files.run("--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert set(found) == {"mrr", "recall@5", "recall@10", "recall@50", "percentile"}
    assert all(set(one) == {"mean", "low", "high"} for one in found.values())
    assert found["mrr"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert found["percentile"]["mean"] == 1.0


def test_the_methods_of_others_stand_beside_in_the_same_run(files: Files) -> None:
    found = json.loads(files.run("--json", "--beside").output)
    assert list(found) == ["ours", *trials.BESIDE]
    assert found["exact"]["mrr"]["mean"] < 1
    assert found["exact"]["mrr"]["chance"] == 1
    table = files.run("--beside").output
    assert "ours     mrr         1.000  (1.000 to 1.000)" in table
    assert "ours better: 100%" in table


@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [
        ("requests", ['{"id": "r1"}', "", "{"], "line 3: no JSON"),
        ("requests", ["[]"], "line 1: not an object"),
        ("requests", ['{"title": "x"}'], "line 1: without id"),
        ("requests", ['{"id": "r1"}', '{"id": "r1"}'], "line 2: a second request"),
        ("requests", [], "no requests"),
        ("offers", ['{"id": "a", "title": ["x"]}'], "line 1: title is not text"),
        ("offers", ['{"id": "a", "quantity": "two"}'], "line 1: quantity is not a number"),
        ("offers", ['{"id": "a", "created_at": "soon"}'], "line 1: created_at is no time"),
        ("offers", ['{"id": "a", "latitude": 99, "longitude": 1}'], "line 1: no point on earth"),
        ("qrels", ["r1 0 a 1", "r1 0 zz 1"], "line 2: there is no document zz"),
        ("qrels", ["r1 0 a 1", "r9 0 a 1"], "line 2: there is no request r9"),
        ("qrels", ["r1 0 a"], "line 1: 3 fields"),
        ("qrels", [], "no judgements"),
    ],
)
def test_a_broken_line_is_named(files: Files, name: str, lines: list[str], said: str) -> None:
    files.write(name, lines)
    result = files.run()
    assert result.exit_code == 2
    assert said in result.output


def test_files_as_other_programs_write_them_are_read(files: Files) -> None:
    odd = {"id": "\ud800", "title": "x", "quantity": float("inf"), "language": "", "terms": 5}
    files.write(
        "offers", ["\ufeff" + json.dumps(OFFERS[0]) + "\r", *map(json.dumps, (odd, *OFFERS[1:]))]
    )
    result = files.run("--json")
    assert result.exit_code == 0, result.output


def judged(scores: dict[str, list[float]], grades: dict[str, dict[str, int]]) -> Values:
    """The measures of these scores for the offers a, b, c ..."""
    count = len(next(iter(scores.values())))
    rows = [evaluation._post("", {"id": chr(97 + n)}, "offer", n) for n in range(count)]
    held = Judged({}, tuple(rows), (), grades)
    return evaluation.each({name: np.array(of) for name, of in scores.items()}, held)


def test_the_first_relevant_offer_counts_by_its_place_and_each_by_what_is_below() -> None:
    values = judged({"r": [0.9, 0.8, 0.7, 0.1]}, {"r": {"b": 1, "d": 2, "a": 0}})
    assert values["mrr"]["r"] == 1 / 2
    assert values["recall@5"]["r"] == 1.0
    assert values["percentile"]["r"] == pytest.approx((2 / 3 + 0) / 2)


def test_equal_scores_share_their_places_and_requests_without_an_answer_are_left_out() -> None:
    values = judged({"r": [0.5] * 5, "s": [0.1] * 5}, {"r": {"b": 1}, "s": {"a": 0}})
    assert values["percentile"] == {"r": 0.5}
    assert list(values["mrr"]) == ["r"]


def measured(held: Judged, *methods: str) -> dict[str, Values]:
    others = {name: evaluation.each(trials.by_others(held, name), held) for name in methods}
    return {"ours": evaluation.each(trials.by_core(held), held), **others}


def mean(values: Values, measure: str) -> float:
    return float(np.mean(list(values[measure].values())))


def test_the_measuring_half_is_met_far_better_than_by_words_or_stems() -> None:
    held = evaluation.read(
        *(FOLDER / name for name in ("requests.jsonl", "offers.jsonl", "qrels.tsv"))
    )
    kept = {name for name in held.requests if zlib.crc32(name.encode()) % 2}
    held = replace(
        held,
        requests={name: held.requests[name] for name in kept},
        others=tuple(post for name, post in held.requests.items() if name not in kept),
        judgements={name: held.judgements[name] for name in kept},
    )
    found = measured(held, "exact", "bm25")
    ours = mean(found["ours"], "mrr")
    assert ours >= mean(found["exact"], "mrr") + 0.20
    assert ours >= mean(found["bm25"], "mrr") + 0.15


@pytest.mark.evaluation
def test_needs_after_an_earthquake_find_their_offers_better_than_by_bm25() -> None:
    folder = Path(os.environ["EVALUATION_DATA"]) / "matching"
    names = ("nepal_dev_requests.jsonl", "nepal_offers.jsonl", "nepal_dev_qrels.tsv")
    found = measured(evaluation.read(*(folder / name for name in names)), "bm25", "bm25-all")
    chances: dict[str, Any] = evaluation.chances(found["ours"], found["bm25-all"])
    assert chances["recall@10"] >= AHEAD
    assert chances["mrr"] >= AHEAD
    assert mean(found["ours"], "percentile") >= 0.90
    # Where the words that say nothing are taken out as we do, that alone is half of the gain.
    assert mean(found["ours"], "recall@10") >= mean(found["bm25"], "recall@10")
