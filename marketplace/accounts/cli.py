"""``flask staff``: the operator says who runs the site."""

import click
from flask.cli import with_appcontext

from marketplace.accounts import staff
from marketplace.accounts.logins import normal_login
from marketplace.errors import NotFound


@click.group("staff")
def staff_cli() -> None:
    """Who may enter the pages of staff."""


@staff_cli.command("add")
@click.argument("login")
@with_appcontext
def add(login: str) -> None:
    """Let the member who signs in with LOGIN (e-mail or phone number) run the site."""
    _set(login, True)


@staff_cli.command("remove")
@click.argument("login")
@with_appcontext
def remove(login: str) -> None:
    """Make the member who signs in with LOGIN an ordinary member again."""
    _set(login, False)


@staff_cli.command("list")
@with_appcontext
def show() -> None:
    """Name everybody who runs the site."""
    members = staff.everybody()
    for member, names in members:
        click.echo(f"{member.name} ({', '.join(names) or 'cannot sign in'})")
    if not members:
        click.echo("Nobody yet; name somebody with: flask --app wsgi staff add LOGIN")


def _set(login: str, whether: bool) -> None:
    try:
        member, has_changed = staff.appoint(normal_login(login), whether)
    except NotFound:
        raise click.ClickException(
            f"No member signs in with {login}. They sign up on the site first."
        ) from None
    now = "is staff" if whether else "is not staff"
    click.echo(f"{member.name} {now}{'' if has_changed else ' already'}.")
