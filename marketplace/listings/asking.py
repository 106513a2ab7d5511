"""Is it still there? A member asks with one tap, the owner answers with one tap.

The owner is told once, however many ask, and never who. What becomes of the listing is the answer:
renewed means yes, given or withdrawn means no; the sweep ``listings.answer`` tells those who asked.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import func, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.listings import times
from marketplace.listings.answer_links import answer_token, is_current, is_genuine, listing_of
from marketplace.listings.lifecycle import renew_listing
from marketplace.listings.models import Listing, Question
from marketplace.listings.rows import last_moment
from marketplace.listings.service import fulfil_listing, get_visible, withdraw_listing
from marketplace.notifications.service import notify
from marketplace.permissions import allows, require

ASKED_PER_DAY = 5
OWN_LISTINGS = "/me/listings"
ANSWERS = ("yes", "here", "outside", "gone")


def ask_if_there(actor: Member, public_id: str) -> Listing:
    """Ask the owner. To ask again while the answer is not late changes nothing.

    Conflict for what is over or was confirmed lately, Invalid for too many questions today.
    """
    with transaction() as session:
        session.get(Member, actor.id, with_for_update=True)  # one tap of a member at a time
        listing = get_visible(actor, public_id)
        require(actor, "listing.answer", listing)
        now = utcnow()
        if not listing.is_open(now) or not times.may_be_asked(listing.last_confirmed, now):
            raise Conflict("listing_confirmed")
        question = question_of(actor, listing)
        if question is not None and _waits(question) and not _is_late(question):
            return listing
        _require_quota(actor)
        if question is None:
            question = Question(listing_id=listing.id, member_id=actor.id)
            session.add(question)
        question.asked_at, question.told_at = now, None
        if times.owner_is_told(listing.asked_at, now):
            listing.asked_at = now
            tell_owner(listing, "listing_asked")
    return listing


def question_of(actor: Member, listing: Listing) -> Question | None:
    """What the actor last asked about the listing."""
    mine = Question.listing_id == listing.id, Question.member_id == actor.id
    return db.session.scalar(select(Question).where(*mine))


def standing(actor: Member | None, listing: Listing) -> str:
    """How it stands between the actor and the owner: "waiting", "late", "may_ask", or nothing."""
    now = utcnow()
    if actor is None or not allows(actor, "listing.answer", listing) or not listing.is_open(now):
        return ""
    question = question_of(actor, listing)
    if question is not None and _waits(question):
        return "late" if _is_late(question) else "waiting"
    return "may_ask" if times.may_be_asked(listing.last_confirmed, now) else ""


def asked_about(listings: Collection[Listing]) -> set[int]:
    """Those of one's own listings, by id, about which somebody waits for an answer."""
    ids = [listing.id for listing in listings]
    waiting = select(Question.listing_id).where(
        Question.listing_id.in_(ids), Question.told_at.is_(None)
    )
    return set(db.session.scalars(waiting)) if ids else set()


def tell_owner(listing: Listing, kind: str) -> None:
    """Tell the owner in the caller's transaction, with the link to answer at."""
    token = answer_token(listing.owner, listing.public_id, listing.expires_at)
    ends = last_moment(listing)
    params = {
        "title": listing.title,
        "direction": listing.direction,
        "ends": ends.date().isoformat() if ends else "",
    }
    notify(listing.owner, "reminder", kind, params, link=f"/answers/{token}")


def answered_by_exchange(actor: Member, listing: Listing) -> None:
    """The actor asks for the thing itself now, and hears what becomes of that: one answer is
    enough. In the caller's transaction."""
    question = question_of(actor, listing)
    if question is not None and _waits(question):
        question.told_at = utcnow()


def tell_owner_of_many(listings: Sequence[Listing], kind: str) -> None:
    """The same of several at once; the links to answer at are made when the mail is written."""
    posts = [
        {
            "title": one.title,
            "listing": one.public_id,
            "ends": ends.date().isoformat() if (ends := last_moment(one)) else "",
        }
        for one in listings
    ]
    params = {"number": len(posts), "posts": posts}
    notify(listings[0].owner, "reminder", kind, params, link=OWN_LISTINGS)


def answer_path(public_id: str) -> str:
    """Where the owner answers for a listing as it is now; for mails to its owner alone."""
    listing = db.session.scalar(select(Listing).where(Listing.public_id == public_id))
    if listing is None:
        return OWN_LISTINGS
    return f"/answers/{answer_token(listing.owner, public_id, listing.expires_at)}"


def listing_of_link(token: str) -> tuple[Listing, bool]:
    """The listing of a link in a mail, and whether the link can still be used.

    NotFound for a link that was not made here or is too old.
    """
    public_id = listing_of(token)
    listing = db.session.scalar(select(Listing).where(Listing.public_id == public_id))
    if listing is None or listing.owner.erased_at or not is_genuine(listing.owner, token):
        raise NotFound("link")
    if listing.expires_at and listing.expires_at <= utcnow() - times.LINK_WORKS:
        raise NotFound("link")
    return listing, listing.state == "open" and is_current(token, listing.expires_at)


def answer_by_link(token: str, answer: str) -> Listing:
    """The owner's answer to "is it still there?", without signing in; see ``ANSWERS``.

    Conflict once the link is used up.
    """
    if answer not in ANSWERS:
        raise Invalid([Problem("answer", "choice_missing")])
    with transaction():
        listing, usable = listing_of_link(token)
        if not usable:
            raise Conflict("link_used")
        owner = listing.owner
        if answer == "yes":
            return renew_listing(owner, listing.public_id, "renewal by mail")
        if answer == "gone":
            return withdraw_listing(owner, listing.public_id, "gone")
        return fulfil_listing(owner, listing.public_id, answer)


def _waits(question: Question) -> bool:
    return question.told_at is None


def _is_late(question: Question) -> bool:
    return question.asked_at <= utcnow() - times.ANSWER_LATE


def _require_quota(actor: Member) -> None:
    today = select(func.count()).where(
        Question.member_id == actor.id, Question.asked_at > utcnow() - timedelta(days=1)
    )
    if (db.session.scalar(today) or 0) >= ASKED_PER_DAY:
        raise Invalid([Problem("question", "too_many_questions", {"max": ASKED_PER_DAY})])
