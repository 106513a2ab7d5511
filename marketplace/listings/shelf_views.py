"""What a member does with other people's listings: put aside, and ask whether it is still there."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts.rules import safe_next
from marketplace.listings import asking, saved
from marketplace.listings.models import Listing
from marketplace.places.forms import current_place
from marketplace.places.service import public_locations
from marketplace.web import actor

bp = Blueprint("shelf", __name__)


@bp.app_template_global()
def has_saved(listing: Listing) -> bool:
    return actor() is not None and saved.is_saved(actor(), listing)


@bp.app_template_global()
def question_standing(listing: Listing) -> str:
    """ "may_ask", "waiting", "late", or nothing to say about asking."""
    return asking.standing(actor(), listing)


@bp.post("/listings/<public_id>/saving")
@login_required
def save(public_id: str) -> Response:
    """Put aside, or with ``keep=no`` take out again."""
    if request.form.get("keep") == "no":
        saved.forget_listing(actor(), public_id)
        flash(_("Taken out of what you saved."))
    else:
        saved.save_listing(actor(), public_id)
        flash(_("Saved. You find it on your page; nobody else sees that."))
    there = safe_next(request.form.get("next"))
    return redirect(there or url_for("listings.show", public_id=public_id), 303)


@bp.post("/listings/<public_id>/questions")
@login_required
def ask(public_id: str) -> Response:
    """Ask the owner whether it is still there."""
    asking.ask_if_there(actor(), public_id)
    flash(_("We have asked. You will hear as soon as there is an answer."))
    return redirect(url_for("listings.show", public_id=public_id), 303)


@bp.get("/me/saved")
@login_required
def saved_listings() -> str:
    """What was put aside, with what is over marked."""
    rows = saved.saved_listings(actor())
    places = public_locations([row.listing for row in rows], current_place())
    return render_template("listings/saved.html", rows=list(zip(rows, places, strict=True)))
