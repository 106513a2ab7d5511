"""Pages of queues: who waits for one's own listing, who gets it, and one's own place."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.db import utcnow
from marketplace.errors import Invalid
from marketplace.exchanges import giving, queues, rules, service, similar, windows
from marketplace.exchanges.forms import AmountForm, AnswerForm
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import exchange_of
from marketplace.exchanges.rule_forms import RuleForm
from marketplace.notifications.service import mark_link_seen
from marketplace.places.service import public_locations
from marketplace.web import actor, parts, show_problems

bp = Blueprint("queues", __name__)
bp.add_app_template_global(queues.place_of, "queue_place_of")
bp.add_app_template_global(queues.waiting_count)


@bp.get("/listings/<public_id>/queue")
@login_required
def queue(public_id: str) -> Any:
    page = _page(public_id)
    if "Sec-Purpose" not in request.headers:  # fetched in advance: nobody has read it
        mark_link_seen(actor(), request.path)
    return page


@bp.post("/listings/<public_id>/queue")
@login_required
def answer(public_id: str) -> Any:
    """The owner promises it to one who waits, or says no."""
    queues.owned(actor(), public_id)
    form = AnswerForm()
    try:
        answered = _answer(form)
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _page(public_id, form)
    name = answered.opener.name
    is_no = answered.state == "declined"
    flash(
        _("%(name)s hears your answer.", name=name)
        if is_no
        else _("Promised to %(name)s.", name=name)
    )
    return _back(public_id)


@bp.post("/listings/<public_id>/giving-rule")
@login_required
def giving_rule(public_id: str) -> Any:
    """The owner says who gets it."""
    form = RuleForm(queues.owned(actor(), public_id).direction)
    try:
        giving.set_rule(actor(), public_id, *form.chosen_rule)
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _page(public_id, rule_form=form)
    flash(_("Saved. It stands on your post in words."))
    return _back(public_id)


@bp.route("/exchanges/<public_id>/amount", methods=["GET", "POST"])
@login_required
def change_amount(public_id: str) -> Any:
    """Who waits asks for more or less."""
    exchange = exchange_of(actor(), public_id)
    queues.require_waiting(actor(), exchange)
    form = AmountForm(quantity=exchange.asked)
    if request.method == "POST":
        try:
            queues.change_amount(actor(), public_id, form.quantity.data)
            flash(_("Saved. Your place in the queue stays."))
            return redirect(url_for("exchanges.show", public_id=public_id), 303)
        except Invalid as invalid:
            show_problems(form, invalid.problems)
    status = 422 if form.errors else 200
    exchange = exchange_of(actor(), public_id)
    return render_template("exchanges/amount.html", form=form, exchange=exchange), status


def _answer(form: AnswerForm) -> Exchange:
    chosen = form.exchange.data or ""
    if request.form.get("answer") == "no":
        return service.decline(actor(), chosen, form.reason.data or "")
    typed = form.quantity.raw_data
    return service.promise(actor(), chosen, (form.quantity.data or 0) if typed else None)


def _page(public_id: str, form: AnswerForm | None = None, rule_form: RuleForm | None = None) -> Any:
    found = queues.queue_of(actor(), public_id, request.args.get("page", 1, type=int))
    listing = found.listing
    if form is not None:  # the words stand beside the field of the one who was answered
        for field in (form.quantity, form.reason):
            field.id = f"{field.name}-{form.exchange.data}"
    page = render_template(
        "exchanges/queue.html",
        queue=found,
        listing=listing,
        is_open=listing.is_open(utcnow()),
        form=form,
        rule_form=rule_form or RuleForm.of(listing),
        rule_stands=giving.stands(listing),
        window=windows.latest(listing),
        next_in_line=queues.next_in(listing, lock=False),
        reasons=rules.NOT_NOW,
        bands=_bands(found),
        page_links=_page_links(found),
    )
    return (page, 422) if form or rule_form else page


def _bands(found: queues.Queue) -> dict[int, Any]:
    """About how far from the listing they live, by exchange."""
    openers = [one.exchange.opener for one in found.waiting]
    places = public_locations(openers, found.listing)
    return {one.exchange.id: where.band for one, where in zip(found.waiting, places, strict=True)}


def _page_links(found: queues.Queue) -> dict[str, Any]:
    def link(number: int) -> str:
        return url_for(".queue", public_id=found.listing.public_id, page=number)

    return {
        "previous": link(found.page - 1) if found.page > 1 else None,
        "next": link(found.page + 1) if found.page < found.pages else None,
    }


def _back(public_id: str) -> Response:
    page = request.args.get("page", type=int)
    return redirect(url_for(".queue", public_id=public_id, page=page), 303)


@bp.app_template_global()
def similar_to(exchange: Exchange) -> similar.Similar:
    """Open listings like the one of an exchange that came to nothing, for the reader."""
    return similar.similar_to(parts(), actor(), exchange.listing)
