"""``flask mail``: does mail leave this machine, and if not, why."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.utils import parseaddr
from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from marketplace.accounts.logins import check_email, normal_email
from marketplace.config import Settings
from marketplace.db import new_public_id, utcnow
from marketplace.mail import OutgoingMail, render_mail

mail_cli = AppGroup("mail", help="Outgoing mail.")

# What went wrong, and what to look at; the first kind that fits is taken.
ADVICE: Sequence[tuple[type[Exception], str]] = (
    (smtplib.SMTPAuthenticationError,
     "The server refuses the name or the password. Look at user:password in SMTP_URL; signs such "
     "as @ : / in them are written %40 %3A %2F. Some providers want a password for programs."),
    (smtplib.SMTPSenderRefused,
     "The server does not take mail from this sender. Set MAIL_FROM to an address it knows."),
    (smtplib.SMTPRecipientsRefused,
     "The server does not deliver to this address. Look for a slip in it; a server that says "
     "“relay” wants a user and a password in SMTP_URL."),
    (smtplib.SMTPNotSupportedError,
     "The server offers no encryption here, or no sign-in. Use smtp://...:587 or smtps://...:465."),
    (smtplib.SMTPDataError, "The server has read the mail and refused it."),
    (smtplib.SMTPServerDisconnected,
     "The server hung up. Is it the right port? 587 belongs to smtp://, 465 to smtps://."),
    (ssl.SSLCertVerificationError,
     "The certificate of the server does not fit its name, or has run out. Write the host in "
     "SMTP_URL as the provider gives it."),
    (ssl.SSLError,
     "No encrypted connection came about. 587 belongs to smtp://, 465 to smtps://."),
    (socket.gaierror, "This host name is not known. Look for a slip in SMTP_URL."),
    (ConnectionRefusedError, "Nothing listens there. Look at host and port in SMTP_URL."),
    (TimeoutError,
     "There is no answer. Many providers of servers block port 25; use 587 or 465, or ask them."),
    (smtplib.SMTPException, "The server answered in a way that was not expected."),
    (OSError, "Look at host and port in SMTP_URL, and at the network of this machine."),
)  # fmt: skip


@mail_cli.command("test")
@click.argument("address")
@with_appcontext
def test_command(address: str) -> None:
    """Send a test mail to ADDRESS at once and say what became of it. Exit 1 when it failed."""
    parts = current_app.extensions["marketplace"]
    settings: Settings = parts.settings
    if check_email(normal_email(parseaddr(address)[1])):
        raise click.ClickException(f"{address} is no e-mail address.")
    row = OutgoingMail(
        public_id=new_public_id(), to=address, to_name="", template="test", params={},
        language=settings.default_language, created_at=utcnow(),
    )  # fmt: skip
    message = render_mail(row, settings)
    click.echo(f"From {message['From']} to {address} by {_way(settings)} ...")
    try:
        parts.mailer.send(message)
    except (OSError, smtplib.SMTPException) as error:
        answer = _answer(error)
        raise click.ClickException(f"{_advice(error)}\nThe answer was: {answer}") from None
    if not settings.smtp_url:
        click.echo("Written, not sent: without SMTP_URL mail stays in that folder.")
    else:
        click.echo(
            "The server took it. If it does not arrive, look into the folder for unwanted mail, "
            "and at the SPF and DKIM records of the sender's domain."
        )


def _way(settings: Settings) -> str:
    """Where mail goes; never the password."""
    if not settings.smtp_url:
        return f"files in {settings.mail_dir}"
    url = urlsplit(settings.smtp_url)
    user = f"{url.username}@" if url.username else ""
    return f"{url.scheme}://{user}{url.hostname}{f':{url.port}' if url.port else ''}"


def _advice(error: Exception) -> str:
    return next(words for kind, words in ADVICE if isinstance(error, kind))


def _answer(error: Exception) -> str:
    """What the other side said, in its own words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(_reply(code, text) for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return str(error) or type(error).__name__


def _reply(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
