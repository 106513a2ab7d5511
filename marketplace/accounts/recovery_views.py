"""The pages of recovery codes: shown once, saved or printed, and used for a new password.

A code is never in an address. From the moment it is made until its owner says that she has saved
it, at most half an hour, it waits in her own signed cookie, so that a page that did not arrive can
be loaded again; the server keeps only its hash.
"""

from flask import Blueprint, flash, make_response, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import login_required

from marketplace.accounts import login, recovery
from marketplace.accounts.forms import RecoveryForm
from marketplace.accounts.login_pages import Page, drop_code, keep_code, kept_code, too_many
from marketplace.accounts.logins import check_login
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.web import actor, render_form, show_problems

bp = Blueprint("recovery", __name__)


@bp.route("/password/recovery", methods=["GET", "POST"])
def recover() -> Page:
    """Name, code and a new password: the same words, status and work for names nobody has."""
    form = RecoveryForm()
    if not form.is_submitted():
        form.login.data = session.get("recovering", "")
        return render_form("accounts/recover.html", form)
    if not login.throttle().may_recover():
        return too_many("accounts/recover.html", form, Problem("code", "too_many_codes"))
    problems = check_login(form.typed_login())
    if problems:
        show_problems(form, problems)
        return render_form("accounts/recover.html", form)
    return _try_code(form)


def _try_code(form: RecoveryForm) -> Page:
    name, code = form.typed_login(), form.code.data or ""
    try:
        member, fresh = recovery.recover(name, code, form.password.data or "")
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return render_form("accounts/recover.html", form)
    except Conflict as conflict:
        login.throttle().failed()
        show_problems(form, [Problem("code", conflict.code)])
        return render_form("accounts/recover.html", form)
    login.start_sign_in(member, tell=False)  # she is told of the code that was used
    keep_code(fresh)
    flash(_("Your new password is set, and every other sign-in is ended."), "good")
    return redirect(url_for("recovery.show_code"), 303)


@bp.get("/account/recovery-code")
@login_required
def show_code() -> Page:
    """The code just made, until it is saved; afterwards nobody can show it again."""
    return render_template(
        "accounts/recovery_code.html", code=kept_code(), has_code=recovery.has_code(actor())
    )


@bp.get("/account/recovery-code.txt")
@login_required
def download_code() -> Page:
    """The same as a small text file to keep."""
    code = kept_code()
    if code is None:
        return redirect(url_for("recovery.show_code"), 303)
    response = make_response(render_template("accounts/recovery_code.txt", code=code))
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = 'attachment; filename="recovery-code.txt"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/account/recovery-code/saved")
@login_required
def code_saved() -> Page:
    drop_code()
    return redirect(url_for("pages.my_page"), 303)
