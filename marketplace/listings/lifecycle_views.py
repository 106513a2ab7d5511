"""Buttons of an owner: still there, withdraw, given, undo, post again; and the page of drafts."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts.rules import safe_next
from marketplace.exchanges.queues import waiting_count
from marketplace.listings import asking, fields, lifecycle, rules, service, times
from marketplace.listings.models import Listing
from marketplace.web import actor

bp = Blueprint("lifecycle", __name__)
bp.add_app_template_global(asking.asked_about)


@bp.app_template_global()
def undo_until(listing: Listing) -> str:
    """The last day on which the end of the listing can be undone; empty when it cannot be."""
    ended = lifecycle.undoable(listing)
    return fields.local_day(ended.at + times.UNDO, listing.zone) if ended else ""


@bp.app_template_global()
def somebody_asks(listing: Listing) -> bool:
    """Whether a neighbour waits to hear that the listing is still there."""
    return listing.id in asking.asked_about([listing])


@bp.post("/listings/<public_id>/renewal")
@login_required
def renew(public_id: str) -> Response:
    """It is still there: it stays up."""
    listing = lifecycle.renew_listing(actor(), public_id)
    flash(_stays(listing))
    return _back(listing)


@bp.post("/listings/<public_id>/withdrawal")
@login_required
def withdraw(public_id: str) -> Response:
    """Take back a listing, or delete a draft; both can be undone."""
    listing = service.withdraw_listing(actor(), public_id, request.form.get("reason", ""))
    if listing.published_at is None:
        flash(_("The draft is deleted. You can bring it back for a week."))
        return redirect(url_for(".drafts"), 303)
    flash(_("Withdrawn. Nobody else sees it any more."))
    _say_who_is_answered(listing)
    return _back(listing)


@bp.post("/listings/<public_id>/fulfilment")
@login_required
def fulfil(public_id: str) -> Response:
    """Mark an offer as given, a request as met: here, or by somebody outside."""
    how = request.form.get("how", "")
    listing = service.fulfil_listing(actor(), public_id, how if how in rules.HOW else "")
    if listing.direction == "offer":
        flash(_("Marked as given. Thank you for sharing."))
    else:
        flash(_("Marked as met. Good to hear."))
    _say_who_is_answered(listing)
    return _back(listing)


@bp.post("/listings/<public_id>/restoration")
@login_required
def restore(public_id: str) -> Response:
    """Undo a withdrawal, a deletion or a mark as given."""
    listing = lifecycle.restore_listing(actor(), public_id)
    flash(_("It is back as it was."))
    return _back(listing)


@bp.post("/listings/<public_id>/copies")
@login_required
def copy(public_id: str) -> Response:
    """A new draft that says the same."""
    made = lifecycle.copy_listing(actor(), public_id)
    flash(_("This is a copy, with the same photos. Nobody sees it until you put it up."))
    return redirect(url_for("listings.edit", public_id=made.public_id), 303)


@bp.get("/me/drafts")
@login_required
def drafts() -> str:
    """What was begun, and what was deleted lately."""
    return render_template(
        "listings/drafts.html",
        drafts=lifecycle.drafts(actor()),
        deleted=lifecycle.deleted_drafts(actor()),
    )


def _say_who_is_answered(listing: Listing) -> None:
    """What becomes of those who wait for what has just been closed."""
    if waiting := waiting_count(listing):
        flash(
            ngettext(
                "%(num)d person waits and hears it in ten minutes; until then you can undo it.",
                "%(num)d people wait and hear it in ten minutes; until then you can undo it.",
                waiting,
            )
        )


def _stays(listing: Listing) -> str:
    """What a renewal came to, in words."""
    day = fields.last_day(listing)
    if listing.available_until is not None:
        return _("Noted. It stays until %(day)s, the last day that you gave.", day=day)
    return _("Good. It stays up until %(day)s.", day=day)


def _back(listing: Listing) -> Response:
    """To where the button was, else to the page of the listing (of a draft: to its form)."""
    there = safe_next(request.form.get("next"))
    return redirect(there or url_for("listings.show", public_id=listing.public_id), 303)
