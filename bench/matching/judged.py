"""The judged posts of tests/data/matching: ours beside the methods of others, on the half of the
requests that only measures."""

import zlib
from dataclasses import replace
from pathlib import Path

from marketplace.matching import evaluation, trials

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "matching"
OTHERS = {"exact": "exact words", "bm25": "BM25 with stems"}  # what the evaluation calls them


def run() -> dict[str, dict[str, dict[str, float]]]:
    """{name: {measure: mean, low, high and, of the others, the chance that ours is better}}."""
    judged = evaluation.read(*(FOLDER / f for f in ("requests.jsonl", "offers.jsonl", "qrels.tsv")))
    half = {
        request: grades
        for request, grades in judged.judgements.items()
        if zlib.crc32(request.encode()) % 2
    }
    judged = replace(judged, judgements=half)
    ours = evaluation.each(trials.by_core(judged), judged)
    found = {"ours": evaluation.figures(ours)}
    for method, name in OTHERS.items():
        theirs = evaluation.each(trials.by_others(judged, method), judged)
        found[name] = evaluation.figures(theirs)
        for measure, chance in evaluation.chances(ours, theirs).items():
            found[name][measure]["chance"] = round(chance, 4)
    return found
