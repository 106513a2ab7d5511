"""The pages of staff: what waits for them."""

from flask import Blueprint, render_template

from marketplace.accounts.login import staff_required

bp = Blueprint("moderation", __name__)


@bp.get("/staff")
@staff_required
def front() -> str:
    return render_template("staff/front.html")
