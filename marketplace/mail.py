"""Outgoing mail: rows first, delivery by a sweep.

``queue_mail`` stands inside the caller's transaction, so a mail exists exactly when what it tells
of does. ``deliver`` sends; a row is claimed before it is sent, so no kill can send it twice.
"""

import contextlib
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from flask import render_template
from flask_babel import force_locale
from sqlalchemy import JSON, Index, Integer, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import calendars, wording
from marketplace.calendars import Entry, Frame, host_of
from marketplace.config import Settings
from marketplace.db import UTCDateTime, changed, db, new_public_id, transaction, utcnow
from marketplace.site_settings import site_values

BATCH = 50
ATTEMPTS_MAX = 8
BACK_OFF = timedelta(minutes=1)  # doubled with each attempt: the last try is two hours later
SMTP_TIMEOUT_SECONDS = 20
SHARED = "mail/news.txt"  # says the sentence of a piece of news, and what to do next
SAVED_SEARCH = "search-"  # begins what stands in place of a topic in the links of saved searches
READERS_ZONE = "marketplace.zone"  # in the WSGI environment; no header can have such a name


class OutgoingMail(db.Model):
    """A mail to be sent. ``params`` are emptied once it is sent: they may hold a secret link.

    ``next_try_at`` of one that is being sent says since when.
    """

    __tablename__ = "outgoing_mails"
    __table_args__ = (Index("ix_outgoing_mails_state_next_try_at", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    to: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(2))
    zone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    template: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    unsubscribe_token: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Mailer(Protocol):
    """Where mail goes. Raises OSError or smtplib.SMTPException when it could not be handed over."""

    def send(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Hands each message to the server of ``url``: smtps://, or smtp:// with STARTTLS if offered.

    A password is never sent in the clear.
    """

    url: str

    def send(self, message: EmailMessage) -> None:
        parts = urlsplit(self.url)
        secure = parts.scheme == "smtps"
        make = smtplib.SMTP_SSL if secure else smtplib.SMTP
        port = parts.port or (465 if secure else 25)
        server = make(parts.hostname or "", port, timeout=SMTP_TIMEOUT_SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if not secure and server.has_extn("starttls"):
                server.starttls()
                secure = True
            if parts.username:
                if not secure:
                    raise smtplib.SMTPNotSupportedError(
                        "the mail server offers no STARTTLS; the password is not sent in the clear"
                    )
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
            # The mail is handed over: an ill-mannered good-bye must not have it sent again.
            with contextlib.suppress(OSError):
                server.quit()
        finally:
            server.close()


@dataclass(frozen=True, slots=True)
class FileMailer:
    """Writes each message as an .eml file: for a first look, for tests, for the demo."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = message["Message-ID"].strip("<>").split("@")[0]
        waiting = self.folder / f".{name}.part"
        waiting.write_bytes(message.as_bytes(policy=SMTP))
        waiting.replace(self.folder / f"{name}.eml")


def make_mailer(settings: Settings) -> Mailer:
    return SmtpMailer(settings.smtp_url) if settings.smtp_url else FileMailer(settings.mail_dir)


def queue_mail(
    template: str,
    *,
    to: str,
    language: str,
    params: Mapping[str, Any] | None = None,
    to_name: str = "",
    zone: str = "",
    unsubscribe_token: str | None = None,
) -> OutgoingMail:
    """Add a mail to the caller's transaction. ``templates/mail/<template>.txt`` is its text; its
    first line is ``Subject: ...``. An .html beside it becomes the HTML part. Times in it are
    those of ``zone``; empty: the site's."""
    row = OutgoingMail(
        to=to,
        to_name=to_name,
        language=language,
        zone=zone,
        template=template,
        params=dict(params or {}),
        unsubscribe_token=unsubscribe_token,
    )
    db.session.add(row)
    return row


def render_mail(row: OutgoingMail, settings: Settings) -> EmailMessage:
    """The message in the receiver's language."""
    from flask import current_app, url_for

    # A request of the site's own address: links in mail never follow a request's Host. An
    # application context of its own too, where the language and zone of nobody else are kept.
    surroundings = {READERS_ZONE: row.zone}
    with (
        current_app.app_context(),
        current_app.test_request_context(base_url=settings.base_url, environ_base=surroundings),
        force_locale(row.language),
    ):
        context = {"mail": row, "base_url": settings.base_url, **row.params}
        if row.unsubscribe_token:
            context["unsubscribe_url"] = url_for(
                _page_of(row.unsubscribe_token), token=row.unsubscribe_token, _external=True
            )
        # News that say no more than their sentence share one template.
        template = current_app.jinja_env.select_template([f"mail/{row.template}.txt", SHARED])
        subject, _, text = render_template(template, **context).partition("\n")
        names = [str(template.name).removesuffix(".txt") + ".html"]
        html = None
        if set(names) & set(current_app.jinja_env.list_templates(extensions=["html"])):
            html = render_template(names[0], **context)
        calendar = _calendar(row, settings)
    message = EmailMessage()
    message["Subject"] = " ".join(subject.removeprefix("Subject:").split())
    message["From"] = formataddr((site_values().name, settings.sender))
    message["To"] = formataddr((row.to_name, row.to))
    message["Date"] = format_datetime(row.created_at)
    message["Message-ID"] = f"<{row.public_id}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if row.unsubscribe_token:
        message["List-Unsubscribe"] = f"<{context['unsubscribe_url']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text.lstrip("\n"))
    if html:
        message.add_alternative(html, subtype="html")
    if calendar:
        calendars.attach(message, *calendar)
    return message


def _page_of(unsubscribe_token: str) -> str:
    """Of one saved search, or of a whole topic."""
    of_a_search = f".{SAVED_SEARCH}" in unsubscribe_token
    return "searches.turn_off" if of_a_search else "notifications.turn_off"


def _calendar(row: OutgoingMail, settings: Settings) -> tuple[Entry, Frame] | None:
    """The calendar entry that comes with the mail, in the receiver's language."""
    if not (params := row.params.get("calendar")):
        return None
    frame = Frame(
        title=wording.meetings.title(row.params),
        url=settings.base_url + row.params["link"],
        host=host_of(settings.base_url),
        written_at=row.created_at,
        sender=(site_values().name, settings.sender),
        reader=row.to,
    )
    return Entry.from_params(params), frame


def deliver(settings: Settings, mailer: Mailer) -> int:
    """Send what is due, at most a batch; returns how many rows were handled.

    A row is claimed (state ``sending``) and committed before it is handed over: a worker killed
    in between leaves a claimed row, which is never sent again by itself but shown by the doctor.
    """
    due = db.session.scalars(
        select(OutgoingMail.id)
        .where(OutgoingMail.state == "waiting", OutgoingMail.next_try_at <= utcnow())
        .order_by(OutgoingMail.id)
        .limit(BATCH)
    ).all()
    for mail_id in due:
        with transaction():
            claimed = changed(
                update(OutgoingMail)
                .where(OutgoingMail.id == mail_id, OutgoingMail.state == "waiting")
                .values(state="sending", attempts=OutgoingMail.attempts + 1, next_try_at=utcnow())
            )
        if claimed:
            _send(mail_id, settings, mailer)
    return len(due)


def _send(mail_id: int, settings: Settings, mailer: Mailer) -> None:
    row = db.session.get_one(OutgoingMail, mail_id)
    message = render_mail(row, settings)
    error = ""
    try:
        mailer.send(message)
    except (OSError, smtplib.SMTPException) as failure:
        error = f"{type(failure).__name__}: {failure}"
    with transaction() as session:
        row = session.get_one(OutgoingMail, mail_id)
        row.error = error[:500]
        if not error:
            row.state, row.sent_at, row.params = "sent", utcnow(), {}
        elif row.attempts >= ATTEMPTS_MAX:
            row.state = "failed"
        else:
            row.state = "waiting"
            row.next_try_at = utcnow() + BACK_OFF * 2 ** (row.attempts - 1)
