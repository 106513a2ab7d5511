"""``flask matching``: measure the pairs."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.matching import evaluation, trials
from marketplace.search.evaluation import Unreadable

matching_cli = AppGroup("matching", help="Pairs of offers and requests.")


@matching_cli.command("evaluate")
@click.option("--requests", required=True, metavar="F", help="JSON lines, fields of an import.")
@click.option("--offers", required=True, metavar="F", help="JSON lines, fields of an import.")
@click.option("--qrels", required=True, metavar="F", help="TREC: request, 0, offer, grade.")
@click.option("--beside", is_flag=True, help="Measure the methods of others in the same run too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def evaluate_command(
    *, requests: str, offers: str, qrels: str, beside: bool, as_json: bool
) -> None:
    """Measure the pairs by judgements of people. Needs no database.

    Ranks every offer for each judged request. Mean reciprocal rank of the first relevant offer,
    recall of the relevant ones among the first 5, 10 and 50, mean percentile of the relevant ones
    (1 is the top); low and high are the 95 % interval of a bootstrap over the requests. Beside:
    BM25 over the very words (exact), over stems (bm25), and over stems with no stop words taken out
    (bm25-all), with the chance that ours is better by a bootstrap over the same requests.
    """
    try:
        judged = evaluation.read(Path(requests), Path(offers), Path(qrels))
    except Unreadable as error:
        raise click.UsageError(str(error)) from None
    ours = evaluation.each(trials.by_core(judged), judged)
    found = evaluation.figures(ours)
    if not beside:
        click.echo(json.dumps(found) if as_json else _table("ours", found))
        return
    answer = {"ours": found}
    for method in trials.BESIDE:
        theirs = evaluation.each(trials.by_others(judged, method), judged)
        answer[method] = evaluation.figures(theirs)
        for measure, chance in evaluation.chances(ours, theirs).items():
            answer[method][measure]["chance"] = round(chance, 4)
    if as_json:
        click.echo(json.dumps(answer))
    else:
        click.echo("\n".join(_table(method, measures) for method, measures in answer.items()))


def _table(method: str, measures: dict[str, dict[str, float]]) -> str:
    """A line for each measure; beside a method of others the chance that ours is better."""
    lines = []
    for measure, of in measures.items():
        line = f"{method:9}{measure:12}{of['mean']:.3f}  ({of['low']:.3f} to {of['high']:.3f})"
        chance = f"  ours better: {of['chance']:.0%}" if "chance" in of else ""
        lines.append(line + chance)
    return "\n".join(lines)
