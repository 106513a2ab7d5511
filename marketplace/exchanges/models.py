"""Exchanges of two members, and what belongs to one: its history, meetings, return and thanks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Member
from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.exchanges import rules
from marketplace.exchanges.partial import CAME_FREE, RUNNING, WAITING, index_where, one_of
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation

_RUNNING = text(RUNNING)


class Exchange(db.Model):
    """A quantity that one member gives, lends or swaps to another, about one listing.

    ``listing`` is what the conversation is about, ``owner`` whose it is; ``opener`` asked for the
    offer, or offered help with the request; ``counterpart`` is the opener's own listing that it
    meets as well, if any. ``asked`` is what the opener named, ``quantity`` what counts now.

    Two ways: *there* from giver to receiver, and *back* (a loan's return, or what a swap gives in
    return). Each was said by one side at a time, and done once the other agreed (``..._at``).
    ``meets_*`` is the meeting that both accepted. ``wake_at`` is when the sweep looks at it next,
    ``stage`` how many reminders there were in the present state; ``retry_at``: a sweep failed at
    it and leaves it alone until then.
    """

    __tablename__ = "exchanges"
    __table_args__ = (
        CheckConstraint(one_of("state", rules.STATES), name="state"),
        CheckConstraint(one_of("terms", rules.TERMS), name="terms"),
        CheckConstraint("quantity > 0 AND asked > 0", name="quantity_positive"),
        CheckConstraint("giver_id <> receiver_id", name="two_members"),
        CheckConstraint(
            "(giver_id = owner_id AND receiver_id = opener_id) "
            "OR (giver_id = opener_id AND receiver_id = owner_id)",
            name="sides",
        ),
        Index("ix_exchanges_listing_id_state_queued_at", "listing_id", "state", "queued_at"),
        Index("ix_exchanges_wake_at", "wake_at"),
        Index("ix_exchanges_owner_id_state", "owner_id", "state"),
        Index("ix_exchanges_opener_id_state", "opener_id", "state"),
        index_where("ix_exchanges_waiting", "listing_id", WAITING),
        index_where("ix_exchanges_came_free", "id", CAME_FREE),
        # A conversation carries one exchange at a time; a double tap cannot make two.
        Index(
            "ix_exchanges_one_running",
            "conversation_id",
            unique=True,
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    counterpart_id: Mapped[int | None] = mapped_column(
        ForeignKey("listings.id", ondelete="SET NULL"), index=True
    )
    owner_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    opener_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    giver_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    terms: Mapped[str] = mapped_column(String(4))
    asked: Mapped[int] = mapped_column(default=1)
    quantity: Mapped[int] = mapped_column(default=1)
    in_return: Mapped[str] = mapped_column(String(120), default="")
    loan_days: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(14), default="interested")
    queued_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    promised_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    there_said_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    there_said_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    there_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    back_said_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    back_said_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    back_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_on: Mapped[date | None] = mapped_column(Date)
    extensions: Mapped[int] = mapped_column(default=0)
    meets_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    meets_zone: Mapped[str] = mapped_column(String(40), default="")
    meets_where: Mapped[str] = mapped_column(String(160), default="")
    meeting_revision: Mapped[int] = mapped_column(default=0)  # SEQUENCE of its calendar entry
    giver_code: Mapped[str] = mapped_column(String(6), default="")
    receiver_code: Mapped[str] = mapped_column(String(6), default="")
    code_tries: Mapped[int] = mapped_column(default=0)
    code_tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    wake_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    stage: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    passed_on_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    passes_on_id: Mapped[int | None] = mapped_column(
        ForeignKey("exchanges.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)

    conversation: Mapped[Conversation] = relationship()
    listing: Mapped[Listing] = relationship(foreign_keys=[listing_id])
    counterpart: Mapped[Listing | None] = relationship(foreign_keys=[counterpart_id])
    owner: Mapped[Member] = relationship(foreign_keys=[owner_id])
    opener: Mapped[Member] = relationship(foreign_keys=[opener_id])
    giver: Mapped[Member] = relationship(foreign_keys=[giver_id])
    receiver: Mapped[Member] = relationship(foreign_keys=[receiver_id])
    events: Mapped[list["ExchangeEvent"]] = relationship(
        order_by="ExchangeEvent.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def of(cls, member: Member) -> ColumnElement[bool]:
        """SQL: is ``member`` one of the two. The only definition of who may see it."""
        return or_(cls.owner_id == member.id, cls.opener_id == member.id)

    @classmethod
    def is_running(cls) -> ColumnElement[bool]:
        """SQL: it has not come to its end."""
        return cls.state.in_(rules.RUNNING)

    @property
    def runs(self) -> bool:
        """The same as ``is_running``, for a loaded row."""
        return self.state in rules.RUNNING

    def sides_of(self, member: Member | None) -> frozenset[str]:
        """What the member is in this: of owner, opener, giver, receiver; None is the site."""
        if member is None:
            return frozenset({rules.SITE})
        held = {
            rules.OWNER: self.owner_id,
            rules.OPENER: self.opener_id,
            rules.GIVER: self.giver_id,
            rules.RECEIVER: self.receiver_id,
        }
        return frozenset(side for side, who in held.items() if who == member.id)

    def other(self, member: Member) -> Member:
        """The one of the two that is not ``member``."""
        return self.opener if member.id == self.owner_id else self.owner


class ExchangeEvent(db.Model):
    """One step of an exchange: who (None: the site), when, what, from, to, why."""

    __tablename__ = "exchange_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(
        ForeignKey("exchanges.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    verb: Mapped[str] = mapped_column(String(16))
    from_state: Mapped[str] = mapped_column(String(14), default="")
    to_state: Mapped[str] = mapped_column(String(14))
    reason: Mapped[str] = mapped_column(String(20), default="")
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Proposal(db.Model):
    """A place and a time that one side suggests; accepting it arranges the exchange.

    ``place`` is said in words that may be read by both before they agreed ("the village library");
    what only the two may know stands in ``ExactPlace``.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint(one_of("state", rules.PROPOSAL_STATES), name="state"),
        Index("ix_proposals_exchange_id_id", "exchange_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    zone: Mapped[str] = mapped_column(String(40))
    place: Mapped[str] = mapped_column(String(160))
    words: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    exchange: Mapped[Exchange] = relationship()
    by: Mapped[Member] = relationship()


class ExactPlace(db.Model):
    """Where exactly the two meet: for them alone, while the exchange is arranged; erased after."""

    __tablename__ = "exact_places"

    exchange_id: Mapped[int] = mapped_column(
        ForeignKey("exchanges.id", ondelete="CASCADE"), primary_key=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    text: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class PlaceView(db.Model):
    """That a member was shown an exact place, and when; outlives the place itself."""

    __tablename__ = "place_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(
        ForeignKey("exchanges.id", ondelete="CASCADE"), index=True
    )
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class ReturnCheck(db.Model):
    """In what condition a loan came back, as the lender saw it, with a photo if need be."""

    __tablename__ = "return_checks"
    __table_args__ = (CheckConstraint(one_of("condition", rules.CONDITIONS), name="condition"),)

    exchange_id: Mapped[int] = mapped_column(
        ForeignKey("exchanges.id", ondelete="CASCADE"), primary_key=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    condition: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(String(300), default="")
    photo_name: Mapped[str] = mapped_column(String(40), default="")
    photo_width: Mapped[int] = mapped_column(default=0)
    photo_height: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class Thanks(db.Model):
    """What one side says to the other after a good end; shown to others only if both agree.

    It may be changed until the other has seen it (``seen_at``), and taken back at any time.
    """

    __tablename__ = "thanks"
    __table_args__ = (UniqueConstraint("exchange_id", "by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    exchange_id: Mapped[int] = mapped_column(
        ForeignKey("exchanges.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    by_public: Mapped[bool] = mapped_column(default=False)
    to_public: Mapped[bool | None]  # None: not asked or not answered yet
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    exchange: Mapped[Exchange] = relationship()
    by: Mapped[Member] = relationship(foreign_keys=[by_id])
    to: Mapped[Member] = relationship(foreign_keys=[to_id])


class Feedback(db.Model):
    """What one side says of how it went; shown once both gave theirs, or after two weeks."""

    __tablename__ = "feedbacks"
    __table_args__ = (UniqueConstraint("exchange_id", "by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(
        ForeignKey("exchanges.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    about_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    came: Mapped[bool | None]  # came as agreed
    as_described: Mapped[bool | None]  # the thing, the help, or the way it was brought back
    again: Mapped[bool | None]  # would do it again
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    exchange: Mapped[Exchange] = relationship()
