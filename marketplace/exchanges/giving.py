"""Who gets it: the rule that an owner sets, and the queue that moves up by itself."""

from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid
from marketplace.exchanges import queues, rules
from marketplace.exchanges.service import give_promise
from marketplace.listings.models import Listing
from marketplace.permissions import require


def set_rule(actor: Member, public_id: str, rule: str) -> Listing:
    """The owner says who gets it; for what is wanted, help is taken in order or chosen.

    Where from now on the first has it at once, those who wait already come first.
    """
    with transaction():
        listing = queues.owned(actor, public_id)
        require(actor, "listing.edit", listing)
        if problems := rules.check_giving_rule(listing.direction, rule):
            raise Invalid(problems)
        if listing.state in ("fulfilled", "withdrawn"):
            raise Conflict("listing_closed")
        if rule == "first":
            give_to_next(listing)
        listing.giving_rule = rule
    return listing


def give_to_next(listing: Listing, most: int | None = None) -> int:
    """Promise what is left to those who wait, in their order, to ``most`` of them (None: all that
    it lasts for); each has what they asked for, or what is left. In the caller's transaction."""
    count = 0
    while count != most and ((left := listing.unpromised) is None or left > 0):
        following = queues.next_in(listing)
        if following is None:
            break
        asked = following.asked
        give_promise(None, following, asked if left is None else min(left, asked))
        count += 1
    return count
