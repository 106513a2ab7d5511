"""Pages to turn mails off: by the link in a mail, and by choice of the signed-in member."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.db import utcnow
from marketplace.errors import Invalid
from marketplace.notifications import choices, service
from marketplace.notifications.forms import ChoiceForm
from marketplace.notifications.rules import MAILS_A_DAY_MAX
from marketplace.responses import secret_page
from marketplace.web import actor, csrf, render_form, show_problems

bp = Blueprint("notifications", __name__)


@bp.route("/notifications/off/<token>", methods=["GET", "POST"])
@csrf.exempt  # Mail programs POST here by themselves (RFC 8058), without a cookie or a token of
# ours. Who can forge the request must know the signed link, and then needs no forging; it turns
# one kind of mail off or on and does nothing else.
def turn_off(token: str) -> Response:
    member, topic = choices.off_link(token)
    if request.method == "POST":
        choices.turn_by_link(token, on=request.form.get("turn") == "on")
    page = render_template(
        "notifications/turn_off.html",
        token=token,
        topic=topic,
        is_on=choices.is_on(member, topic),
        changed=request.method == "POST",
    )
    return secret_page(page)


@bp.get("/notifications")
@login_required
def news() -> str:
    found = service.news(actor(), request.args.get("page", 1, type=int))
    if "Sec-Purpose" not in request.headers:  # fetched in advance: nobody has read it
        service.mark_seen(actor(), [line.public_id for line in found.lines if line.is_new])
    return render_template(
        "notifications/news.html", news=found, unseen=service.unseen_count(actor())
    )


@bp.get("/notifications/<public_id>")
@login_required
def open_news(public_id: str) -> Response:
    """Go where a piece of news leads; it counts as seen from then on."""
    return redirect(service.open_news(actor(), public_id) or url_for(".news"), 303)


@bp.post("/notifications/all/seen")
@login_required
def mark_all_seen() -> Response:
    service.mark_all_seen(actor())
    return redirect(url_for(".news"), 303)


@bp.app_template_global()
def unseen_news() -> int:
    """News that wait for the signed-in member; one query."""
    member = actor()
    return service.unseen_count(member) if member else 0


@bp.route("/account/notifications", methods=["GET", "POST"])
@login_required
def preferences() -> Any:
    """Which mail comes, how and when."""
    form = ChoiceForm().keep(choices.choosable(actor()))
    if request.method == "POST" and form.validate():
        try:
            choices.choose(actor(), form.channels(), form.hours())
        except Invalid as invalid:
            show_problems(form, invalid.problems)
        else:
            flash(_("Your choice is saved."), "good")
            return redirect(url_for("notifications.preferences"), 303)
    elif request.method == "GET":
        form.show(choices.channels(actor()), choices.hours_of(actor()))
    return render_form("notifications/preferences.html", form, most=MAILS_A_DAY_MAX, now=utcnow())
