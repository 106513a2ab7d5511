"""The reputation of members: facts of their exchanges, for everybody to read."""

from marketplace.accounts.models import Member
from marketplace.accounts.reputation import Reputation
from marketplace.db import db


def reputation_of(member: Member) -> Reputation | None:
    """What is known of the member; None before it was worked out."""
    return db.session.get(Reputation, member.id)
