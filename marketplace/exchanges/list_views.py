"""The page of all exchanges of a member."""

from flask import Blueprint, render_template, request
from flask_babel import to_user_timezone
from flask_login import login_required

from marketplace.db import utcnow
from marketplace.exchanges import lists
from marketplace.web import actor

bp = Blueprint("exchange_lists", __name__)


@bp.get("/me/exchanges")
@login_required
def my_exchanges() -> str:
    """What runs, and whose turn it is; then what has ended."""
    asked_for, now = request.args.get("show", ""), utcnow()
    show = asked_for if asked_for in lists.SHOWS else "all"
    page = request.args.get("page", 1, type=int)
    return render_template(
        "exchanges/mine.html",
        found=lists.exchanges_of(actor(), now, show, page),
        show=show,
        today=to_user_timezone(now).date(),
    )
