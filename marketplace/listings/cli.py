"""``flask listings``: bring in listings that were written elsewhere."""

import sys
import time
from typing import BinaryIO

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from flask_babel import force_locale, gettext
from sqlalchemy import select

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.cli import require_schema
from marketplace.db import db
from marketplace.errors import Problem
from marketplace.listings import importing
from marketplace.listings.import_lines import lines_of
from marketplace.search.reading import analysed

PROGRESS_EVERY_SECONDS = 0.5

listings_cli = AppGroup("listings", help="Offers and requests.")


@listings_cli.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--owner", metavar="E-MAIL", help="The member who owns them.")
@with_appcontext
def import_command(file: BinaryIO, owner: str | None) -> None:
    """Import listings from FILE, one JSON object a line; - reads standard input.

    Fields: id direction kind title description category terms quantity unit latitude longitude
    area language created_at expires_at. Compulsory are id, direction and one text. Lines whose id
    is here already are passed over. Exit 1 when any line was refused.
    """
    require_schema()
    started, told_at = time.monotonic(), 0.0

    def refuse(number: int, problems: tuple[Problem, ...]) -> None:
        with force_locale("en"):
            reasons = [f"{problem.field}: {wording.problem(problem)}" for problem in problems]
        click.echo(f"line {number}: {' '.join(reasons)}", err=True)

    def done(outcome: importing.Outcome) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= PROGRESS_EVERY_SECONDS:
            told_at = time.monotonic()
            click.echo(f"{outcome.imported + outcome.known} lines read", err=True)

    outcome = importing.import_lines(
        lines_of(file), _owners(owner), analyse=analysed, refuse=refuse, done=done
    )
    click.echo(
        f"{outcome.imported} imported, {outcome.known} already here, {outcome.refused} refused, "
        f"in {time.monotonic() - started:.1f} s. The worker makes them searchable and matches them."
    )
    if outcome.priced:
        click.echo(
            f"{outcome.priced} of the imported mention a price. Nothing is sold here: have a look.",
            err=True,
        )
    sys.exit(1 if outcome.refused else 0)


def _owners(address: str | None) -> dict[str, Member]:
    """The owner of each direction: the member of this address, or the keepers of imports."""
    if address is None:
        with force_locale(current_app.extensions["marketplace"].settings.default_language):
            return {
                "offer": importing.keeper("offer", gettext("Imported offers")),
                "request": importing.keeper("request", gettext("Imported requests")),
            }
    owner = db.session.scalar(
        select(Member).where(Member.email == address.strip().lower(), Member.erased_at.is_(None))
    )
    if owner is None:
        raise click.ClickException(f"There is no member with the address {address}.")
    return {"offer": owner, "request": owner}
