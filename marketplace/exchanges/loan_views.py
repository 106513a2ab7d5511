"""Pages of loans: a new day, the return and its check, a loss, and the calendar of what is out."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import to_user_timezone
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace import calendars, images, wording
from marketplace.db import utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import lending, lent, loans, returns, telling
from marketplace.exchanges.loan_forms import ExtensionForm, LossForm, ReturnCheckForm
from marketplace.exchanges.models import Exchange, ReturnCheck
from marketplace.exchanges.moves import check_step, exchange_of, may
from marketplace.responses import calendar_response, picture_response
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("loans", __name__)
bp.add_app_template_global(lent.lent_until)
bp.add_app_template_global(loans.days_left, "loan_days_left")


@dataclass(frozen=True, slots=True)
class LoanPart:
    """What the page of an exchange shows of a loan. ``days``: to which the reader may extend it;
    ``why``: the code of why not, for a borrower; ``check``: how it came back."""

    lends: bool
    left: int
    is_overdue: bool
    days: lending.Days | None
    why: str
    check: ReturnCheck | None
    may_check: bool


@bp.app_template_global()
def loan_part(exchange: Exchange) -> LoanPart:
    days, why = None, ""
    if may(actor(), exchange, "extend"):
        try:
            days = loans.days_for(actor(), exchange)
        except Conflict as conflict:
            why = conflict.code
    return LoanPart(
        lends=actor().id == exchange.giver_id,
        left=loans.days_left(exchange),
        is_overdue=loans.is_overdue(exchange),
        days=days,
        why=why,
        check=returns.check_of(exchange),
        may_check=returns.may_check(actor(), exchange),
    )


@bp.app_template_global()
def overdue_loans() -> list[dict[str, Any]]:
    """The reader's overdue loan that stands in the way of another, if there is one, with why."""
    late = loans.overdue_of(actor())[:1]
    return [{"exchange": one, "problem": loans.overdue_problem(one)} for one in late]


@bp.route("/exchanges/<public_id>/extension", methods=["GET", "POST"])
@login_required
def extend(public_id: str) -> Any:
    form = ExtensionForm()
    exchange = exchange_of(actor(), public_id)
    try:
        if form.is_submitted():
            return _extended(loans.extend(actor(), public_id, form.chosen()))
        loans.days_for(actor(), exchange)
    except Invalid as invalid:
        show_problems(form, invalid.problems)
    except Conflict as conflict:
        if conflict.code not in wording.LOAN_STAYS:
            raise
        return render_template("exchanges/extend.html", **_about(exchange), why=conflict.code), 409
    return render_form("exchanges/extend.html", form, **_about(exchange), why="")


@bp.post("/exchanges/<public_id>/return")
@login_required
def say_returned(public_id: str) -> Response:
    return _to_exchange(loans.say_returned(actor(), public_id))


@bp.post("/exchanges/<public_id>/denial")
@login_required
def deny_return(public_id: str) -> Response:
    return _to_exchange(loans.deny_return(actor(), public_id))


@bp.route("/exchanges/<public_id>/return-check", methods=["GET", "POST"])
@login_required
def check_return(public_id: str) -> Any:
    exchange = exchange_of(actor(), public_id)
    form = ReturnCheckForm()
    if not form.is_submitted():
        returns.require_check(actor(), exchange)
        return render_form("exchanges/return.html", form, **_about(exchange))
    try:
        folder = parts().settings.uploads_dir
        return _checked(returns.check_return(actor(), public_id, form.seen(), folder=folder))
    except Invalid as invalid:
        show_problems(form, invalid.problems)
    except images.PictureRefused as refused:
        show_problems(form, [Problem("photo", refused.code)])
    return render_form("exchanges/return.html", form, **_about(exchange))


@bp.get("/exchanges/<public_id>/return-check/photo/<width>")
@login_required
def check_photo(public_id: str, width: str) -> Response:
    folder = parts().settings.uploads_dir
    return picture_response(returns.check_photo(actor(), public_id, width, folder=folder))


@bp.route("/exchanges/<public_id>/loss", methods=["GET", "POST"])
@login_required
def lose(public_id: str) -> Any:
    exchange = exchange_of(actor(), public_id)
    form = LossForm()
    try:
        if form.is_submitted():
            return _to_exchange(loans.lose(actor(), public_id, form.body.data or ""))
        check_step(actor(), exchange, "lose")
    except Invalid as invalid:
        show_problems(form, invalid.problems)
    writes = loans.can_write(actor(), exchange)
    return render_form("exchanges/loss.html", form, **_about(exchange), writes=writes)


@bp.post("/exchanges/<public_id>/recovery")
@login_required
def find(public_id: str) -> Response:
    return _to_exchange(loans.find(actor(), public_id))


@bp.get("/me/loans")
@login_required
def calendar() -> str:
    """What I lent or borrowed, by day; a month of it beside the list on a wide screen."""
    side = request.args.get("show", "")
    page = request.args.get("page", 1, type=int)
    agenda = lent.agenda(actor(), side if side in lent.SIDES else "", page)
    return render_template(
        "exchanges/lent.html",
        agenda=agenda,
        side=agenda.side,
        month=lent.month_of(_month(request.args.get("month", ""))),
        today=to_user_timezone(utcnow()).date(),
    )


@bp.get("/me/loans.ics")
@login_required
def due_days() -> Response:
    """The same days for a calendar of one's own."""
    base_url = parts().settings.base_url
    days = [_due_day(line, base_url) for line in lent.every_line(actor())]
    host = calendars.host_of(base_url)
    content = calendars.days_ics(days, host=host, written_at=utcnow())
    return calendar_response(content, calendars.FILE_NAME)


def _due_day(line: lent.Line, base_url: str) -> calendars.DueDay:
    exchange = line.exchange
    lends = exchange.giver_id == actor().id
    return calendars.DueDay(
        uid=f"{exchange.public_id}-due",
        sequence=lent.changes_of(exchange),
        on=line.due_on,
        title=wording.loans.due_title(exchange.listing.title, line.other.name, lends=lends),
        url=base_url + telling.link_to(exchange),
    )


def _month(text: str) -> date:
    """A day of the month that was asked for, else today."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = date.min
    today = to_user_timezone(utcnow()).date()
    return found if abs(found.year - today.year) <= lent.YEARS_SHOWN else today


def _about(exchange: Exchange) -> dict[str, Any]:
    return {"exchange": exchange, "other": exchange.other(actor()), "loan": loan_part(exchange)}


def _extended(exchange: Exchange) -> Response:
    flash(_("The new day is set. Both of you are told."))
    return _to_exchange(exchange)


def _checked(exchange: Exchange) -> Response:
    flash(_("Thank you. %(name)s can see what you wrote.", name=exchange.receiver.name))
    return _to_exchange(exchange)


def _to_exchange(exchange: Exchange) -> Response:
    return redirect(url_for("exchanges.show", public_id=exchange.public_id), 303)
