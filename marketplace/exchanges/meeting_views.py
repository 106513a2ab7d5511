"""Pages of meetings: proposing a place and a time, answering, the calendar entry, where exactly."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_login import login_required

from marketplace import calendars, wording
from marketplace.db import utcnow
from marketplace.errors import Invalid, NotFound
from marketplace.exchanges import exact_places, meetings, suggesting, telling
from marketplace.exchanges.calendars import entry_of, meeting_of
from marketplace.exchanges.forms import ExactPlaceForm, ProposalForm
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import exchange_of
from marketplace.responses import calendar_response
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("meetings", __name__)
bp.add_app_template_global(meetings.arrangement_of)


@bp.route("/exchanges/<public_id>/proposals", methods=["GET", "POST"])
@login_required
def propose(public_id: str) -> Any:
    exchange = meetings.proposable(actor(), public_id)
    form = ProposalForm(suggesting.suggestions(exchange), suggesting.zone_of(exchange))
    if request.method == "GET":
        form.place.data = meetings.usual_place(actor(), exchange)
        return _proposal_page(exchange, form)
    try:
        meetings.propose(actor(), public_id, form.draft())
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _proposal_page(meetings.proposable(actor(), public_id), form)
    flash(_("Proposed. You hear when there is an answer."))
    return _to_exchange(public_id)


@bp.post("/exchanges/<public_id>/proposals/<proposal_id>/acceptance")
@login_required
def accept(public_id: str, proposal_id: str) -> Any:
    meetings.accept(actor(), public_id, proposal_id)
    flash(_("Agreed. Now you can say where exactly, to each other alone."))
    return _to_exchange(public_id)


@bp.post("/exchanges/<public_id>/proposals/<proposal_id>/refusal")
@login_required
def decline(public_id: str, proposal_id: str) -> Any:
    meetings.decline(actor(), public_id, proposal_id)
    return _to_exchange(public_id)


@bp.post("/exchanges/<public_id>/proposals/<proposal_id>/withdrawal")
@login_required
def withdraw(public_id: str, proposal_id: str) -> Any:
    meetings.withdraw(actor(), public_id, proposal_id)
    return _to_exchange(public_id)


@bp.get("/exchanges/<public_id>/calendar.ics")
@login_required
def calendar(public_id: str) -> Response:
    exchange = exchange_of(actor(), public_id)
    if (meeting := meeting_of(exchange)) is None:
        raise NotFound("meeting")
    base_url = parts().settings.base_url
    frame = calendars.Frame(
        title=wording.meetings.title(telling.params_of(actor(), exchange)),
        url=base_url + telling.link_to(exchange),
        host=calendars.host_of(base_url),
        written_at=utcnow(),
    )
    content = calendars.ics(entry_of(exchange, meeting), frame)
    return calendar_response(content, calendars.FILE_NAME)


@bp.get("/exchanges/<public_id>/place")
@login_required
def place(public_id: str) -> Any:
    return _place_page(public_id, ExactPlaceForm(formdata=None))


@bp.post("/exchanges/<public_id>/place")
@login_required
def write_place(public_id: str) -> Any:
    form = ExactPlaceForm()
    try:
        exact_places.write(actor(), public_id, form.text.data or "")
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _place_page(public_id, form)
    return redirect(url_for("meetings.place", public_id=public_id), 303)


@bp.post("/exchanges/<public_id>/place/removal")
@login_required
def remove_place(public_id: str) -> Any:
    exact_places.remove(actor(), public_id)
    flash(_("The exact place is erased."))
    return _to_exchange(public_id)


def _proposal_page(exchange: Exchange, form: ProposalForm) -> Any:
    here = utcnow().astimezone(ZoneInfo(suggesting.zone_of(exchange)))
    return render_form(
        "exchanges/propose.html",
        form,
        exchange=exchange,
        other=exchange.other(actor()),
        arrangement=meetings.arrangement_of(exchange),
        today=here.date(),
        zone_name=here.tzname(),
    )


def _place_page(public_id: str, form: ExactPlaceForm) -> Any:
    shown = exact_places.show(actor(), public_id)
    return render_form(
        "exchanges/place.html",
        form,
        exchange=shown.exchange,
        other=shown.exchange.other(actor()),
        shown=shown,
        meeting=meeting_of(shown.exchange),
    )


def _to_exchange(public_id: str) -> Any:
    return redirect(url_for("exchanges.show", public_id=public_id) + "#meeting", 303)


@bp.app_template_global()
def leaf_of(moment: datetime, zone: str) -> wording.meetings.Leaf:
    """Month, day and weekday of a meeting, for the leaf of a calendar."""
    return wording.meetings.leaf(moment, zone)


@bp.app_template_global()
def is_past(moment: datetime) -> bool:
    return moment <= utcnow()


@bp.app_template_global()
def meeting_time(moment: datetime, zone: str) -> str:
    """ "Saturday, 28 November, 9:00 AM WIB": by the clock of the place."""
    return wording.meetings.day_and_time(moment, zone)


@bp.app_template_global()
def own_time(moment: datetime, zone: str) -> str:
    """The same by the reader's clock, where that shows something else; else nothing."""
    there, here = meeting_time(moment, zone), meeting_time(moment, "")
    return "" if there == here else here
