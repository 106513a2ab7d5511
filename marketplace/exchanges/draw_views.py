"""The page of a draw: what was committed to before it and published after, and how to repeat it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace import wording
from marketplace.db import utcnow
from marketplace.exchanges import draws, queues, service, windows
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings.models import Listing
from marketplace.matching import needs
from marketplace.notifications.service import mark_link_seen
from marketplace.web import actor

bp = Blueprint("draws", __name__)
bp.add_app_template_global(windows.latest, "window_of")


@bp.app_template_global()
def tickets_in_words() -> str:
    """How tickets are made here, for who takes part."""
    return wording.queues.tickets(draws.TICKETS, draws.extra_tickets(needs.weight()))


@bp.get("/listings/<public_id>/draw")
def show(public_id: str) -> Any:
    window = windows.draw_of(actor(), public_id)
    if actor() and "Sec-Purpose" not in request.headers:
        mark_link_seen(actor(), request.path)
    return render_template(
        "exchanges/draw.html",
        window=window,
        listing=window.listing,
        facts=_facts(window),
        mine=_mine(window),
        waiting=queues.waiting_count(window.listing),
        closes=said(window.closes_at),
    )


@bp.get("/listings/<public_id>/draw.json")
def facts(public_id: str) -> Response:
    answer = jsonify(_facts(windows.draw_of(actor(), public_id)))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@bp.app_template_global()
def said(moment: datetime) -> str:
    """A day and a time by the clock of the reader."""
    return wording.meetings.day_and_time(moment, "")


@bp.app_template_global()
def rule_of(listing: Listing) -> str:
    """Who gets a post, in words for those who might ask, and by when that is said."""
    name, rule, window = listing.owner.name, listing.giving_rule, windows.running(listing)
    if window is None:
        is_drawn = rule == "draw" and listing.window_hours is None
        return wording.queues.drawn() if is_drawn else _plain(listing)
    if not window.is_open(utcnow()):
        return wording.queues.under_way()
    return wording.queues.window_closes(window.rule, name, said(window.closes_at))


@bp.app_template_global()
def drawn_of(exchange: Exchange) -> dict[str, Any] | None:
    """What a draw holds of one exchange, for who asked: the alias, and after the draw the tickets
    and the place; None where there is no draw, or it is no longer known whose an alias is."""
    window = windows.latest(exchange.listing)
    if window is None or window.rule != "draw" or window.outcome not in ("", "drawn"):
        return None
    alias = windows.alias_in(window, exchange)
    found = {"alias": alias, "closes_at": window.closes_at, "tickets": 0, "place": 0, "total": 0}
    if not window.record:
        takes_part = exchange.state == "interested" and exchange.created_at < window.closes_at
        return found if alias and takes_part else None
    tickets = {one["alias"]: one["tickets"] for one in window.record["entrants"]}
    if alias not in tickets:
        return None
    place = window.record["order"].index(alias) + 1
    return found | {"tickets": tickets[alias], "place": place, "total": len(tickets)}


def _plain(listing: Listing) -> str:
    said_of = wording.queues.rule_for_others
    return said_of(listing.direction, listing.giving_rule, listing.owner.name)


def _facts(window: GivingWindow) -> dict[str, Any]:
    """What is published: before the draw that there will be one, and the commitment."""
    return window.record or {
        "protocol": draws.PROTOCOL,
        "listing": window.listing.public_id,
        "opened_at": window.opens_at.isoformat(timespec="seconds"),
        "closed_at": window.closes_at.isoformat(timespec="seconds"),
        "commitment": draws.commitment(window.seed),
    }


def _mine(window: GivingWindow) -> dict[str, Any] | None:
    """What the draw holds of the reader, and where their exchange stands."""
    exchange = service.latest_about(actor(), window.listing) if actor() else None
    found = drawn_of(exchange) if exchange else None
    link = url_for("exchanges.show", public_id=exchange.public_id) if exchange else ""
    return found | {"link": link} if found else None
