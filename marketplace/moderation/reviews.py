"""What staff decide about the first listings of new members."""

from sqlalchemy import select

from marketplace.accounts.audit import record
from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.errors import Invalid, NotFound
from marketplace.listings import waiting
from marketplace.listings.models import Listing
from marketplace.moderation import rules, telling
from marketplace.moderation.models import Decision
from marketplace.moderation.service import write_down


def find_waiting(public_id: str) -> Listing:
    """A listing that was submitted, waiting or not any more; NotFound for a draft.

    For staff, which the views see to.
    """
    found = db.session.scalar(
        select(Listing).where(Listing.public_id == public_id, Listing.state != "draft")
    )
    if found is None:
        raise NotFound("listing")
    return found


def approve(actor: Member, public_id: str) -> Listing:
    """Let a waiting listing up. A second tap finds it open and changes nothing."""
    with transaction():
        listing = find_waiting(public_id)
        if listing.state == "open":
            return listing
        waiting.open_listing(actor, listing)
        thing = f"listing:{listing.public_id}"
        record(actor, "listing.approve", about=listing.owner, thing=thing)
        telling.tell_opened(listing)
    return listing


def send_back(actor: Member, public_id: str, reason: str, words: str) -> Decision:
    """Make it a draft again and tell its owner why. Raises Invalid, Conflict when it is up."""
    words = rules.tidy(words)
    problems = rules.check_decision("decline_listing", reason, words, ["decline_listing"])
    if problems:
        raise Invalid(problems)
    with transaction() as session:
        listing = find_waiting(public_id)
        waiting.decline_listing(actor, listing, reason)
        decision = Decision(
            member_id=listing.owner_id,
            staff_id=actor.id,
            listing_id=listing.id,
            action="decline_listing",
            reason=reason,
            words=words,
        )
        session.add(decision)
        session.flush()
        write_down(actor, decision)
        telling.tell_concerned(decision)
    return decision
