"""What of a member stands where no key leads: mail under way, and news of neighbours that name her.

Inside the caller's transaction, before her own rows are erased.
"""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, union
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Member, ResetRequest
from marketplace.db import db
from marketplace.listings.models import Listing, Question
from marketplace.mail import OutgoingMail
from marketplace.matching.models import Match
from marketplace.messages.models import Conversation
from marketplace.notifications.models import Notification


def erase_mails(member: Member) -> tuple[str, ...]:
    """Mail to her goes, sent or not; so does what was not sent yet and tells others of her.

    Returns the stems of mail that may lie on the disk.
    """
    names: tuple[str, ...] = ()
    if member.email:
        to_her = OutgoingMail.to == member.email
        names = tuple(db.session.scalars(select(OutgoingMail.public_id).where(to_her)))
        db.session.execute(delete(OutgoingMail).where(to_her))
        db.session.execute(delete(ResetRequest).where(ResetRequest.email == member.email))
    unsent = select(OutgoingMail).where(OutgoingMail.state != "sent")
    _delete_what_names(member, db.session.scalars(unsent))
    return names


def erase_news_of_others(member: Member) -> None:
    """News of neighbours that name her or her posts: there is nothing left to look at."""
    theirs = select(Notification).where(
        Notification.member_id.in_(_neighbours(member)), Notification.member_id != member.id
    )
    _delete_what_names(member, db.session.scalars(theirs))


def _neighbours(member: Member) -> Select[int]:
    """Members with reasons to hear of her: by a conversation, a match, or a question."""
    mine = select(Listing.id).where(Listing.owner_id == member.id)
    other = aliased(Listing)
    pair = or_(
        and_(Match.offer_id.in_(mine), Match.request_id == other.id),
        and_(Match.request_id.in_(mine), Match.offer_id == other.id),
    )
    return union(
        select(Conversation.owner_id).where(Conversation.opener_id == member.id),
        select(Conversation.opener_id).where(Conversation.owner_id == member.id),
        select(other.owner_id).join(Match, pair),
        select(Question.member_id).where(Question.listing_id.in_(mine)),
    )  # type: ignore[return-value]


def _delete_what_names(member: Member, rows: Iterable[Any]) -> None:
    titles = select(Listing.title).where(Listing.owner_id == member.id, Listing.title != "")
    hers = {member.name, *db.session.scalars(titles)} - {""}
    if not hers:
        return
    said = re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in hers))
    for row in rows:
        if any(said.search(text) for text in _texts_in(row.params)):
            db.session.delete(row)
    db.session.flush()


def _texts_in(value: Any) -> set[str]:
    """Every text within the parameters of a sentence, however deep."""
    if isinstance(value, str):
        return {value}
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for one in inside for text in _texts_in(one)}
