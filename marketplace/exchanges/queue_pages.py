"""The pages of asking: the form, and what it says when somebody else was faster."""

from typing import Any

from flask import render_template

from marketplace.errors import Conflict
from marketplace.exchanges import queues, service
from marketplace.exchanges.forms import AskForm, first_words
from marketplace.listings.models import Listing
from marketplace.web import actor, render_form


def ask_page(listing: Listing, form: AskForm | None) -> Any:
    """The form as it was sent, or one to begin with."""
    left = listing.unpromised
    if form is None:
        form = AskForm(
            listing,
            formdata=None,
            quantity=1,
            meets_own=True,
            or_wait=left == 0,
            body=first_words(listing, waits=left == 0),
        )
    return render_form(
        "exchanges/ask.html",
        form,
        listing=listing,
        left=left,
        waiting=queues.waiting_count(listing),
        counterpart=service.counterpart_for(actor(), listing),
    )


def too_late_page(conflict: Conflict, listing: Listing, form: AskForm) -> Any:
    """Where the first has it at once and this was not the first, or the time for asking was over:
    409, and the way to wait."""
    if conflict.code not in ("nothing_left", "window_over"):
        raise conflict
    page = render_template(
        "exchanges/taken.html",
        is_late=conflict.code == "window_over",
        listing=listing,
        typed=form.typed(),
        left=0 if queues.somebody_waits(listing) else listing.unpromised or 0,
        waiting=queues.waiting_count(listing),
    )
    return page, 409
