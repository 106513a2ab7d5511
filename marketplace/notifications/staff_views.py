"""The page of staff about outgoing mail."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from marketplace.accounts.login import staff_required
from marketplace.notifications import outbox
from marketplace.web import actor

bp = Blueprint("staff_mail", __name__)

STATE_NAMES = {
    "waiting": _l("Waiting"),
    "sending": _l("Being sent"),
    "sent": _l("Sent"),
    "failed": _l("Given up"),
}


@bp.get("/staff/mail")
@staff_required
def mail() -> str:
    state = request.args.get("state", "")
    box = outbox.outbox(state, request.args.get("page", 1, type=int))
    return render_template(
        "staff/mail.html",
        box=box,
        state=state if state in STATE_NAMES else "",
        names=STATE_NAMES,
        filters=[(key, name, box.counts[key]) for key, name in STATE_NAMES.items()],
    )


@bp.post("/staff/mail/<public_id>/attempt")
@staff_required
def try_again(public_id: str) -> Response:
    outbox.try_again(actor(), public_id)
    flash(_("It goes out with the next round."), "good")
    return redirect(url_for(".mail", state=request.form.get("state") or None), 303)
