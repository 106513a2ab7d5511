"""What members do for their own safety: block, report, read what was decided, appeal."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from marketplace.accounts import blocks
from marketplace.accounts import service as accounts
from marketplace.accounts.models import Member
from marketplace.errors import Invalid
from marketplace.listings.quotas import listings_today
from marketplace.messages import service as messages
from marketplace.messages.quotas import opened_today
from marketplace.messages.warnings import warnings_of
from marketplace.moderation import appeals, blocking, fields, queues, reports, rules
from marketplace.moderation.forms import AppealForm, ReportForm
from marketplace.moderation.reports import Reported
from marketplace.notifications.service import mark_link_seen
from marketplace.permissions import require
from marketplace.web import actor, render_form, show_problems

bp = Blueprint("safety", __name__)
for function in (
    fields.action_name,
    fields.audited,
    fields.day_words,
    fields.page_of,
    fields.reason_name,
    fields.reason_told,
    fields.thing_name,
    listings_today,
    opened_today,
    queues.decision_about,
    warnings_of,
    queues.standing_decisions,
):
    bp.add_app_template_global(function)


@bp.route("/members/<public_id>/block", methods=["GET", "POST"])
@login_required
def block(public_id: str) -> Any:
    """Say what a block does, and set it."""
    person = accounts.visible_member(actor(), public_id)
    return _block(person, url_for("accounts.profile", public_id=public_id))


@bp.route("/messages/<public_id>/block", methods=["GET", "POST"])
@login_required
def block_in_conversation(public_id: str) -> Any:
    """The same for the other one of a conversation, who may have become invisible since."""
    conversation = messages.conversation_of(actor(), public_id)
    person = messages.other_of(conversation, actor())
    return _block(person, url_for("messages.conversation", public_id=public_id))


def _block(person: Member, back: str) -> Any:
    require(actor(), "member.block", person)
    if request.method == "GET":
        return render_template("safety/block.html", person=person, back=back)
    blocking.block_member(actor(), person)
    flash(_("You and %(name)s no longer find each other.", name=person.name), "good")
    return redirect(url_for(".blocked"), 303)


@bp.get("/account/blocked")
@login_required
def blocked() -> Any:
    return render_template("safety/blocked.html", people=blocks.blocked_members(actor()))


@bp.post("/account/blocked/<public_id>/end")
@login_required
def unblock(public_id: str) -> Any:
    person = blocks.unblock_member(actor(), public_id)
    flash(_("You have unblocked %(name)s.", name=person.name), "good")
    return redirect(url_for(".blocked"), 303)


@bp.route("/listings/<public_id>/report", methods=["GET", "POST"])
@login_required
def report_listing(public_id: str) -> Any:
    found = reports.reported_listing(actor(), public_id)
    return _report(found, url_for("listings.show", public_id=public_id))


@bp.route("/members/<public_id>/report", methods=["GET", "POST"])
@login_required
def report_member(public_id: str) -> Any:
    found = reports.reported_member(actor(), public_id)
    return _report(found, url_for("accounts.profile", public_id=public_id))


@bp.route("/messages/<public_id>/<int:message_id>/report", methods=["GET", "POST"])
@login_required
def report_message(public_id: str, message_id: int) -> Any:
    found = reports.reported_message(actor(), public_id, message_id)
    return _report(found, url_for("messages.conversation", public_id=public_id))


def _report(found: Reported, back: str) -> Any:
    form = ReportForm()
    if request.method == "POST":
        try:
            made = reports.report(actor(), found, form.reason.data or "", form.words.data or "")
            return redirect(url_for(".report", public_id=made.public_id), 303)
        except Invalid as invalid:
            show_problems(form, invalid.problems)
    today = reports.reports_today(actor())
    return render_form("safety/report_form.html", form, found=found, back=back, today=today)


@bp.get("/reports/<public_id>")
@login_required
def report(public_id: str) -> Any:
    """Thanks to who reported, what they can do themselves, and what became of it."""
    made = reports.own_report(actor(), public_id)
    mark_link_seen(actor(), request.path)
    return render_template("safety/report.html", report=made, case=made.case)


@bp.route("/decisions/<public_id>", methods=["GET", "POST"])
@login_required
def decision(public_id: str) -> Any:
    """What was decided about the member and why, with the form to appeal."""
    form = AppealForm()
    if request.method == "POST":
        try:
            appeals.appeal(actor(), public_id, form.words.data or "")
            flash(_("Your appeal is with the moderators. You will hear from them here."), "good")
            return redirect(url_for(".decision", public_id=public_id), 303)
        except Invalid as invalid:
            show_problems(form, invalid.problems)
    found = appeals.own_decision(actor(), public_id)
    mark_link_seen(actor(), request.path)
    context = {"decision": found, "may_appeal": appeals.may_appeal(found), "rules": rules}
    return render_form("safety/decision.html", form, **context)
