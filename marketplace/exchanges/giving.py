"""Who gets it: the rule that an owner sets, and the queue that moves up by itself.

A rule may be changed as long as nobody relies on it alone. Once somebody asked within a window, or
a draw said who comes first, it stands; where people merely wait, each is told of the change.
"""

from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import queue_news, queues, windows
from marketplace.exchanges.service import give_promise
from marketplace.listings import giving as rules
from marketplace.listings.models import Listing
from marketplace.permissions import require


def set_rule(actor: Member, public_id: str, rule: str, hours: int | None = None) -> Listing:
    """The owner says who gets it, and for how many hours people may ask before that is said; for
    what is wanted, help is taken in order or chosen.

    Where from now on the first has it at once, those who wait already come first. Raises Invalid
    for a rule that cannot be, Conflict where the present one stands.
    """
    hours = rules.fitting(rule=rule, hours=hours, direction="offer")
    with transaction():
        listing = queues.owned(actor, public_id, lock=True)
        require(actor, "listing.edit", listing)
        if problems := rules.check(listing.direction, rule, hours):
            raise Invalid(problems)
        if listing.state in ("fulfilled", "withdrawn"):
            raise Conflict("listing_closed")
        if (rule, hours) == (listing.giving_rule, listing.window_hours):
            return listing
        if stands(listing):
            raise Conflict("rule_stands")
        if hours is not None and listing.unpromised == 0:
            raise Invalid([Problem("giving_rule", "window_nothing_left")])
        _change(listing, rule, hours)
    return listing


def stands(listing: Listing) -> bool:
    """Whether the rule can no longer be changed: somebody asked within the window, or waits in the
    order that was drawn."""
    relied_on = listing.window_hours is not None or listing.giving_rule == "draw"
    return relied_on and queues.waiting_count(listing) > 0


def choose(actor: Member, public_id: str, rule: str, hours: int | None) -> None:
    """The rule of a draft, as it is being written; the rest of what ``set_rule`` says."""
    with transaction():
        listing = queues.owned(actor, public_id, lock=True)
        hours = rules.fitting(listing.direction, rule, hours)
        if problems := rules.check(listing.direction, rule, hours):
            raise Invalid(problems)
        if listing.state == "draft":
            listing.window_hours, listing.giving_rule = None, rule
            listing.window_hours = hours


def give_to_next(listing: Listing, most: int | None = None, *, drawn: bool = False) -> int:
    """Promise what is left to those who wait, in their order, to ``most`` of them (None: all that
    it lasts for); each has what they asked for, or what is left. In the caller's transaction."""
    count = 0
    while count != most and ((left := listing.unpromised) is None or left > 0):
        following = queues.next_in(listing)
        if following is None:
            break
        asked = following.asked
        give_promise(None, following, asked if left is None else min(left, asked), drawn=drawn)
        count += 1
    return count


def _change(listing: Listing, rule: str, hours: int | None) -> None:
    waiting = queues.waiting_in(listing)
    if (window := windows.running(listing, lock=True)) is not None:
        windows.end(window, "called_off")
    if rule == "first":
        give_to_next(listing)
    listing.giving_rule, listing.window_hours = rule, hours
    if hours is not None and listing.state == "open":
        window = windows.begin(listing)
    for exchange in waiting:
        if exchange.state == "interested":
            queue_news.tell_rule(exchange, window.closes_at if window and hours else None)
