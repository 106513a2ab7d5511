"""Commands for the gazetteer: ``flask places load`` and ``flask places check``."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.places import area_files, gazetteer

places_cli = AppGroup("places", help="The areas that members choose from.")


@places_cli.command("load")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def load_command(file: Path | None) -> None:
    """Load Indonesia, or with FILE.csv the areas of another country.

    The first line names the columns; code, name and level (1 widest to 4) are needed, and
    parent_code below level 1. Others: postcode, population, latitude and longitude (together, of
    the middle of the area), resolution (H3, 5 to 8; otherwise by the distance to the next area),
    zone (IANA, needed on level 1). An area without a point takes that of the wider one. Lines that
    cannot be taken are reported by number and left out; then the exit code is 1. Loading a file
    again changes only what differs.
    """
    if file is None:
        _report(gazetteer.load(click.echo), [])
        return
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows, refused = area_files.read_csv(lines)
    except (ValueError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    _report(gazetteer.load_rows(rows, click.echo), refused)


def _report(done: gazetteer.Loaded, refused: list[area_files.Refused]) -> None:
    lines = sorted([*refused, *done.refused], key=lambda line: line.number)
    for line in lines:
        click.echo(f"line {line.number}: {line.reason}", err=True)
    click.echo(
        f"Places: {done.added} added, {done.changed} changed, {done.unchanged} as they were, "
        f"{len(lines)} refused"
    )
    if lines:
        sys.exit(1)


@places_cli.command("check")
def check_command() -> None:
    """Count the areas and look for gaps. Exit 1 when something is wrong."""
    counts, wrong = gazetteer.check()
    for what, number in counts.items():
        click.echo(f"{number:>7,} {what}")
    for finding in wrong:
        click.echo(f"MEND: {finding}", err=True)
    sys.exit(1 if wrong else 0)
