"""Pages to turn mails off: by the link in a mail, and by choice of the signed-in member."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.notifications import service
from marketplace.web import actor, csrf

bp = Blueprint("notifications", __name__)


@bp.route("/notifications/off/<token>", methods=["GET", "POST"])
@csrf.exempt  # Mail programs POST here by themselves (RFC 8058), without a cookie or a token of
# ours. Who can forge the request must know the signed link, and then needs no forging; it turns
# one kind of mail off or on and does nothing else.
def turn_off(token: str) -> Response:
    member, topic = service.topic_of_link(token)
    if request.method == "POST":
        service.turn_by_link(token, on=request.form.get("turn") == "on")
    page = render_template(
        "notifications/turn_off.html",
        token=token,
        topic=topic,
        is_on=service.is_on(member, topic),
        changed=request.method == "POST",
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.route("/account/notifications", methods=["GET", "POST"])
@login_required
def preferences() -> str | Response:
    if request.method == "POST":
        service.set_preferences(actor(), set(request.form.getlist("topics")))
        flash(_("Your choice is saved."), "good")
        return redirect(url_for("notifications.preferences"), 303)
    return render_template(
        "notifications/preferences.html", topics=service.preferences(actor()), email=actor().email
    )
