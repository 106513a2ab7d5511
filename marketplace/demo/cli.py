"""``flask demo``: load, reset and remove the made-up neighbourhood."""

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from marketplace.cli import require_schema
from marketplace.demo import service
from marketplace.places import service as places

demo_cli = AppGroup("demo", help="The demo neighbourhood: made-up members and their posts.")


@demo_cli.command("load")
@with_appcontext
def load_command() -> None:
    """Load the demo neighbourhood; nothing happens when it is there already."""
    _require_no_real_site()
    if not service.load(current_app.extensions["marketplace"], echo=click.echo):
        click.echo("The demo neighbourhood is here already. To begin anew: flask demo reset")


@demo_cli.command("reset")
@with_appcontext
def reset_command() -> None:
    """Remove the demo neighbourhood and load it anew, dated from today."""
    _require_no_real_site()
    service.reset(current_app.extensions["marketplace"], echo=click.echo)


@demo_cli.command("remove")
@with_appcontext
def remove_command() -> None:
    """Remove every demo member with all that is theirs; real members keep what they have."""
    require_schema()
    service.remove(current_app.extensions["marketplace"], echo=click.echo)


def _require_no_real_site() -> None:
    if current_app.extensions["marketplace"].settings.site_url:
        raise click.ClickException(
            "SITE_URL is set: this is a real site, and made-up members do not belong on it."
        )
    require_schema()
    if not places.is_loaded():
        places.load(echo=click.echo)
