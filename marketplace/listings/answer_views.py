"""The page behind the link in a mail "is it still there?": one tap answers, without signing in."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from marketplace.db import utcnow
from marketplace.errors import Conflict
from marketplace.listings import asking
from marketplace.listings.models import Listing
from marketplace.responses import secret_page

bp = Blueprint("answers", __name__)
bp.add_app_template_global(asking.answer_path)


@bp.get("/answers/<token>")
def answer(token: str) -> Response:
    """What can be answered; mail scanners open links, so opening it changes nothing."""
    return _page(token, *asking.listing_of_link(token))


@bp.post("/answers/<token>")
def send_answer(token: str) -> Response:
    """The answer. A second tap, or an old link, shows how it stands and changes nothing."""
    try:
        listing = asking.answer_by_link(token, request.form.get("answer", ""))
    except Conflict:
        return _page(token, *asking.listing_of_link(token))
    return _page(token, listing, usable=False, answered=True)


def _page(token: str, listing: Listing, usable: bool, answered: bool = False) -> Response:
    state = {"listing": listing, "usable": usable, "answered": answered, "now": utcnow()}
    return secret_page(render_template("listings/answer.html", token=token, **state))
