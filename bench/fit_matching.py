"""Weights of words, concepts, category and kind, fitted: ``python -m bench fit_matching [--json]``.

On the fitting half of tests/data/matching (requests whose ``zlib.crc32`` is even); the other half
only measures. Every combination of a grid is tried; the one with the best mean reciprocal rank is
chosen. What the choice is worth is estimated by ten-fold cross-validation: chosen on nine tenths of
the requests, measured on the last. Nothing is drawn: the same data give the same weights, which
stand in ``marketplace.matching.core``.
"""

import argparse
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marketplace.matching import core, evaluation, trials
from marketplace.matching.columns import Columns
from marketplace.matching.evaluation import Judged
from marketplace.matching.said import Codes

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "matching"
FOLDS = 10
# Of the very words: what is left of the whole goes to concepts.
GRID = tuple(
    product((0.0, 0.07, 0.14, 0.21, 0.28, 0.35), (0.1, 0.15, 0.2, 0.25, 0.3), (0.0, 0.05, 0.1))
)
Weights = tuple[float, float, float, float]  # words, concepts, category, kind


def half(judged: Judged, is_fitting: bool) -> Judged:
    """The requests that may be used for fitting, or those that may not."""
    kept = [one for one in judged.requests if (zlib.crc32(one.encode()) % 2 == 0) == is_fitting]
    return replace(
        judged,
        requests={name: judged.requests[name] for name in kept},
        others=tuple(post for name, post in judged.requests.items() if name not in set(kept)),
        judgements={name: judged.judgements[name] for name in kept},
    )


def read() -> Judged:
    return evaluation.read(*(FOLDER / f for f in ("requests.jsonl", "offers.jsonl", "qrels.tsv")))


def candidates() -> list[Weights]:
    return [(words, round(1 - words - category - kind, 2), category, kind)
            for words, category, kind in GRID]  # fmt: skip


def reciprocal_ranks(judged: Judged, weights: Sequence[Weights]) -> NDArray[np.float64]:
    """For each weights a row: the reciprocal rank of every request."""
    stats, now = trials.word_stats(judged), trials.newest(judged)
    offers = Columns([post.side for post in judged.offers], Codes())
    lots, columns = evaluation.lots_of(judged), []
    for name, relevant in evaluation.relevant_of(judged).items():
        need = Columns([judged.requests[name].side], offers.codes)
        scores = np.round(np.array(weights) @ core.measure(offers, need, now, stats)[:4], 6)
        columns.append(
            [1 / (1 + evaluation.places_of(one, lots)[relevant].min()) for one in scores]
        )
    return np.array(columns).T


def choose(ranks: NDArray[np.float64]) -> int:
    """The place of the weights to take: the best, of equal ones the first."""
    return int(ranks.mean(axis=1).argmax())


def fit(judged: Judged) -> dict[str, object]:
    """The chosen weights, and how good they are on what they were chosen by and on the rest."""
    weights, names = candidates(), list(evaluation.relevant_of(judged))
    ranks = reciprocal_ranks(judged, weights)
    chosen = choose(ranks)
    folds = np.array([zlib.crc32(name.encode()) // 2 % FOLDS for name in names])
    unseen = np.concatenate(
        [ranks[choose(ranks[:, folds != fold]), folds == fold] for fold in range(FOLDS)]
    )
    return {
        "requests": len(names),
        "weights": dict(zip(core.RELEVANCE_WEIGHTS, weights[chosen], strict=True)),
        "mrr": round(float(ranks[chosen].mean()), 4),
        "cross-validated mrr": round(float(unseen.mean()), 4),
    }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench fit_matching")
    parser.add_argument("--json", action="store_true")
    found = fit(half(read(), is_fitting=True))
    if parser.parse_args(argv).json:
        print(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            print(f"{name:20} {value}")
    return 0
