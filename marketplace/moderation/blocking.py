"""A block, and what was told before it: news that name a post of the other one go as well."""

from sqlalchemy import select

from marketplace.accounts import blocks
from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.listings.models import Listing
from marketplace.notifications.service import take_back


def block_member(actor: Member, other: Member) -> None:
    """Let the two not find each other any more, nor in what still waits to be told to them."""
    with transaction():
        blocks.block_member(actor, other)
        pairs = [(actor, other), (other, actor)]
        # In one order for both, so that two who block each other at once do not wait in a circle.
        for reader, owner in sorted(pairs, key=lambda pair: pair[0].id):
            take_back(select(Listing.public_id).where(Listing.owner_id == owner.id), reader)
