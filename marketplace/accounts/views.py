"""The accounts pages: become a member, prove it, come in and go out, and say who one is.

Whether an address is known is never told here: the same words, status and time either way.
"""

from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from marketplace.accounts import credentials, login, rules, service, sign_ins, sign_ups, skills
from marketplace.accounts.forms import (
    ForgottenForm,
    ProfileForm,
    ResetForm,
    SignInForm,
    SignUpForm,
)
from marketplace.accounts.login_pages import keep_code, too_many
from marketplace.accounts.logins import check_login, is_phone
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.pages.service import listings_of
from marketplace.pages.texts import versions
from marketplace.places import service as places
from marketplace.places.cells import place_of
from marketplace.places.forms import current_place
from marketplace.responses import secret_page
from marketplace.web import actor, current_language, render_form, show_problems

bp = Blueprint("accounts", __name__)
Page = str | AnyResponse | tuple[str, int]


@bp.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> Page:
    if actor():
        return redirect(url_for("pages.my_page"), 303)
    form = SignUpForm()
    if request.method == "GET":
        form.language.data = current_language()
        form.show_place(current_place())
        return render_form("accounts/sign_up.html", form)
    draft = form.draft()
    place, problems = form.chosen_place()
    problems = rules.check_sign_up(draft) + list(problems)
    if problems or place is None:
        show_problems(form, problems)
        return render_form("accounts/sign_up.html", form)
    return _finish_sign_up(form, draft, place)


def _finish_sign_up(form: SignUpForm, draft: rules.SignUpDraft, place: Any) -> Page:
    throttle = login.throttle()
    if not throttle.may_sign_up():
        return too_many("accounts/sign_up.html", form, Problem("login", "too_many_sign_ups"))
    language = current_language()
    agreed = [sign_ups.Agreement(*text, language) for text in sorted(versions().items())]
    if is_phone(draft.login):
        return _join_by_phone(form, draft, place, agreed)
    if throttle.may_mail(draft.login):
        sign_ups.sign_up(draft, place, agreed)
    session["waiting_email"] = draft.login
    return redirect(url_for("accounts.sign_up_sent"), 303)


def _join_by_phone(form: SignUpForm, draft: rules.SignUpDraft, place: Any, agreed: Any) -> Page:
    throttle = login.throttle()
    if not throttle.may_join_by_phone():
        return too_many("accounts/sign_up.html", form, Problem("login", "too_many_sign_ups"))
    try:
        member, code = sign_ups.join_by_phone(draft, place, agreed)
    except Conflict as conflict:
        throttle.number_was_taken()
        show_problems(form, [Problem("login", conflict.code)])
        return render_form("accounts/sign_up.html", form, is_taken=True)
    login.start_sign_in(member)
    keep_code(code)
    return redirect(url_for("recovery.show_code"), 303)


@bp.get("/sign-up/sent")
def sign_up_sent() -> Page:
    email = session.get("waiting_email")
    if actor() or not email:
        return redirect(url_for("accounts.sign_in"), 303)
    return render_template("accounts/sign_up_sent.html", email=email)


@bp.post("/email/confirmation")
def resend_confirmation() -> Page:
    """Send the link again to the address that this browser typed, and to no other."""
    email = session.get("waiting_email")
    if not email:
        return redirect(url_for("accounts.sign_in"), 303)
    if login.throttle().may_mail(email):
        sign_ups.resend_confirmation(email)
    flash(_("We have sent the mail again. It can take a few minutes."), "good")
    return redirect(url_for("accounts.sign_up_sent"), 303)


@bp.get("/email/confirm/<token>")
def confirm_email(token: str) -> Page:
    found = sign_ups.confirm_email(token)
    member, waiting = found.member, session.get("waiting_email")
    if found.outcome == "confirmed" and member and waiting == member.email:
        login.start_sign_in(member)
        flash(_("Your address is confirmed. Welcome, %(name)s.", name=member.name), "good")
        return redirect(url_for("pages.my_page"), 303)
    status = {"confirmed": 200, "again": 200, "unknown": 404}.get(found.outcome, 410)
    page = render_template("accounts/email_confirmed.html", outcome=found.outcome)
    return secret_page(page, status)


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Page:
    target = rules.safe_next(request.values.get("next"))
    form = SignInForm()
    if request.method == "POST":
        return _try_sign_in(form, target)
    if actor():
        return redirect(target or url_for("pages.my_page"), 303)
    form.next.data = target or ""
    return render_form("accounts/sign_in.html", form)


def _try_sign_in(form: SignInForm, target: str | None) -> Page:
    name = form.typed_login()
    throttle, device = login.throttle(), login.this_device()
    if not throttle.may_sign_in(name, device):
        return too_many("accounts/sign_in.html", form, Problem("password", "too_many_tries"))
    member = credentials.authenticate(name, form.password.data or "")
    if member is None:
        throttle.failed()
        show_problems(form, [Problem("password", "sign_in_wrong")])
        return render_form("accounts/sign_in.html", form)
    throttle.succeeded(name, device)
    if not member.is_confirmed:
        return _ask_to_confirm(member.email or "")
    login.start_sign_in(member)
    return redirect(target or url_for("pages.my_page"), 303)


def _ask_to_confirm(email: str) -> Page:
    """The password is right, the address not yet confirmed: the link goes out once more."""
    if login.throttle().may_mail(email):
        sign_ups.resend_confirmation(email)
    session["waiting_email"] = email
    return redirect(url_for("accounts.sign_up_sent"), 303)


@bp.post("/sign-out")
def sign_out() -> Page:
    login.stop_sign_in()
    flash(_("You are signed out."), "good")
    response = redirect(url_for("pages.home"), 303)
    # Pages and drafts kept on a shared phone go; cookies stay, for they hold the language.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.route("/password/forgotten", methods=["GET", "POST"])
def forgotten_password() -> Page:
    form = ForgottenForm()
    if request.method == "GET":
        return render_form("accounts/forgotten_password.html", form)
    name = form.typed_login()
    problems = check_login(name)
    if problems:
        show_problems(form, problems)
        return render_form("accounts/forgotten_password.html", form)
    if is_phone(name):  # no mail can reach it, known or not: only a code can help
        session["recovering"] = name
        return redirect(url_for("recovery.recover"), 303)
    return _mail_reset(form, name)


def _mail_reset(form: ForgottenForm, email: str) -> Page:
    throttle = login.throttle()
    if not throttle.may_ask_reset():
        problem = Problem("login", "too_many_resets")
        return too_many("accounts/forgotten_password.html", form, problem)
    if throttle.may_mail(email):
        credentials.request_reset(email, current_language())
    return redirect(url_for("accounts.forgotten_password_sent"), 303)


@bp.get("/password/forgotten/sent")
def forgotten_password_sent() -> Page:
    return render_template("accounts/forgotten_password_sent.html")


@bp.route("/password/reset/<token>", methods=["GET", "POST"])
def reset_password(token: str) -> Page:
    form = ResetForm()
    if not credentials.may_reset(token):
        return secret_page(render_template("accounts/link_used_up.html"), 410)
    if request.method == "GET":
        return secret_page(*render_form("accounts/reset_password.html", form))
    try:
        member = credentials.reset_password(token, form.password.data or "")
    except Conflict:
        return secret_page(render_template("accounts/link_used_up.html"), 410)
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return secret_page(*render_form("accounts/reset_password.html", form))
    login.remember_device(*credentials.logins_of(member))
    flash(_("Your new password is set. Please sign in with it."), "good")
    return redirect(url_for("accounts.sign_in"), 303)


@bp.get("/members/<public_id>")
def profile(public_id: str) -> Page:
    member = service.visible_member(actor(), public_id)
    return render_template(
        "accounts/profile.html",
        person=member,
        location=places.public_location(member, viewer=current_place()),
        listings=listings_of(actor(), member, viewer=current_place()),
        skills=skills.skills_of(member),
    )


@bp.route("/account", methods=["GET", "POST"])
@login_required
def edit_profile() -> Page:
    form = ProfileForm()
    if request.method == "GET":
        form.show(actor())
        form.show_place(place_of(actor()))
        return render_form("accounts/edit_profile.html", form)
    draft = form.draft()
    place, problems = form.chosen_place()
    problems = rules.check_profile(draft) + list(problems)
    if problems or place is None:
        show_problems(form, problems)
        return render_form("accounts/edit_profile.html", form)
    service.edit_profile(actor(), draft, place)
    refresh()  # from here on in the language just chosen
    flash(_("Your profile is saved."), "good")
    return redirect(url_for("accounts.profile", public_id=actor().public_id), 303)


@bp.get("/account/sign-ins", endpoint="sign_ins")
@login_required
def list_sign_ins() -> Page:
    return render_template(
        "accounts/sign_ins.html",
        rows=sign_ins.living_sign_ins(actor()),
        present=sign_ins.find_sign_in(actor().sign_in_token),
        device_summary=rules.device_summary,
    )


@bp.post("/account/sign-ins/<public_id>/end")
@login_required
def end_sign_in(public_id: str) -> Page:
    here = sign_ins.find_sign_in(actor().sign_in_token)
    if here is not None and here.public_id == public_id:
        login.stop_sign_in()
        flash(_("You are signed out."), "good")
        return redirect(url_for("pages.home"), 303)
    sign_ins.end_sign_in(actor(), public_id)
    flash(_("That sign-in is ended."), "good")
    return redirect(url_for("accounts.sign_ins"), 303)


@bp.post("/account/sign-ins/others/end")
@login_required
def end_other_sign_ins() -> Page:
    sign_ins.end_other_sign_ins(actor(), actor().sign_in_token)
    flash(_("All other sign-ins are ended."), "good")
    return redirect(url_for("accounts.sign_ins"), 303)
