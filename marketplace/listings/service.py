"""What members do with offers and requests, and who may see which.

Every verb loads through the actor, writes in one transaction, and raises ``revision`` when the
index or the matcher has to look again.
"""

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select, true

from marketplace import permissions
from marketplace.accounts.models import Block, Member
from marketplace.db import CROCKFORD, PUBLIC_ID_LENGTH, db, new_public_id, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.listings import language, rules
from marketplace.listings.models import Listing
from marketplace.listings.moves import move_listing
from marketplace.listings.rows import DEFAULT_ZONE, expiry_of, write_draft
from marketplace.listings.rules import Analysed, Draft
from marketplace.listings.waiting import verb_of_publishing

Analyse = Callable[[str, str, str], Analysed]  # title, description, language


def visible_to(actor: Member | None) -> ColumnElement[bool]:
    """SQL: the listings that ``actor`` (None: a visitor) may see. The only definition.

    Open ones of owners who show their posts and are not blocked in either direction;
    one's own in any state; for staff everything but other people's drafts.
    """
    owner_shows = exists().where(Member.id == Listing.owner_id, Member.shows_posts())
    shown = and_(Listing.open_now(utcnow()), owner_shows)
    if actor is None:
        return shown
    if permissions.allows(actor, "listing.see_all"):
        return or_(Listing.state != "draft", own(actor))
    return or_(own(actor), and_(shown, ~blocked_with(actor.id)))


def get_visible(actor: Member | None, public_id: str) -> Listing:
    """The listing, if ``actor`` may see it; NotFound otherwise."""
    found = db.session.scalar(
        select(Listing).where(Listing.public_id == public_id, visible_to(actor))
    )
    if found is None:
        raise NotFound("listing")
    return found


def is_visible(actor: Member | None, listing: Listing) -> bool:
    """Whether ``actor`` may see a loaded listing."""
    return bool(
        db.session.scalar(select(exists().where(Listing.id == listing.id, visible_to(actor))))
    )


def get_own(actor: Member, public_id: str, *, lock: bool = False) -> Listing:
    """A listing of the actor's own, in any state; NotFound for everybody else's."""
    query = select(Listing).where(Listing.public_id == public_id, own(actor))
    found = db.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound("listing")
    return found


def find_closed(actor: Member | None, public_id: str) -> Listing | None:
    """A listing that everybody could see once and that is over; None for any other."""
    return db.session.scalar(
        select(Listing).where(Listing.public_id == public_id, was_shown_to(actor))
    )


def was_shown_to(actor: Member | None) -> ColumnElement[bool]:
    """SQL: the listings that are over and that ``actor`` could see before."""
    return and_(
        Listing.published_at.is_not(None),
        Listing.state.in_(("open", "fulfilled", "withdrawn")),
        ~Listing.open_now(utcnow()),
        exists().where(
            Member.id == Listing.owner_id,
            Member.erased_at.is_(None),
            Member.erase_after.is_(None),
        ),
        ~blocked_with(actor.id) if actor is not None else true(),
    )


def own_listings(actor: Member) -> list[Listing]:
    """What the actor put up and that is not over, newest first; expired ones included."""
    return list(
        db.session.scalars(
            select(Listing)
            .where(own(actor), Listing.state.not_in(("draft", "withdrawn", "fulfilled")))
            .order_by(Listing.updated_at.desc(), Listing.id.desc())
        )
    )


def check(draft: Draft) -> list[Problem]:
    """What stands in the way of publishing, by the present date at the place of the draft."""
    zone = ZoneInfo((draft.place.zone if draft.place else None) or DEFAULT_ZONE)
    return rules.check(rules.tidy(draft), utcnow().astimezone(zone).date())


def save_draft(actor: Member, draft: Draft) -> Listing:
    """Keep what is there of a draft, new or under ``draft.key``.

    What cannot be kept (an unknown category, the end of a title that is too long) is left out:
    publishing asks for it again.
    """
    draft = rules.fitting(rules.tidy(draft))
    with transaction() as session:
        listing = _own_or_new(actor, draft.key)
        step(actor, listing, "save")
        write_draft(listing, draft)
        listing.text_language = draft.text_language  # empty: to be guessed from the final text
        session.add(listing)
    return listing


def publish_listing(actor: Member, draft: Draft, *, analyse: Analyse) -> Listing:
    """Open a listing to everybody, or let it wait where the site looks at first listings.

    Raises Invalid with every problem at once, or for too many today. Publishing the same
    ``draft.key`` again, as a double tap does, changes nothing.
    """
    draft = _checked(actor, draft)
    analysed = analyse(draft.title, draft.description, draft.text_language)
    with transaction() as session:
        listing = _own_or_new(actor, draft.key)
        if listing.state in ("open", "pending"):
            return listing
        verb = verb_of_publishing(actor)
        write_draft(listing, draft)
        listing.words, listing.reading = analysed
        if verb == "publish":
            listing.published_at = now = utcnow()
            listing.expires_at = expiry_of(listing, now)
        session.add(listing)
        step(actor, listing, verb)
    return listing


def edit_listing(actor: Member, public_id: str, draft: Draft, *, analyse: Analyse) -> Listing:
    """Change an open listing. One that has run out is thereby open again for its usual time."""
    draft = _checked(actor, draft)
    analysed = analyse(draft.title, draft.description, draft.text_language)
    with transaction():
        listing = get_own(actor, public_id, lock=True)
        if problems := rules.check_taken(draft, listing.promised + listing.given):
            raise Invalid(problems)
        step(actor, listing, "edit")
        if listing.state == "open" and not listing.is_open(utcnow()):  # it has run out
            listing.confirmed_at = utcnow()
        write_draft(listing, draft)
        listing.words, listing.reading = analysed
        listing.expires_at = expiry_of(listing, listing.last_confirmed or utcnow())
        listing.revision += 1
        if listing.state == "open" and listing.is_used_up:
            step(actor, listing, "fulfil", "here")
    return listing


def withdraw_listing(actor: Member, public_id: str, reason: str = "") -> Listing:
    """Take a listing (or a draft) back. Conflict when it is over already."""
    return _end(actor, public_id, "withdraw", reason)


def fulfil_listing(actor: Member, public_id: str, reason: str = "") -> Listing:
    """Mark an offer as given, a request as met; ``reason`` may be one of ``rules.HOW``.

    Conflict unless it is open.
    """
    return _end(actor, public_id, "fulfil", reason)


def own(actor: Member) -> ColumnElement[bool]:
    """SQL: the listings that are the actor's."""
    return or_(Listing.owner_id == actor.id, Listing.created_by_id == actor.id)


def blocked_with(member_id: int) -> ColumnElement[bool]:
    """SQL: the owner of the listing blocked the member, or the member the owner."""
    return exists().where(
        or_(
            and_(Block.blocker_id == member_id, Block.blocked_id == Listing.owner_id),
            and_(Block.blocked_id == member_id, Block.blocker_id == Listing.owner_id),
        )
    )


def _checked(actor: Member, draft: Draft) -> Draft:
    """The tidy draft with its language; Invalid unless it may be published."""
    draft = rules.tidy(draft)
    problems = check(draft)
    if problems:
        raise Invalid(problems)
    if draft.text_language:
        return draft
    guessed = language.guess(f"{draft.title} {draft.description}", actor.language)
    return replace(draft, text_language=guessed)


def _own_or_new(actor: Member, key: str) -> Listing:
    """The actor's listing under this key, else a new one: under the key when it is free."""
    permissions.require(actor, "listing.create")
    # One post of a member at a time, so that a double tap finds the first on PostgreSQL too.
    db.session.get(Member, actor.id, with_for_update=True)
    usable = len(key) == PUBLIC_ID_LENGTH and set(key) <= set(CROCKFORD)
    found = (
        db.session.scalar(select(Listing).where(Listing.public_id == key).with_for_update())
        if usable
        else None
    )
    if found is not None and actor.id in (found.owner_id, found.created_by_id):
        return found
    free = usable and found is None
    return Listing(
        public_id=key if free else new_public_id(),
        owner_id=actor.id,
        created_by_id=actor.id,
        state="draft",
        promised=0,
        given=0,
        revision=1,
    )


def step(actor: Member, listing: Listing, verb: str, reason: str = "") -> None:
    """Move the listing as the state table says, and write down a change of state."""
    permissions.require(actor, rules.PERMISSION_OF[verb], listing)
    after = rules.state_after(listing.state, verb)
    if after is None:
        raise Conflict("listing_closed")
    listing.updated_at = utcnow()
    if after != listing.state:
        move_listing(actor, listing, after, reason)


def _end(actor: Member, public_id: str, verb: str, reason: str) -> Listing:
    with transaction():
        listing = get_own(actor, public_id, lock=True)
        step(actor, listing, verb, rules.one_line(reason))
    return listing
