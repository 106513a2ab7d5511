"""The demo's doors: come in as a made-up member, read the mail. Registered in demo mode only."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts import login, service
from marketplace.mail import OutgoingMail, render_mail
from marketplace.places import service as places
from marketplace.web import parts

Page = str | Response
bp = Blueprint("demo", __name__, url_prefix="/demo")


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Page:
    if request.method == "POST":
        login.start_sign_in(service.demo_member(request.form.get("member", "")), tell=False)
        return redirect(url_for("pages.my_page"), 303)
    members = service.demo_members()
    locations = places.public_locations(members)
    rows = list(zip(members, locations, strict=True))
    return render_template("accounts/demo_sign_in.html", rows=rows)


@bp.get("/mail")
def mail() -> Page:
    """The newest mails; one that still waits is shown as it will be sent."""
    return render_template(
        "accounts/demo_mail.html",
        mails=[found for row in service.demo_mails() if (found := _message(row))],
    )


def _message(row: OutgoingMail) -> dict[str, str] | None:
    """What to show of a mail; None when it was sent and no file of it was kept."""
    settings = parts().settings
    if row.state == "waiting":
        message = render_mail(row, settings)
    else:
        path = settings.mail_dir / f"{row.public_id}.eml"
        if not path.is_file():
            return None
        message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
    text = message.get_body(("plain",))
    return {
        "to": row.to,
        "subject": str(message["Subject"]),
        "text": text.get_content() if text else "",
        "language": row.language,
    }
