"""``flask search``: build the index anew, compare it with the database, measure its answers."""

import json
import sys
import time
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DBAPIError

from marketplace.search import evaluation, lag, sweeps, trials
from marketplace.search.port import IndexBusy, IndexUnusable

PROGRESS_EVERY_SECONDS = 0.5
SHOWN = 10  # ids named of each kind of difference

search_cli = AppGroup("search", help="The search index.")


@search_cli.command("rebuild")
@with_appcontext
def rebuild_command() -> None:
    """Build the index anew beside the old one, then swap. Searching goes on meanwhile."""
    started, told_at = time.monotonic(), 0.0

    def progress(done: int, expected: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= PROGRESS_EVERY_SECONDS:
            told_at = time.monotonic()
            click.echo(f"\r{done} of {expected} listings", nl=False)

    try:
        count = sweeps.rebuild(current_app.extensions["marketplace"].search_index, progress)
    except IndexBusy as error:
        raise click.ClickException(f"{error}; try again in a moment.") from None
    click.echo(f"\r{count} listings indexed in {time.monotonic() - started:.1f} s.")


@search_cli.command("check")
@with_appcontext
def check_command() -> None:
    """Compare the index with the database. Exit 1 when they differ."""
    parts = current_app.extensions["marketplace"]
    try:
        found = sweeps.differences(parts.search_index)
    except IndexUnusable as error:
        click.echo(f"The index cannot be used ({error}). Run: flask --app wsgi search rebuild")
        sys.exit(1)
    _tell(lag.measure(parts))
    for what, ids in found.items():
        if ids:
            more = " ..." if len(ids) > SHOWN else ""
            click.echo(f"{len(ids)} {what}: {', '.join(map(str, ids[:SHOWN]))}{more}")
    if any(found.values()):
        click.echo("Run: flask --app wsgi search rebuild")
        sys.exit(1)
    click.echo("Index and database agree.")


def _tell(now: lag.Lag) -> None:
    """How the index stands, in a line for each thing."""
    if now.facts:
        size_mb = now.facts.size_bytes / 2**20
        when = now.facts.committed_at
        click.echo(
            f"{now.facts.engine}, {size_mb:.1f} MB, {now.facts.documents} documents of "
            f"{now.open_posts} open posts"
            + (f", last commit {when:%Y-%m-%d %H:%M:%S} UTC." if when else ".")
        )
    click.echo(
        f"{now.unindexed} listings wait to be indexed"
        + (f", the oldest for {now.oldest_lag_seconds:.0f} s." if now.unindexed else ".")
    )
    if now.unalerted:
        click.echo(f"{now.unalerted} listings wait to be held against saved searches.")
    if now.rereading.left:
        click.echo(f"{now.rereading.left} of {now.rereading.posts} posts are to be read anew.")


@search_cli.command("evaluate")
@click.option("--documents", required=True, metavar="F", help="JSON lines: id, title, body.")
@click.option("--queries", required=True, metavar="F", help="JSON lines: id, text.")
@click.option("--qrels", required=True, metavar="F", help="TREC: query, 0, document, grade.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(trials.ENGINES),
    help="May be given several times; to compare with: plain BM25 of stems, of the stems of stop "
    "words too (bm25-all), of the very words (exact).",
)
@click.option("--k1", type=click.FloatRange(min=0), help="Instead of that of short posts.")
@click.option("--b", type=click.FloatRange(0, 1), help="Instead of that of short posts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@with_appcontext
def evaluate_command(
    *,
    documents: str,
    queries: str,
    qrels: str,
    engines: tuple[str, ...],
    k1: float | None,
    b: float | None,
    as_json: bool,
) -> None:
    """Measure what is found first by judgements of people. Needs no database.

    nDCG@10 with linear gains, mean average precision, recall@100; low and high are the 95 %
    interval of a bootstrap over the queries. Engine postgres makes a database of its own on the
    server of DATABASE_URL.
    """
    try:
        collection = evaluation.read(Path(documents), Path(queries), Path(qrels))
    except evaluation.Unreadable as error:
        raise click.UsageError(str(error)) from None
    database = current_app.extensions["marketplace"].settings.database
    found = {}
    for engine in engines or ("whoosh",):
        if engine == "postgres" and not database.startswith("postgresql"):
            raise click.UsageError("The engine postgres needs DATABASE_URL of a PostgreSQL server.")
        try:
            rankings = trials.rankings(collection, engine, database, k1=k1, b=b)
        except DBAPIError as error:
            raise click.ClickException(f"PostgreSQL says: {error.orig}") from None
        found[engine] = evaluation.figures(rankings, collection.judgements)
    if as_json:
        click.echo(json.dumps(found))
        return
    for engine, measures in found.items():
        for measure, of in measures.items():
            interval = f"{of['low']:.3f} to {of['high']:.3f}"
            click.echo(f"{engine:9}{measure:11}{of['mean']:.3f}  ({interval})")
