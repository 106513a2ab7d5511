"""Pages about one's own data: what is kept, a copy of it, leaving and coming back.

A copy and leaving ask for the password again: a phone that was found must not be enough.
"""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import credentials, login
from marketplace.accounts.throttle import RETRY_AFTER_SECONDS
from marketplace.errors import Problem
from marketplace.privacy import service
from marketplace.privacy.forms import ProofForm
from marketplace.web import actor, render_form, show_problems

bp = Blueprint("privacy", __name__)


@bp.get("/account/data")
@login_required
def my_data() -> Any:
    return render_template("privacy/my_data.html", kept=service.kept(actor()))


@bp.route("/account/deletion", methods=["GET", "POST"])
@login_required
def deletion() -> Any:
    """What will happen, the days of grace, and the way back."""
    form = ProofForm()
    if form.is_submitted() and not actor().is_leaving:
        if refused := _refused(form, "privacy/deletion.html"):
            return refused
        service.ask_erasure(actor())
        flash(_("Your posts and your profile are hidden from now on."), "good")
        return redirect(url_for(".deletion"), 303)
    helped = service.helped_by(actor())
    return render_template("privacy/deletion.html", form=form, helped=helped, **_proof())


@bp.post("/account/deletion/cancellation")
@login_required
def cancel_deletion() -> Response:
    service.keep_account(actor())
    flash(_("Welcome back. Everything is shown again as it was."), "good")
    return redirect(url_for("pages.my_page"), 303)


def _proof() -> dict[str, Any]:
    return {"has_password": service.has_password(actor())}


def _refused(form: ProofForm, template: str) -> Any:
    """The page again when the password (or the tick) is missing or wrong; else None."""
    member = actor()
    if not service.has_password(member):
        problems = [] if form.sure.data else [Problem("sure", "choice_missing")]
        return _again(form, template, problems) if problems else None
    throttle, device = login.throttle(), login.this_device()
    name = f"proof {member.public_id}"
    if not throttle.may_sign_in(name, device):
        page = make_response(_again(form, template, [Problem("password", "too_many_proofs")])[0])
        page.status_code, page.headers["Retry-After"] = 429, str(RETRY_AFTER_SECONDS)
        return page
    if not credentials.is_password_of(member, form.password.data or ""):
        return _again(form, template, [Problem("password", "password_wrong")])
    throttle.succeeded(name, device)
    return None


def _again(form: ProofForm, template: str, problems: list[Problem]) -> tuple[str, int]:
    show_problems(form, problems)
    helped = service.helped_by(actor())
    kept = service.kept(actor())
    return render_form(template, form, kept=kept, helped=helped, **_proof())
