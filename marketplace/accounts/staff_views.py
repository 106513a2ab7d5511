"""Staff hand out one-use codes in person. Addresses and numbers are posted, never in an address."""

from flask import Blueprint, redirect, url_for

from marketplace.accounts import handing_out
from marketplace.accounts.forms import HandOutForm
from marketplace.accounts.login import staff_required
from marketplace.accounts.login_pages import HANDED_OUT, Page, drop_code, keep_code, kept_code
from marketplace.errors import Invalid
from marketplace.web import actor, render_form, show_problems

bp = Blueprint("account_staff", __name__)
_PAGE = "staff/codes.html"


@bp.route("/staff/codes", methods=["GET", "POST"])
@staff_required
def codes() -> Page:
    """Find the member by exactly the name that she signs in with."""
    form = HandOutForm()
    if not form.is_submitted():
        return render_form(_PAGE, form, found=None, code=kept_code(HANDED_OUT))
    try:
        found = handing_out.find_by_login(actor(), form.typed_login())
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        found = None
    return render_form(_PAGE, form, found=found)


@bp.post("/staff/codes/handed-out")
@staff_required
def hand_out() -> Page:
    form = HandOutForm()
    found = None
    try:
        found = handing_out.find_by_login(actor(), form.typed_login())
        code = handing_out.hand_out(
            actor(), form.typed_login(), form.reason.data or "", seen=bool(form.seen.data)
        )
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return render_form(_PAGE, form, found=found)
    keep_code(code, HANDED_OUT)
    return redirect(url_for(".codes"), 303)


@bp.post("/staff/codes/done")
@staff_required
def code_written_down() -> Page:
    drop_code(HANDED_OUT)
    return redirect(url_for(".codes"), 303)
