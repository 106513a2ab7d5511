"""``flask search``: build the index anew, and compare it with the database."""

import sys
import time

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from marketplace.search import service, sweeps
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
    waiting = service.health(parts)["unindexed"]
    click.echo(f"{waiting} listings wait to be indexed.")
    for what, ids in found.items():
        if ids:
            more = " ..." if len(ids) > SHOWN else ""
            click.echo(f"{len(ids)} {what}: {', '.join(map(str, ids[:SHOWN]))}{more}")
    if any(found.values()):
        click.echo("Run: flask --app wsgi search rebuild")
        sys.exit(1)
    click.echo("Index and database agree.")
