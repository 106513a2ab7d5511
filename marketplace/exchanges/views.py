"""Pages of exchanges: asking, one exchange with what may be done next, and each step of it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.errors import Conflict, Invalid
from marketplace.exchanges import handing, history, service, sights
from marketplace.exchanges.forms import AskForm, PromiseForm, ReasonForm
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import exchange_of, verbs
from marketplace.exchanges.queue_pages import ask_page, too_late_page
from marketplace.exchanges.telling import link_to
from marketplace.listings.models import Listing
from marketplace.listings.service import is_visible
from marketplace.listings.units import amount
from marketplace.messages import service as messages
from marketplace.messages.models import Conversation
from marketplace.notifications.service import mark_link_seen
from marketplace.web import actor, show_problems
from marketplace.wording.growth import growth_of

bp = Blueprint("exchanges", __name__)
bp.add_app_template_global(amount, "amount_in_words")
bp.add_app_template_global(growth_of)


@bp.route("/listings/<public_id>/exchanges", methods=["GET", "POST"])
@login_required
def ask(public_id: str) -> Any:
    if running := service.running_about(actor(), public_id):
        return to_exchange(running)
    listing = messages.answerable_listing(actor(), public_id)
    if request.method == "GET":
        return ask_page(listing, None)
    form = AskForm(listing)
    try:
        return to_exchange(service.ask(actor(), public_id, form.wish(), form.body.data or ""))
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return ask_page(messages.answerable_listing(actor(), public_id), form)
    except Conflict as conflict:
        return too_late_page(conflict, messages.answerable_listing(actor(), public_id), form)


@bp.get("/exchanges/<public_id>")
@login_required
def show(public_id: str) -> Any:
    exchange = exchange_of(actor(), public_id)
    if "Sec-Purpose" not in request.headers:  # fetched in advance: nobody has read it
        mark_link_seen(actor(), link_to(exchange))
    return exchange_page(exchange)


@bp.post("/exchanges/<public_id>/promise")
@login_required
def promise(public_id: str) -> Any:
    form = PromiseForm()
    chosen = (form.quantity.data or 0) if "quantity" in request.form else None
    try:
        return to_exchange(service.promise(actor(), public_id, chosen))
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return exchange_page(exchange_of(actor(), public_id), form, "promise")


@bp.post("/exchanges/<public_id>/refusal")
@login_required
def decline(public_id: str) -> Any:
    return _with_reason(public_id, "decline", service.decline)


@bp.post("/exchanges/<public_id>/withdrawal")
@login_required
def withdraw(public_id: str) -> Response:
    withdrawn = service.withdraw(actor(), public_id)
    flash(_("You no longer wait."))
    return to_exchange(withdrawn)


@bp.post("/exchanges/<public_id>/cancellation")
@login_required
def call_off(public_id: str) -> Any:
    return _with_reason(public_id, "cancel", service.call_off)


@bp.post("/exchanges/<public_id>/failure")
@login_required
def fail(public_id: str) -> Any:
    return _with_reason(public_id, "fail", service.report_failure)


@bp.post("/exchanges/<public_id>/handover")
@login_required
def hand_over(public_id: str) -> Response:
    way = request.form.get("way", "there")
    return to_exchange(handing.hand_over(actor(), public_id, way))


@bp.post("/exchanges/<public_id>/confirmation")
@login_required
def confirm(public_id: str) -> Response:
    return to_exchange(handing.confirm(actor(), public_id, request.form.get("way", "")))


@bp.post("/exchanges/<public_id>/objection")
@login_required
def object_to(public_id: str) -> Response:
    return _told(handing.object_to(actor(), public_id, request.form.get("way", "")))


@bp.post("/exchanges/<public_id>/dispute")
@login_required
def dispute(public_id: str) -> Response:
    return _told(handing.dispute(actor(), public_id))


def to_exchange(exchange: Exchange) -> Response:
    return redirect(url_for("exchanges.show", public_id=exchange.public_id), 303)


def exchange_page(exchange: Exchange, form: Any = None, verb: str = "") -> Any:
    """The page of an exchange; with the form of one step when that was refused."""
    other = exchange.other(actor())
    page = render_template(
        "exchanges/show.html",
        exchange=exchange,
        other=other,
        verbs=verbs(actor(), exchange),
        shown=is_visible(actor(), exchange.listing),
        reasons={one: ReasonForm(one, formdata=None) for one in ("decline", "cancel", "fail")},
        promise_form=PromiseForm(formdata=None, quantity=exchange.asked),
        refused={verb: form} if form else {},
        form=form,
    )
    return (page, 422) if form else page


def _with_reason(public_id: str, verb: str, step: Callable[..., Exchange]) -> Any:
    form = ReasonForm(verb)
    try:
        return _told(step(actor(), public_id, form.reason.data or ""))
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return exchange_page(exchange_of(actor(), public_id), form, verb)


def _told(exchange: Exchange) -> Response:
    flash(_("%(name)s has been told.", name=exchange.other(actor()).name))
    return to_exchange(exchange)


@bp.app_template_global()
def running_exchange(listing: Listing) -> Exchange | None:
    """The running exchange that the reader has about somebody else's listing, or None."""
    member = actor()
    return service.running_about(member, listing.public_id) if member else None


@bp.app_template_global()
def exchange_in(conversation: Conversation) -> Exchange | None:
    """The exchange that a conversation carries, or carried last."""
    return service.latest_in(conversation)


@bp.app_template_global()
def next_of(exchange: Exchange, name: str) -> sights.Next:
    """What comes next in an exchange for the reader, who is one of its two sides."""
    return sights.next_for(actor(), exchange, name)


@bp.app_template_global()
def history_of(exchange: Exchange) -> list[history.Line]:
    """What was, the newest first, as far as a page has room."""
    newest = exchange.events[: -history.LINES_SHOWN - 1 : -1]
    return [history.Line(event, exchange) for event in newest]
