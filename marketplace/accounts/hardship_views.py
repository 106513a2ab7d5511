"""The page on which members say in private that times are hard, renew it, and take it back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from marketplace.accounts import hardship
from marketplace.accounts.login_pages import Page
from marketplace.matching import needs
from marketplace.notifications.service import mark_link_seen
from marketplace.web import actor

bp = Blueprint("hardship", __name__)


@bp.get("/account/hardship")
@login_required
def hard_times() -> str:
    mark_link_seen(actor(), request.path)
    return render_template(
        "accounts/hardship.html",
        said=hardship.hardship_of(actor()),
        is_asked=hardship.is_asked(),
        reminded_days=hardship.REMINDED_BEFORE.days,
    )


@bp.post("/account/hardship")
@login_required
def say() -> Page:
    """Say it, or renew it."""
    hardship.say_hardship(actor())
    flash(_("It counts from now on, and only you can see it."), "good")
    return redirect(url_for(".hard_times"), 303)


@bp.post("/account/hardship/removal")
@login_required
def take_back() -> Page:
    needs.take_hardship_back(actor())
    flash(_("It is taken back, and nothing of it is kept."), "good")
    return redirect(url_for(".hard_times"), 303)
