"""Pages about one's own data: what is kept, a copy of it, leaving and coming back.

A copy and leaving ask for the password again: a phone that was found must not be enough.
"""

import tempfile
from collections.abc import Callable
from typing import IO, Any

from flask import Blueprint, flash, make_response, redirect, send_file, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import credentials, login
from marketplace.accounts.models import Member
from marketplace.accounts.throttle import RETRY_AFTER_SECONDS
from marketplace.errors import Invalid, Problem
from marketplace.privacy import export, fields, service
from marketplace.privacy.forms import ProofForm
from marketplace.site_settings import site_values
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("privacy", __name__)
Page = tuple[str, int]


@bp.get("/account/data")
@login_required
def my_data() -> Any:
    return _data_page(ProofForm())


@bp.post("/account/data/copy")
@login_required
def copy() -> Any:
    """The zip, made anew each time and kept nowhere."""
    form = ProofForm()
    if refused := _refused(form, _data_page, needs_tick=False):
        return refused
    try:
        number = service.begin_copy(actor())
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _data_page(form)
    settings, mine = parts().settings, _copy_of(actor())
    file = tempfile.TemporaryFile(dir=settings.instance_dir)  # noqa: SIM115 (nameless: gone once sent)
    export.write(mine, file, uploads=settings.uploads_dir, render=fields.page)
    service.end_copy(number, file.tell())
    return _download(file, f"{mine.site}-{mine.made_at:%Y-%m-%d}.zip")


@bp.route("/account/deletion", methods=["GET", "POST"])
@login_required
def deletion() -> Any:
    """What will happen, the days of grace, and the way back."""
    form = ProofForm()
    if form.is_submitted() and not actor().is_leaving:
        if refused := _refused(form, _deletion_page, needs_tick=True):
            return refused
        service.ask_erasure(actor())
        flash(_("Your posts and your profile are hidden from now on."), "good")
        return redirect(url_for(".deletion"), 303)
    return _deletion_page(form)


@bp.post("/account/deletion/cancellation")
@login_required
def cancel_deletion() -> Response:
    service.keep_account(actor())
    flash(_("Welcome back. Everything is shown again as it was."), "good")
    return redirect(url_for("pages.my_page"), 303)


def _data_page(form: ProofForm) -> Page:
    return _page("privacy/my_data.html", form, kept=service.kept(actor()))


def _deletion_page(form: ProofForm) -> Page:
    return _page("privacy/deletion.html", form, helped=service.helped_by(actor()))


def _page(template: str, form: ProofForm, **context: Any) -> Page:
    return render_form(template, form, has_password=service.has_password(actor()), **context)


def _refused(form: ProofForm, page: Callable[[ProofForm], Page], *, needs_tick: bool) -> Any:
    """The page again when the password is wrong (or, where there is none, the tick is missing)."""
    member = actor()
    if not service.has_password(member):
        if not needs_tick or form.sure.data:
            return None
        show_problems(form, [Problem("sure", "choice_missing")])
        return page(form)
    throttle, device = login.throttle(), login.this_device()
    name = f"proof {member.public_id}"  # tries of its own: signing in is not slowed down by it
    if not throttle.may_sign_in(name, device):
        show_problems(form, [Problem("password", "too_many_proofs")])
        response = make_response(page(form)[0], 429)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    if not credentials.is_password_of(member, form.password.data or ""):
        show_problems(form, [Problem("password", "password_wrong")])
        return page(form)
    throttle.succeeded(name, device)
    return None


def _copy_of(member: Member) -> export.Copy:
    settings = parts().settings
    return export.copy_of(member, site_values().name or settings.site_name, settings.base_url)


def _download(file: IO[bytes], name: str) -> Response:
    file.seek(0)
    response = send_file(file, "application/zip", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response
