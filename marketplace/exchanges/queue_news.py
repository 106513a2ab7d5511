"""What those who wait and the owner they wait for are told, besides the steps of an exchange."""

from datetime import datetime

from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queues import Place
from marketplace.exchanges.telling import TOPIC, link_to, queue_link
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation
from marketplace.messages.service import link_to as conversation_link
from marketplace.notifications.service import notify


def remind_owner(exchange: Exchange, waiting: int, now: datetime) -> None:
    """The owner who leaves people waiting, of all who wait for the same; once in a day."""
    listing = exchange.listing
    params = {"title": listing.title, "waiting": waiting, "direction": listing.direction}
    once = f"askers_wait:{listing.public_id}:{now:%Y%m%d}"
    notify(exchange.owner, "reminder", "askers_wait", params, link=queue_link(exchange), once=once)


def tell_closed(conversation: Conversation, listing: Listing) -> None:
    """Who only asked something about it, and waits for an answer: it is closed now."""
    params = {"title": listing.title, "direction": listing.direction}
    link = conversation_link(conversation)
    notify(conversation.opener, "reminder", "question_closed", params, link=link)


def tell_rule(exchange: Exchange, closes_at: datetime | None) -> None:
    """Who waits: the owner changed who gets it; ``closes_at``: not before then."""
    listing = exchange.listing
    of_request = "_request" if listing.direction == "request" else ""
    kind = f"rule_now_{listing.giving_rule}" + ("_later" if closes_at else of_request)
    params = {
        "title": listing.title,
        "other": exchange.owner.name,
        "meets": closes_at.isoformat() if closes_at else "",
        "about": listing.public_id,
    }
    notify(exchange.opener, TOPIC, kind, params, link=link_to(exchange))


def tell_place(exchange: Exchange, place: Place | None) -> None:
    """Who was not among the first in a draw: at which place they wait now."""
    if place is None:
        return
    listing = exchange.listing
    where = {"number": place.number, "total": place.total}
    params = {"title": listing.title, "about": listing.public_id, **where}
    notify(exchange.opener, TOPIC, "draw_place", params, link=link_to(exchange))


def tell_owner(window: GivingWindow, count: int) -> None:
    """The owner: the time for asking is over, and so many asked."""
    listing = window.listing
    kind = f"window_{window.outcome}"
    link = f"/listings/{listing.public_id}/" + ("draw" if kind == "window_drawn" else "queue")
    params = {"title": listing.title, "waiting": count}
    once = f"window:{window.id}"
    notify(listing.owner, TOPIC, kind, params, link=link, once=once)
