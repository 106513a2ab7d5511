"""Pages on which members answer matches: what is for them, one pair, and what became of it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace import wording
from marketplace.db import utcnow
from marketplace.errors import Invalid
from marketplace.exchanges import agreeing
from marketplace.exchanges.models import Exchange
from marketplace.matching import answers, lists, service, teaching
from marketplace.matching.forms import DeclineForm
from marketplace.matching.models import Match
from marketplace.notifications.service import mark_link_seen
from marketplace.web import actor, show_problems

bp = Blueprint("matches", __name__)


@bp.get("/me/matches")
@login_required
def for_you() -> str:
    """What fits one's own posts and waits for a yes or a no."""
    page = lists.for_you(actor(), utcnow(), request.args.get("page", 1, type=int))
    _seen([one.match for one in page.found])
    return render_template("matching/for_you.html", page=page)


@bp.get("/me/matches/past")
@login_required
def past() -> str:
    """What one has said to matches, and what became of them."""
    page = lists.past(actor(), utcnow(), request.args.get("page", 1, type=int))
    teaches = bool(teaching.lessons_of(actor(), utcnow()))
    return render_template("matching/past.html", page=page, teaches=teaches)


@bp.get("/matches/<public_id>")
@login_required
def show(public_id: str) -> Any:
    """One pair: what fits, what may be said to it, and what was said."""
    match = answers.match_of(actor(), public_id)
    _seen([match])
    return _page(match)


@bp.post("/matches/<public_id>/acceptance")
@login_required
def accept(public_id: str) -> Response:
    match, exchange = agreeing.accept(actor(), public_id)
    if exchange is not None:
        flash(_("You both said yes. Now you can talk and arrange the rest."))
        return redirect(url_for("exchanges.show", public_id=exchange.public_id), 303)
    if match.state == "accepted":
        flash(_("Your neighbour has been told. Once they say yes too, you can talk."))
    return redirect(url_for(".show", public_id=match.public_id), 303)


@bp.post("/matches/<public_id>/refusal")
@login_required
def decline(public_id: str) -> Any:
    form = DeclineForm()
    try:
        answers.decline(actor(), public_id, form.reason.data or "")
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _page(answers.match_of(actor(), public_id), form)
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.post("/matches/<public_id>/taking-back")
@login_required
def take_back(public_id: str) -> Response:
    answers.take_back(actor(), public_id)
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.post("/matches/<public_id>/lesson")
@login_required
def lesson(public_id: str) -> Response:
    forgotten = request.form.get("counts", "") != "yes"
    answers.forget_lesson(actor(), public_id, forgotten=forgotten)
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.post("/me/matches/lessons/forgetting")
@login_required
def forget_lessons() -> Response:
    answers.forget_all_lessons(actor())
    flash(_("Nothing is shown further down any more because of what you said no to."))
    return redirect(url_for(".past"), 303)


def _page(match: Match, form: DeclineForm | None = None) -> Any:
    found = service.pair_of(actor(), match)
    page = render_template(
        "matching/show.html", found=found, form=form or DeclineForm(formdata=None)
    )
    return (page, 422) if form else page


def _seen(matches: list[Match]) -> None:
    if "Sec-Purpose" not in request.headers:  # fetched in advance: nobody has read it
        mark_link_seen(actor(), request.path)
        answers.see(actor(), matches)


@bp.app_template_global()
def exchange_of_match(match: Match) -> Exchange | None:
    """What runs between the two of a match, or None."""
    return agreeing.exchange_of(match)


@bp.app_template_global()
def match_standing(found: service.Found) -> str:
    """How a match stands for its reader, in a few words."""
    return wording.matches.standing(found.standing, found.other.owner.name)
