"""What fits a post before it is up: beside the form while it is written, and before it goes up."""

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask_limiter.util import get_remote_address
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.listings.forms import ListingForm
from marketplace.listings.rows import draft_of
from marketplace.listings.service import get_own
from marketplace.matching import first_look, typing
from marketplace.permissions import require
from marketplace.places.cells import place_of
from marketplace.web import actor, limiter, parts

bp = Blueprint("typing", __name__)
RATE = "60/minute"  # a pause of .6 s after each change leaves a fast typist far below it


def _member() -> str:
    member = actor()
    return f"member {member.id}" if member else get_remote_address()


@bp.post("/listings/new/fitting")
@login_required
@limiter.limit(RATE, key_func=_member)
def fitting() -> str:
    """The nearest counterparts of the form as it stands, as a part of its page; nothing is kept.

    While the place cannot be read, the member's own counts.
    """
    require(actor(), "listing.create")
    own = place_of(actor())
    draft, _unread = ListingForm().read(own)
    draft = replace(draft, place=draft.place or own)
    found = typing.fitting(actor(), draft, parts().search_index)
    return render_template("matching/_fitting.html", found=found, asks=draft.direction == "request")


@bp.get("/listings/<public_id>/before-posting")
@login_required
def before_posting(public_id: str) -> Response | str:
    """What may already help, before a draft of one's own goes up."""
    listing = get_own(actor(), public_id)
    if listing.state != "draft":
        return redirect(url_for("listings.show", public_id=public_id), 303)
    first_look.remember(public_id)
    found = typing.fitting(actor(), draft_of(listing), parts().search_index)
    return render_template(
        "matching/before_posting.html",
        listing=listing,
        found=found,
        sure=request.args.get("sure") == "y",
    )
