"""Offers and requests, with their photos, wishes and history."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Member
from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.listings import rules
from marketplace.places.models import PlaceMixin, place_constraints


def _index_where(name: str, condition: str) -> Index:
    """A partial index by ``updated_at``, for both databases."""
    where = text(condition)
    return Index(name, "updated_at", sqlite_where=where, postgresql_where=where)


# Whoever published without saying when the owner is to be told of the end, or moved the end since.
UNPLANNED = (
    "state = 'open' AND source_id IS NULL AND expires_at IS NOT NULL "
    "AND (notice_for IS NULL OR notice_for <> expires_at)"
)
# Over, and not yet told to those who only asked something about it.
UNANSWERED = "state IN ('fulfilled', 'withdrawn') AND answered_at IS NULL"
# Whose words are looked for, or will be when the moderators let them.
READ = "state IN ('pending', 'open', 'held')"
STATES = ("draft", "pending", "open", "held", "fulfilled", "withdrawn")


class Listing(PlaceMixin, db.Model):
    """Something a member has (offer) or needs (request).

    ``confirmed_at``: when the owner last said that it is still there; ``asked_at``: when they were
    last asked. ``notice_at``: when they are to be told next that it ends, as planned for the end
    at ``notice_for``; a sweep plans anew when ``expires_at`` is another. ``revision`` rises with
    every change that index, matcher or saved searches must see; they write back how far they came.
    ``answered_at``: since it is over, when those who had asked something about it were told.
    ``words`` are the analysed terms of the text with their weights, as the reading of that name
    finds them; ``reread_at``: when the site itself last changed what the index holds, which is no
    edit. ``giving_rule``: who gets it,
    the first who asks, those who wait in their order, whom the owner chooses, or who is drawn.
    ``window_hours``: for so long people may ask first; empty once that is over.
    """

    __tablename__ = "listings"
    __table_args__ = (
        *place_constraints("listings"),
        CheckConstraint("direction IN ('offer', 'request')", name="direction"),
        CheckConstraint("kind IN ('goods', 'skill', 'mentoring')", name="kind"),
        CheckConstraint(
            "state IN ('draft', 'pending', 'open', 'held', 'fulfilled', 'withdrawn')", name="state"
        ),
        CheckConstraint("promised >= 0 AND given >= 0", name="counters_not_negative"),
        CheckConstraint("giving_rule IN ('first', 'order', 'choice', 'draw')", name="giving_rule"),
        CheckConstraint(
            "window_hours IS NULL OR (window_hours BETWEEN 2 AND 24 AND direction = 'offer' "
            "AND giving_rule IN ('choice', 'draw'))",
            name="window_hours",
        ),
        CheckConstraint("quantity IS NULL OR quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "quantity IS NULL OR promised + given <= quantity", name="counters_within_quantity"
        ),
        Index("ix_listings_state_published_at", "state", "published_at"),
        # The tail that every search reads, and what the matcher has still to do: few rows each.
        _index_where("ix_listings_unindexed", "revision > indexed_revision"),
        _index_where("ix_listings_unmatched", "revision > matched_revision"),
        _index_where("ix_listings_unalerted", "revision > alerted_revision"),
        _index_where("ix_listings_unplanned", UNPLANNED),
        _index_where("ix_listings_unanswered", UNANSWERED),
        _index_where("ix_listings_with_window", "window_hours IS NOT NULL"),
        Index("ix_listings_notice_at", "notice_at"),
        # What was read in another way than the present one, whatever that is: two ends of it.
        Index(
            "ix_listings_state_reading",
            "state",
            "reading",
            sqlite_where=text(READ),
            postgresql_where=text(READ),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    owner_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    direction: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(10), default="goods")
    title: Mapped[str] = mapped_column(String(120), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    text_language: Mapped[str] = mapped_column(String(8), default="id")
    category: Mapped[str] = mapped_column(String(40), default="")
    gift: Mapped[bool] = mapped_column(Boolean, default=False)
    loan: Mapped[bool] = mapped_column(Boolean, default=False)
    swap: Mapped[bool] = mapped_column(Boolean, default=False)
    loan_days_max: Mapped[int | None] = mapped_column(Integer)
    quantity: Mapped[int | None] = mapped_column(Integer)
    promised: Mapped[int] = mapped_column(Integer, default=0)
    given: Mapped[int] = mapped_column(Integer, default=0)
    unit: Mapped[str] = mapped_column(String(12), default="")
    giving_rule: Mapped[str] = mapped_column(String(6), default="order", server_default="order")
    window_hours: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    hours: Mapped[str | None] = mapped_column(String(42))
    available_until: Mapped[date | None] = mapped_column(Date)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    notice_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    notice_for: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    indexed_revision: Mapped[int] = mapped_column(Integer, default=0)
    matched_revision: Mapped[int] = mapped_column(Integer, default=0)
    alerted_revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    words: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reading: Mapped[str] = mapped_column(String(16), default="", server_default="")
    reread_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    source_id: Mapped[str | None] = mapped_column(String(120), unique=True)

    owner: Mapped[Member] = relationship(foreign_keys=[owner_id])
    photos: Mapped[list["Photo"]] = relationship(
        primaryjoin="and_(Photo.listing_id == Listing.id, Photo.removed_at.is_(None))",
        order_by="Photo.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    wishes: Mapped[list["Wish"]] = relationship(
        order_by="Wish.position", cascade="all, delete-orphan", passive_deletes=True
    )
    events: Mapped[list["ListingEvent"]] = relationship(
        order_by="ListingEvent.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def terms(self) -> frozenset[str]:
        """The terms under which it may change hands: any of gift, loan, swap."""
        return rules.terms_of(self)

    @classmethod
    def open_now(cls, now: datetime) -> ColumnElement[bool]:
        """SQL: is it open at ``now``. The only definition of open; expiry acts by itself."""
        return and_(cls.state == "open", or_(cls.expires_at.is_(None), cls.expires_at > now))

    def is_open(self, now: datetime) -> bool:
        """The same as ``open_now``, for a loaded row."""
        return self.state == "open" and (self.expires_at is None or self.expires_at > now)

    @property
    def last_confirmed(self) -> datetime | None:
        """When the owner last said, by publishing or since, that it is there."""
        return self.confirmed_at or self.published_at

    @property
    def capacity(self) -> int | None:
        """How much there is in all: the quantity; one, for a thing whose owner named none; None
        for help and advice without a number, which giving does not use up."""
        return rules.capacity_of(self.kind, self.quantity)

    @property
    def unpromised(self) -> int | None:
        """How much of the capacity is neither promised nor given; None: no end."""
        return None if self.capacity is None else self.capacity - self.promised - self.given

    @property
    def is_used_up(self) -> bool:
        """Whether everything was given: there is nothing left to wait for."""
        return self.capacity is not None and self.given >= self.capacity

    @property
    def left(self) -> int | None:
        """How much is still to be promised; None when it is not counted."""
        return None if self.quantity is None else self.quantity - self.promised - self.given


class Wish(db.Model):
    """On an offer: what I would like in return. On a request: what I can give."""

    __tablename__ = "wishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(Integer, default=0)
    text: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(40), default="")


class Photo(db.Model):
    """A re-encoded picture; ``name`` is random and is the stem of its files.

    One that was taken off (``removed_at``) is in no listing's ``photos``, but comes back by undo.
    """

    __tablename__ = "photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(Integer, default=0)
    name: Mapped[str] = mapped_column(String(40), index=True)
    alt: Mapped[str] = mapped_column(String(160), default="")
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)


class ListingEvent(db.Model):
    """One change of state: who, when, from, to, why."""

    __tablename__ = "listing_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    from_state: Mapped[str] = mapped_column(String(10), default="")
    to_state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(200), default="")


class SavedListing(db.Model):
    """A listing that a member put aside; nobody else sees that."""

    __tablename__ = "saved_listings"
    __table_args__ = (UniqueConstraint("member_id", "listing_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class Question(db.Model):
    """A member asked whether a listing is still there; its owner is not told who.

    What becomes of the listing answers it; ``told_at``: when the member heard the answer.
    """

    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("listing_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    listing: Mapped[Listing] = relationship()
    member: Mapped[Member] = relationship()
