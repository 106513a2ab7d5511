"""What those who wait and the owner they wait for are told, besides the steps of an exchange."""

from datetime import datetime

from marketplace.exchanges.models import Exchange
from marketplace.exchanges.telling import queue_link
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
