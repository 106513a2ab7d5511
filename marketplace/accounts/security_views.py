"""Sign-in and security: what lets a member in, each change on a page of its own."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import login_required

from marketplace.accounts import login, recovery, security
from marketplace.accounts.forms import CodeForm, EmailForm, PasswordForm, PhoneForm, ProvenForm
from marketplace.accounts.login_pages import Page, keep_code, too_many
from marketplace.accounts.logins import local_form
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.responses import secret_page
from marketplace.web import actor, render_form, show_problems

bp = Blueprint("security", __name__)


@bp.get("/account/security")
@login_required
def overview() -> Page:
    member = actor()
    return render_template(
        "accounts/security.html",
        email=member.email,
        phone=local_form(security.phone_of(member) or ""),
        has_code=recovery.has_code(member),
    )


@bp.route("/account/password", methods=["GET", "POST"])
@login_required
def change_password() -> Page:
    form = PasswordForm()

    def change(present: str) -> Page:
        security.change_password(actor(), present, form.password.data or "")
        flash(_("Your new password is set, and every other sign-in is ended."), "good")
        return redirect(url_for("security.overview"), 303)

    return _proven(form, "accounts/change_password.html", change)


@bp.route("/account/email", methods=["GET", "POST"])
@login_required
def change_email() -> Page:
    form = EmailForm()

    def change(present: str) -> Page:
        email = form.typed_email()
        may_mail = login.throttle().may_mail(email)
        security.ask_email(actor(), present, email, may_mail=may_mail)
        session["new_email"] = email
        return redirect(url_for("security.new_email_sent"), 303)

    return _proven(form, "accounts/change_email.html", change)


@bp.get("/account/email/sent")
@login_required
def new_email_sent() -> Page:
    email = session.get("new_email")
    if not email:
        return redirect(url_for("security.change_email"), 303)
    return render_template("accounts/new_email_sent.html", email=email)


@bp.route("/account/email/new/<token>", methods=["GET", "POST"])
def confirm_new_email(token: str) -> Page:
    """The link in the mail to a new address; the button makes it count, signed in or not."""
    form = CodeForm()
    email = security.new_address(token)
    if email is None:
        return secret_page(render_template("accounts/new_email_over.html"), 410)
    if not form.is_submitted():
        page, status = render_form("accounts/new_email.html", form, email=email)
        return secret_page(page, status)
    try:
        security.confirm_new_email(token)
    except Conflict:
        return secret_page(render_template("accounts/new_email_over.html"), 410)
    flash(_("From now on you sign in with %(email)s.", email=email), "good")
    return redirect(url_for("security.overview"), 303)


@bp.route("/account/phone", methods=["GET", "POST"])
@login_required
def change_phone() -> Page:
    form = PhoneForm()

    def change(present: str) -> Page:
        _change_phone(form, present)
        done = _("From now on you sign in with this number.")
        flash(done if form.typed_phone() else _("You no longer sign in with a number."), "good")
        return redirect(url_for("security.overview"), 303)

    phone = security.phone_of(actor())
    return _proven(form, "accounts/change_phone.html", change, phone=phone)


def _change_phone(form: PhoneForm, present: str) -> None:
    throttle = login.throttle()
    if not throttle.may_join_by_phone():
        raise Invalid([Problem("phone", "too_many_tries_here")])
    try:
        security.change_phone(actor(), present, form.typed_phone())
    except Invalid as invalid:
        if any(found.code == "phone_taken" for found in invalid.problems):
            throttle.number_was_taken()
        raise
    login.remember_device(form.typed_phone())


@bp.route("/account/recovery-code/new", methods=["GET", "POST"])
@login_required
def new_code() -> Page:
    form = CodeForm()

    def change(present: str) -> Page:
        keep_code(security.new_code(actor(), present))
        return redirect(url_for("recovery.show_code"), 303)

    has_code = recovery.has_code(actor())
    return _proven(form, "accounts/new_code.html", change, has_code=has_code)


def _proven(
    form: ProvenForm, template: str, change: Callable[[str], Page], **context: object
) -> Page:
    """Show the form; when it is sent, make the change with the password typed beside it."""
    if not form.is_submitted():
        return render_form(template, form, **context)
    throttle = login.throttle()
    if not throttle.may_prove(actor().id):
        return too_many(template, form, Problem("present", "too_many_tries_here"), **context)
    try:
        page = change(form.present.data or "")
    except Invalid as invalid:
        if all(found.field != "present" for found in invalid.problems):
            throttle.proved(actor().id)
        show_problems(form, invalid.problems)
        return render_form(template, form, **context)
    throttle.proved(actor().id)
    return page
