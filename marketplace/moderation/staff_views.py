"""The pages of staff: what waits for them, what they decide, and the record of what they did."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace import picture_files
from marketplace.accounts.login import staff_required
from marketplace.db import new_public_id
from marketplace.errors import Invalid
from marketplace.listings import waiting
from marketplace.moderation import appeals, fields, queues, reviews, service
from marketplace.moderation.forms import AnswerForm, DecisionForm, RefusalForm
from marketplace.notifications.service import mark_link_seen
from marketplace.permissions import allows
from marketplace.responses import picture_response
from marketplace.search import lag
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("moderation", __name__)


@bp.get("/staff")
@staff_required
def front() -> str:
    now = lag.measure(parts())
    return render_template("staff/front.html", waiting=queues.waiting(), lag=now)


@bp.get("/staff/reports")
@staff_required
def reports() -> str:
    mark_link_seen(actor(), request.path)
    page = queues.open_cases(request.args.get("page", 1, type=int))
    return render_template("staff/reports.html", page=page)


@bp.get("/staff/reports/<public_id>")
@staff_required
def case(public_id: str) -> Any:
    form = DecisionForm(formdata=None, key=new_public_id())
    return _case_page(public_id, form)


@bp.get("/staff/reports/<public_id>/photos/<name>/<width>")
@staff_required
def case_photo(public_id: str, name: str, width: str) -> Any:
    queues.require_photo(public_id, name)
    return picture_response(picture_files.private_file(parts().settings.uploads_dir, name, width))


@bp.post("/staff/reports/<public_id>/decisions")
@staff_required
def decide(public_id: str) -> Any:
    form = DecisionForm()
    draft = form.draft()
    try:
        if draft.action == "dismiss":
            service.dismiss(actor(), public_id)
            flash(_("Closed without a decision."), "good")
            return redirect(url_for(".reports"), 303)
        service.decide(actor(), public_id, draft)
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _case_page(public_id, form)
    flash(_("Done, and told to the member: %(action)s", action=fields.action_name(draft.action)))
    return redirect(url_for(".case", public_id=public_id), 303)


def _case_page(public_id: str, form: DecisionForm) -> Any:
    view = queues.view_case(actor(), public_id)
    closing = [] if view.case.closed_at else ["dismiss"]
    possible = service.possible_actions(view.case)
    form.offer([*possible, *closing])
    may_decide = allows(actor(), "case.decide", view.case)
    can_pause = "pause" in possible
    context = {"view": view, "case": view.case, "may_decide": may_decide, "can_pause": can_pause}
    return render_form("staff/case.html", form, hints=fields.ACTION_HINTS, **context)


@bp.get("/staff/appeals")
@staff_required
def appeals_waiting() -> str:
    mark_link_seen(actor(), request.path)
    return render_template("staff/appeals.html", appeals=appeals.waiting_appeals())


@bp.route("/staff/appeals/<public_id>", methods=["GET", "POST"])
@staff_required
def appeal(public_id: str) -> Any:
    form = AnswerForm()
    if request.method == "POST":
        try:
            appeals.decide_appeal(actor(), public_id, form.is_upheld(), form.words.data or "")
            flash(_("Decided, and told to the member."), "good")
            return redirect(url_for(".appeals_waiting"), 303)
        except Invalid as invalid:
            show_problems(form, invalid.problems)
    found = appeals.find_appealed(public_id)
    another = appeals.needs_another(actor(), found)
    may_decide = allows(actor(), "appeal.decide", found) and not another
    context = {"decision": found, "needs_another": another, "may_decide": may_decide}
    return render_form("staff/appeal.html", form, actor_id=actor().id, **context)


@bp.get("/staff/listings")
@staff_required
def listings() -> str:
    """The first posts of new members."""
    return render_template("staff/listings.html", listings=waiting.waiting_listings())


@bp.post("/staff/listings/<public_id>/approval")
@staff_required
def approve(public_id: str) -> Any:
    reviews.approve(actor(), public_id)
    flash(_("It is up, and its owner is told."), "good")
    return redirect(url_for(".listings"), 303)


@bp.route("/staff/listings/<public_id>/refusal", methods=["GET", "POST"])
@staff_required
def send_back(public_id: str) -> Any:
    form = RefusalForm()
    if request.method == "POST":
        try:
            words = form.words.data or ""
            reviews.send_back(actor(), public_id, form.reason.data or "", words)
            flash(_("Sent back, and its owner is told why."), "good")
            return redirect(url_for(".listings"), 303)
        except Invalid as invalid:
            show_problems(form, invalid.problems)
    listing = reviews.find_waiting(public_id)
    return render_form("staff/refusal.html", form, listing=listing)


@bp.get("/staff/audit")
@staff_required
def audit() -> str:
    asked = {name: request.args.get(name, "") for name in ("who", "about", "action")}
    page = queues.audit(request.args.get("page", 1, type=int), **asked)
    return render_template(
        "staff/audit.html",
        page=page,
        asked=asked,
        people=queues.members_of(page.rows),
        staff=queues.audited_staff(),
        actions=queues.audited_actions(),
    )
