"""How good rankings are, by judgements of people: reading judged collections, measures. Pure.

Gains are linear: a document of grade 2 is worth two of grade 1. What is not judged is worth
nothing. A document is relevant (for recall and precision) from grade 1 on. Queries for which
nothing is relevant tell nothing and are left out.
"""

import json
import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NDCG_DEPTH = 10
RECALL_DEPTH = 100
DEPTH = 1000  # how many results of a query are looked at (for average precision)
RESAMPLES = 2000  # of the queries, with replacement
SEED = 20261126  # the same judgements give the same interval
INTERVAL = (2.5, 97.5)  # percentiles: 95 %

Grades = Mapping[str, int]  # document -> grade
Rankings = Mapping[str, Sequence[str]]  # query -> documents, best first


class Unreadable(Exception):
    """A file is not what it should be; the message names it, the line, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document to be found."""

    id: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Collection:
    """``queries``: the judged ones, by the id that the judgements use."""

    documents: tuple[Text, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Grades]


def read(documents: Path, queries: Path, qrels: Path) -> Collection:
    """A judged collection. JSON lines {id, title, body} and {id, text}; judgements as TREC has
    them: query, 0, document, grade."""
    texts: dict[str, Text] = {}
    for where, row in _rows(documents, ("id", "title", "body")):
        if row["id"] in texts:
            raise Unreadable(f"{where}: a second document with the id {row['id']}")
        texts[row["id"]] = Text(row["id"], row["title"], row["body"])
    asked: dict[str, str] = {}
    for where, row in _rows(queries, ("id", "text")):
        if row["id"] in asked:
            raise Unreadable(f"{where}: a second query with the id {row['id']}")
        asked[row["id"]] = row["text"]
    judged, first_line = judgements(qrels, texts)
    return Collection(tuple(texts.values()), _named(asked, first_line, qrels.name), judged)


def objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file and line, the object) of each line of a file of JSON lines."""
    for where, line in _lines(path):
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"{where}: no JSON ({error})") from None
        if not isinstance(row, dict):
            raise Unreadable(f"{where}: not an object in braces")
        yield where, row


def _rows(path: Path, names: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """(file and line, the named values as text) of each line."""
    for where, row in objects(path):
        if missing := [name for name in names if name not in row]:
            raise Unreadable(f"{where}: without {' and '.join(missing)}")
        if wrong := [name for name in names if not isinstance(row[name], str | int)]:
            raise Unreadable(f"{where}: {wrong[0]} is neither text nor a number")
        yield where, {name: str(row[name]) for name in names}


def judgements(path: Path, known: Container[str]) -> tuple[dict[str, Grades], dict[str, str]]:
    """Query -> document -> grade; and the line on which each query is judged first. ``known``: the
    documents that there are."""
    judged: dict[str, dict[str, int]] = {}
    first_line: dict[str, str] = {}
    for where, line in _lines(path):
        fields = line.split()
        if len(fields) != 4:
            raise Unreadable(f"{where}: {len(fields)} fields instead of query, 0, document, grade")
        query, _, document, grade = fields
        try:
            worth = int(grade)
        except ValueError:
            raise Unreadable(f"{where}: the grade {grade!r} is no whole number") from None
        if document not in known:
            raise Unreadable(f"{where}: there is no document {document}")
        judged.setdefault(query, {})[document] = worth
        first_line.setdefault(query, where)
    if not judged:
        raise Unreadable(f"{path.name}: no judgements")
    return dict(judged), first_line


def _named(asked: Mapping[str, str], first_line: Mapping[str, str], name: str) -> dict[str, str]:
    """The judged queries: by their ids, or, when the judgements number them, by their order."""
    unknown = [query for query in first_line if query not in asked]
    if not unknown:
        return {query: asked[query] for query in first_line}
    in_order = dict(enumerate(asked.values(), 1))
    if all(query.isdecimal() and int(query) in in_order for query in first_line):
        return {query: in_order[int(query)] for query in first_line}
    raise Unreadable(f"{first_line[unknown[0]]}: there is no query {unknown[0]}")


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """(file and line, text) of each line that is not empty."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: not UTF-8") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{path.name}, line {number}", line


def ndcg(ranked: Sequence[str], grades: Grades, depth: int = NDCG_DEPTH) -> float:
    """Normalised discounted cumulative gain: 1 when nothing better could stand first."""
    ideal = _gain(sorted((max(0, grade) for grade in grades.values()), reverse=True)[:depth])
    gained = _gain([max(0, grades.get(one, 0)) for one in ranked[:depth]])
    return gained / ideal if ideal else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def average_precision(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """The mean, over all relevant documents, of the precision down to each (0 if not found)."""
    found, total = 0, 0.0
    for rank, one in enumerate(ranked, 1):
        if one in relevant:
            found += 1
            total += found / rank
    return total / len(relevant)


def recall(ranked: Sequence[str], relevant: frozenset[str], depth: int = RECALL_DEPTH) -> float:
    """The share of what is relevant among the first ``depth``."""
    return len(relevant.intersection(ranked[:depth])) / len(relevant)


def relevant_of(grades: Grades) -> frozenset[str]:
    return frozenset(document for document, grade in grades.items() if grade > 0)


def each(rankings: Rankings, judgements: Mapping[str, Grades]) -> dict[str, dict[str, float]]:
    """Measure -> query -> value, for the queries to which something is relevant."""
    values: dict[str, dict[str, float]] = {"ndcg@10": {}, "map": {}, "recall@100": {}}
    for query, grades in judgements.items():
        if relevant := relevant_of(grades):
            ranked = rankings.get(query, ())
            values["ndcg@10"][query] = ndcg(ranked, grades)
            values["map"][query] = average_precision(ranked, relevant)
            values["recall@100"][query] = recall(ranked, relevant)
    return values


def figures(rankings: Rankings, judgements: Mapping[str, Grades]) -> dict[str, dict[str, float]]:
    """Measure -> mean over the queries, and the 95 % interval of a bootstrap over them."""
    return {
        measure: interval(list(values.values()))
        for measure, values in each(rankings, judgements).items()
    }


def interval(values: Sequence[float]) -> dict[str, float]:
    """The mean of a value for each query, and the 95 % interval of a bootstrap over them."""
    if not values:
        return {"mean": 0.0, "low": 0.0, "high": 0.0}
    array = np.asarray(values, np.float64)
    low, high = np.percentile(_resampled(array), INTERVAL)
    return {
        "mean": round(float(array.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def chance_of_more(ours: Sequence[float], others: Sequence[float]) -> float:
    """How likely the mean of ours is above that of others, by a bootstrap over the same queries
    for both; equal means count half."""
    means = _resampled(np.subtract(ours, others))
    return float((means > 0).mean() + (means == 0).mean() / 2)


def _resampled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of RESAMPLES draws, with replacement, of as many values as there are."""
    drawn = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    return np.asarray(values[drawn].mean(axis=1))
