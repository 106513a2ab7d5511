"""``flask privacy``: requests that come by letter, and what to tell after a breach."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from flask_babel import force_locale
from sqlalchemy import select

from marketplace.accounts.models import Credential, Member
from marketplace.cli import require_schema
from marketplace.db import db, utcnow
from marketplace.privacy import breach, export, fields, service
from marketplace.site_settings import site_values

privacy_cli = AppGroup("privacy", help="Rights of members, and breaches.")
REASON = "asked by letter"


@privacy_cli.command("export")
@click.argument("who")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--reason", default=REASON, show_default=True, help="For the record of staff.")
@with_appcontext
def export_command(who: str, file: Path, reason: str) -> None:
    """Write the copy of a member's data to FILE (zip). WHO is a public id or a sign-in name.

    Make sure that whoever asks is the member. It is recorded.
    """
    member = _member(who)
    settings = current_app.extensions["marketplace"].settings
    if file.exists():
        raise click.ClickException(f"{file} is there already.")
    number = service.begin_copy_for(member, reason)
    copy = export.copy_of(member, site_values().name or settings.site_name, settings.base_url)
    file.touch(mode=0o600)
    in_words = current_app.test_request_context(base_url=settings.base_url)
    with in_words, force_locale(member.language), file.open("wb") as opened:
        export.write(copy, opened, uploads=settings.uploads_dir, render=fields.page)
    service.end_copy(number, file.stat().st_size)
    click.echo(f"{file}: {file.stat().st_size} bytes. Hand it to nobody but the member.")


@privacy_cli.command("erase")
@click.argument("who")
@click.option("--reason", default=REASON, show_default=True, help="For the record of staff.")
@with_appcontext
def erase_command(who: str, reason: str) -> None:
    """Let a member be erased after the seven days of grace. WHO is a public id or a sign-in name.

    The member is told by mail and can still come back. It is recorded.
    """
    member = _member(who)
    until = service.ask_erasure_for(member, reason)
    click.echo(f"Hidden from now on; erased after {until:%Y-%m-%d %H:%M} UTC.")


@privacy_cli.command("breach-report")
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
              help="Since when data may have been open, in UTC.")  # fmt: skip
@click.option("--members", type=click.File("r"), metavar="FILE",
              help="Public ids, one a line; else everybody seen since then.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@with_appcontext
def breach_report_command(since: datetime, members: TextIO | None, as_json: bool) -> None:
    """Print what UU PDP 46 and GDPR 33/34 ask for, as far as it is known. Sends nothing."""
    require_schema()
    since = since.replace(tzinfo=UTC)
    ids = None if members is None else members.read().split()
    settings = current_app.extensions["marketplace"].settings
    contact = site_values().contact_email or settings.contact_email
    found = breach.report(since, utcnow(), breach.concerned(since, ids), contact)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: dict[str, object]) -> list[str]:
    records = found["records"]
    assert isinstance(records, dict)
    held = [f"  {name}: {count}" for name, count in records.items() if count]
    lines = [
        "REPORT OF A BREACH OF PERSONAL DATA (UU PDP 27/2022 art. 46; GDPR art. 33 and 34)",
        f"Noticed {found['noticed_at']}; to be told by {found['tell_until']}.",
        f"Data may have been open since {found['since']}.",
        f"Contact: {found['contact'] or '(set a contact address)'}",
        f"Members concerned: {found['members']}, {found['members_with_e_mail']} with e-mail.",
        "Records of theirs, by kind (what each holds: docs/privacy.md):",
        *held,
        "Passwords and tokens are kept as hashes only; places as cells of 74 ha or coarser.",
        "To be filled in:",
    ]
    return lines + [f"  {name.replace('_', ' ')}: ........" for name in breach.TO_FILL_IN]


def _member(who: str) -> Member:
    require_schema()
    by_name = select(Credential.member_id).where(Credential.login == who.strip().lower())
    member = db.session.scalar(
        select(Member).where((Member.public_id == who) | Member.id.in_(by_name))
    )
    if member is None or member.erased_at is not None:
        raise click.ClickException(f"There is no member {who}.")
    return member
