"""What is over by the table of ``retention``, as SQL, and how it ends: in batches by key, each in a
short transaction of its own."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, delete, exists, or_, select, update
from sqlalchemy.orm import aliased

from marketplace.accounts.hardship import Hardship
from marketplace.accounts.models import (
    AccountEvent,
    AuditEvent,
    Consent,
    Member,
    OneTimeToken,
    RecoveryCode,
    SignIn,
)
from marketplace.accounts.sign_ins import IDLE_LIMIT
from marketplace.db import changed, db, transaction
from marketplace.exchanges.models import PlaceView, ReturnCheck
from marketplace.listings.models import Listing, ListingEvent, Photo, Wish
from marketplace.mail import OutgoingMail
from marketplace.moderation.models import Case, Decision
from marketplace.notifications.models import Notification
from marketplace.privacy import erasure
from marketplace.privacy.models import DataExport, ErasureRequest
from marketplace.privacy.register import HELD
from marketplace.privacy.retention import cutoff
from marketplace.search.models import SavedSearch, SearchAlert
from marketplace.search.resting import let_rest

BATCH = 500  # rows of one transaction: some hundredths of a second
POSTS_BATCH = 50  # scrubbing a post touches what hangs on it too

PARTS_OF_LISTINGS = frozenset(
    {name for name, held in HELD.items() if held.part_of == "listings"} | {"matches"}
)
Over = ColumnElement[bool]


def _in_force(now: datetime) -> Over:
    """A pause or a hidden post that goes on."""
    paused = exists().where(Member.id == Decision.member_id, Member.suspended_at_time(now))
    hidden = exists().where(Listing.id == Decision.listing_id, Listing.state == "held")
    goes_on = or_(
        and_(Decision.action == "pause", paused), and_(Decision.action == "hide_listing", hidden)
    )
    return and_(Decision.undone_at.is_(None), goes_on)


def _erased_before(column: Any, limit: datetime) -> Over:
    return exists().where(Member.id == column, Member.erased_at < limit)


# name in the table -> model, and which of its rows are over before ``limit`` (``now`` is present).
DELETED: dict[str, tuple[Any, Callable[[datetime, datetime], Over]]] = {
    "tokens": (OneTimeToken, lambda limit, now: or_(
        OneTimeToken.used_at < limit, OneTimeToken.expires_at < limit)),
    "codes": (RecoveryCode, lambda limit, now: or_(
        RecoveryCode.ended_at < limit, RecoveryCode.expires_at < limit)),
    "hardships": (Hardship, lambda limit, now: Hardship.ends_at < limit),
    "sign_ins": (SignIn, lambda limit, now: or_(
        SignIn.ended_at < limit, SignIn.last_seen_at < limit - IDLE_LIMIT)),
    "account_events": (AccountEvent, lambda limit, now: AccountEvent.told_at < limit),
    "sent_mails": (OutgoingMail, lambda limit, now: OutgoingMail.sent_at < limit),
    "unsent_mails": (OutgoingMail, lambda limit, now: and_(
        OutgoingMail.state.in_(("failed", "sending")), OutgoingMail.created_at < limit)),
    "seen_news": (Notification, lambda limit, now: Notification.seen_at < limit),
    "unseen_news": (Notification, lambda limit, now: and_(
        Notification.seen_at.is_(None), Notification.created_at < limit)),
    "unseen_searches": (SavedSearch, lambda limit, now: SavedSearch.seen_at < limit),
    "removed_searches": (SavedSearch, lambda limit, now: SavedSearch.removed_at < limit),
    "place_views": (PlaceView, lambda limit, now: PlaceView.seen_at < limit),
    "reports": (Case, lambda limit, now: Case.closed_at < limit),
    "decisions": (Decision, lambda limit, now: and_(
        Decision.made_at < limit, ~_in_force(now))),
    "audit": (AuditEvent, lambda limit, now: AuditEvent.at < limit),
    "copies": (DataExport, lambda limit, now: DataExport.made_at < limit),
    "consents": (Consent, lambda limit, now: _erased_before(Consent.member_id, limit)),
    "erasure_requests": (ErasureRequest, lambda limit, now: ErasureRequest.ended_at < limit),
}  # fmt: skip


def delete_batch(name: str, now: datetime) -> int:
    """Delete a batch of what is over; returns how many rows."""
    model, over = DELETED[name]
    return _batch(model, over(cutoff(name, now), now), delete(model))


def _batch(
    model: Any, over: Over, deed: Any, size: int = BATCH, *, alone: Over | None = None
) -> int:
    """Do it to the rows that are over. The lock is taken only when there is something to do, and
    whether they stand ``alone`` is a long question, asked only then too."""
    if alone is not None:
        if not db.session.scalar(select(exists().where(over))):
            return 0
        over = and_(over, alone)
    ids = db.session.scalars(select(model.id).where(over).order_by(model.id).limit(size)).all()
    if not ids:
        return 0
    with transaction():
        return changed(deed.where(model.id.in_(ids), over))


def delete_sign_ups(now: datetime) -> int:
    """Members who never confirmed their address, so that they could never come in."""
    waiting = and_(
        ~Member.is_confirmed,
        Member.created_at < cutoff("sign_ups", now),
        Member.last_seen_at.is_(None),
        Member.erased_at.is_(None),
        ~exists().where(SignIn.member_id == Member.id),
        ~exists().where(Listing.owner_id == Member.id),
    )
    return _batch(Member, waiting, delete(Member))


def delete_tombstones(now: datetime) -> int:
    """Erased members on whom nothing hangs any more; the ledger remembers them."""
    over = Member.erased_at < cutoff("tombstones", now)
    return _batch(Member, over, delete(Member), alone=_helps_nobody())


@cache
def _helps_nobody() -> Over:
    other = aliased(Member)
    helps = exists().where(other.created_by_id == Member.id)
    return and_(~helps, erasure.nothing_hangs_on(Member, ("members",)))


def empty_unsent_words(now: datetime) -> int:
    """What mail that is given up would have said."""
    over = and_(
        OutgoingMail.state.in_(("failed", "sending")),
        OutgoingMail.created_at < cutoff("unsent_words", now),
        cast(OutgoingMail.params, Text) != "{}",
    )
    return _batch(OutgoingMail, over, update(OutgoingMail).values(params={}))


def delete_drafts(now: datetime) -> int:
    """Drafts that nobody went on with. Nobody else ever saw them."""
    over = and_(Listing.state == "draft", Listing.updated_at < cutoff("drafts", now))
    alone = erasure.nothing_hangs_on(Listing, PARTS_OF_LISTINGS)
    return _batch(Listing, over, delete(Listing), POSTS_BATCH, alone=alone)


def scrub_closed_posts(now: datetime) -> int:
    """Posts that were over long ago lose words, photos and place; the row stays as long as
    conversations hang on it (``erasure.remove_empty_posts``)."""
    limit = cutoff("closed_posts", now)
    over = or_(
        and_(Listing.state.in_(("withdrawn", "fulfilled")), Listing.updated_at < limit),
        and_(Listing.state == "open", Listing.expires_at < limit),
    )
    due = select(Listing.id).where(over, Listing.title != "").limit(POSTS_BATCH)
    ids = db.session.scalars(due).all()
    if not ids:
        return 0
    with transaction() as session:
        for child in (Photo, Wish, ListingEvent, SearchAlert):
            session.execute(delete(child).where(child.listing_id.in_(ids)))
        scrub = {k: v() if callable(v) else v for k, v in HELD["listings"].scrub.items()}
        emptied = scrub | {"revision": Listing.revision + 1, "reread_at": now}
        session.execute(update(Listing).where(Listing.id.in_(ids)).values(emptied))
    return len(ids)


def drop_return_photos(now: datetime) -> int:
    """Photos of what came back; their files go as those that no row names."""
    over = and_(ReturnCheck.at < cutoff("return_photos", now), ReturnCheck.photo_name != "")
    due = select(ReturnCheck.exchange_id).where(over).limit(BATCH)
    ids = db.session.scalars(due).all()
    if not ids:
        return 0
    without = {"photo_name": "", "photo_width": 0, "photo_height": 0}
    with transaction():
        these = ReturnCheck.exchange_id.in_(ids)
        return changed(update(ReturnCheck).where(these, over).values(without))


def rest_searches(now: datetime) -> int:
    """Searches that tell no more."""
    return let_rest(cutoff("resting_searches", now))


OTHERWISE = (
    delete_sign_ups,
    delete_tombstones,
    empty_unsent_words,
    delete_drafts,
    scrub_closed_posts,
    drop_return_photos,
    rest_searches,
)


def photo_names(names: Collection[str]) -> set[str]:
    """Those of the names that some row has: photos of posts and messages, of members and checks."""
    tables = db.metadata.tables
    columns = [tables["photos"].c.name, tables["message_photos"].c.name]
    columns += [t.c.photo_name for t in tables.values() if "photo_name" in t.c]
    found: set[str] = set()
    for column in columns:
        found |= set(db.session.scalars(select(column).where(column.in_(names))))
    return found
