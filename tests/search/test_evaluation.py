"""Measures of a ranking, and ``flask search evaluate``."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import column, func, select, table

from marketplace import create_app
from marketplace.config import Settings
from marketplace.db import db
from marketplace.search import evaluation
from marketplace.search.evaluation import average_precision, figures, ndcg, recall

DOCUMENTS = [
    {"id": "a", "title": "Mesin jahit tua", "body": "Masih jalan, jarum lengkap."},
    {"id": "b", "title": "Meja belajar", "body": "Kayu jati."},
    {"id": "c", "title": "Sewing machine", "body": "Works well."},
    {"id": 4, "title": "Kursi roda", "body": ""},
]
QUERIES = [{"id": "q1", "text": "mesin jahit"}, {"id": "q2", "text": "wheelchair"}]
QRELS = ["q1 0 a 2", "q1 0 c 1", "q1 0 b 0", "q2 0 4 2"]


class Files:
    """A small judged collection on disk, and the command over it."""

    def __init__(self, folder: Path, app: Flask) -> None:
        self.folder, self.app = folder, app
        self.write("documents", [json.dumps(one) for one in DOCUMENTS])
        self.write("queries", [json.dumps(one) for one in QUERIES])
        self.write("qrels", QRELS)

    def write(self, name: str, lines: list[str]) -> None:
        (self.folder / name).write_text("\n".join(lines) + "\n", "utf-8")

    def run(self, *more: str) -> Result:
        files = [
            part
            for name in ("documents", "queries", "qrels")
            for part in (f"--{name}", str(self.folder / name))
        ]
        return self.app.test_cli_runner().invoke(args=["search", "evaluate", *files, *more])


@pytest.fixture
def files(tmp_path: Path, app: Flask) -> Files:
    return Files(tmp_path, app)


def test_gains_are_linear_and_discounted_by_the_rank() -> None:
    grades = {"a": 2, "b": 1, "c": 0}
    assert ndcg(["a", "b", "c"], grades) == 1.0
    ideal = 2 + 1 / math.log2(3)
    assert ndcg(["x", "b", "a"], grades) == pytest.approx((1 / math.log2(3) + 2 / 2) / ideal)
    assert ndcg([*"0123456789", "a"], grades) == 0.0  # the eleventh is too late


def test_what_is_never_found_counts_as_nothing() -> None:
    relevant = frozenset("ab")
    assert average_precision(["a", "x", "b"], relevant) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(["x", "a"], relevant) == pytest.approx(1 / 4)
    assert recall(["x", "a"], relevant) == 0.5
    assert recall(["x", "a"], relevant, depth=1) == 0.0


def test_queries_without_anything_relevant_are_left_out_and_missing_answers_are_not() -> None:
    judged = {"q1": {"a": 1}, "q2": {"a": 0}, "q3": {"b": 1}}
    found = figures({"q1": ["a"], "q2": ["a"]}, judged)
    assert found["ndcg@10"]["mean"] == 0.5


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    judged = {str(n): {"a": 1} for n in range(20)}
    ranked = {str(n): ["a"] if n % 2 else ["x", "a"] for n in range(20)}
    one, again = figures(ranked, judged), figures(ranked, judged)
    assert one == again
    assert one["map"]["low"] < one["map"]["mean"] == 0.75 < one["map"]["high"]


@pytest.mark.parametrize("engine", ["whoosh", "memory"])
def test_what_people_call_right_stands_first(files: Files, engine: str) -> None:
    result = files.run("--engine", engine, "--engine", "bm25", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert list(found) == [engine, "bm25"]
    assert set(found[engine]) == {"ndcg@10", "map", "recall@100"}
    assert found[engine]["ndcg@10"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert found["bm25"]["ndcg@10"]["mean"] < 0.6  # it knows no other language


def test_the_engine_is_whoosh_unless_said_and_the_table_is_for_people(files: Files) -> None:
    result = files.run("--k1", "2", "--b", "0.75")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0] == "whoosh   ndcg@10    1.000  (1.000 to 1.000)"


@pytest.mark.postgresql
def test_postgresql_is_measured_in_a_database_of_its_own(files: Files) -> None:
    result = files.run("--engine", "postgres", "--json")
    assert json.loads(result.output)["postgres"]["ndcg@10"]["mean"] == 1.0
    kept = select(func.count()).where(column("datname").like("lumbung_scratch%"))
    assert db.session.scalar(kept.select_from(table("pg_database"))) == 0


def test_without_a_server_the_engine_postgres_says_what_it_needs(
    tmp_path: Path, settings: Settings
) -> None:
    files = Files(tmp_path, create_app(replace(settings, database_url="")))
    result = files.run("--engine", "postgres")
    assert result.exit_code == 2
    assert "needs DATABASE_URL" in result.output


def test_judgements_may_number_the_queries_in_their_order(files: Files) -> None:
    files.write("qrels", [line[1:] for line in QRELS])
    assert json.loads(files.run("--json").output)["whoosh"]["ndcg@10"]["mean"] == 1.0


@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [
        ("documents", ['{"id": "a", "title": "x", "body": ""}', "", "{"], "line 3: no JSON"),
        ("documents", ["[]"], "line 1: not an object"),
        ("documents", ['{"id": "a", "title": "x"}'], "line 1: without body"),
        ("documents", ['{"id": "a", "title": [], "body": ""}'], "line 1: title is neither"),
        ("documents", ['{"id": "a", "title": "", "body": ""}'] * 2, "line 2: a second document"),
        ("queries", ['{"id": 1}'], "line 1: without text"),
        ("queries", ['{"id": 1, "text": ""}'] * 2, "line 2: a second query"),
        ("qrels", ["q1 0 a 2", "q1 0 a"], "line 2: 3 fields"),
        ("qrels", ["q1 0 a good"], "line 1: the grade 'good'"),
        ("qrels", ["q1 0 a 1", "q1 0 zz 1"], "line 2: there is no document zz"),
        ("qrels", ["q1 0 a 1", "", "q9 0 a 1"], "line 3: there is no query q9"),
        ("qrels", ["0 0 a 1"], "line 1: there is no query 0"),
        ("qrels", [], "no judgements"),
    ],
)
def test_a_broken_line_is_named(files: Files, name: str, lines: list[str], said: str) -> None:
    files.write(name, lines)
    result = files.run()
    assert result.exit_code == 2
    assert said in result.output


def test_a_missing_file_is_named(files: Files) -> None:
    (files.folder / "qrels").unlink()
    result = files.run()
    assert result.exit_code == 2
    assert "qrels: No such file" in result.output


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff")
    with pytest.raises(evaluation.Unreadable, match="not UTF-8"):
        evaluation.read(tmp_path / "x", tmp_path / "x", tmp_path / "x")
