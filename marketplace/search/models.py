"""Searches that members saved, under which keys they are looked up, and what they found; words that
staff taught the search of their site."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Member
from marketplace.db import UTCDateTime, db, new_public_id, utcnow
from marketplace.listings.models import Listing
from marketplace.search.standing import DAILY, HOW_OFTEN, Standing

NAME_MAX = 80  # characters
# What became of a post for a search. "known": not to be told, it was there before or the search was
# only kept; "elsewhere": the member heard of it as a match or by another search; "hidden": it could
# not be seen when it was to be told.
KNOWN, WAITING, TOLD, ELSEWHERE, HIDDEN = OUTCOMES = (
    "known",
    "waiting",
    "told",
    "elsewhere",
    "hidden",
)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _partial(name: str, column: str, condition: str) -> Index:
    where = text(condition)
    return Index(name, column, sqlite_where=where, postgresql_where=where)


class SavedSearch(db.Model):
    """A search that a member keeps, and how often they want to hear what is new in it.

    Without ``cell`` a radius counts around where the member lives. ``same_as``: equal for searches
    that mean the same. ``seen_at``: when the member last looked at its results. ``due_at``: when
    what was found is to be told; None: nothing waits. ``keyed_as``: of what its keys were made.
    ``removed_at``: deleted by the member, who can bring it back for a while. ``feed_number``: the
    secret address of its feed is signed with it, and dead as soon as it is another.
    """

    __tablename__ = "saved_searches"
    __table_args__ = (
        UniqueConstraint("member_id", "same_as"),
        CheckConstraint(_one_of("how_often", HOW_OFTEN), name="how_often"),
        _partial("ix_saved_searches_due_at", "due_at", "due_at IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    text: Mapped[str] = mapped_column(String(600), default="")
    as_typed: Mapped[bool] = mapped_column(default=False)
    direction: Mapped[str] = mapped_column(String(8), default="")
    kinds: Mapped[list[str]] = mapped_column(JSON, default=list)
    category: Mapped[str] = mapped_column(String(40), default="")
    terms: Mapped[list[str]] = mapped_column(JSON, default=list)
    cell: Mapped[int | None] = mapped_column(BigInteger)
    area_code: Mapped[str | None] = mapped_column(String(24))
    radius_km: Mapped[float | None] = mapped_column(Float)
    online: Mapped[bool] = mapped_column(default=True)
    same_as: Mapped[str] = mapped_column(String(32))
    how_often: Mapped[str] = mapped_column(String(8), default=DAILY)
    feed_number: Mapped[int] = mapped_column(Integer, default=1)
    keyed_as: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    member: Mapped[Member] = relationship()

    def standing(self) -> Standing:
        """What is looked for."""
        return Standing(
            text=self.text,
            direction=self.direction,
            kinds=tuple(self.kinds),
            category=self.category,
            terms=tuple(self.terms),
            cell=self.cell,
            radius_km=self.radius_km,
            online=self.online,
        )


class SavedSearchTerm(db.Model):
    """A key of which a post must hold one to fit the search: how a post finds its searches."""

    __tablename__ = "saved_search_terms"

    search_id: Mapped[int] = mapped_column(
        ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True
    )
    term: Mapped[str] = mapped_column(String(90), primary_key=True, index=True)


class SearchAlert(db.Model):
    """A post that fits a saved search, and what became of it (``OUTCOMES``). Once for each pair."""

    __tablename__ = "search_alerts"
    __table_args__ = (
        CheckConstraint(_one_of("outcome", OUTCOMES), name="outcome"),
        _partial("ix_search_alerts_waiting", "search_id", "outcome = 'waiting'"),
    )

    search_id: Mapped[int] = mapped_column(
        ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True
    )
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    outcome: Mapped[str] = mapped_column(String(9))
    found_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    listing: Mapped[Listing] = relationship()


class Synonym(db.Model):
    """A word or phrase of this site, and what it means: a concept of the lexicon, or the same as
    another word or phrase.

    ``phrase`` and ``same_phrase``: normalised, as texts are read; ``words`` and ``same_as``: as
    staff wrote them. ``concept``: the slug, "" when both are a concept of their own. A removed row
    stays, so that the removal can be undone, and ``version`` only grows: the sum of all tells
    every process whether anything changed.
    """

    __tablename__ = "synonyms"
    __table_args__ = (
        Index(
            "uq_synonyms_phrase_present",
            "phrase",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)
    words: Mapped[str] = mapped_column(String(50))
    phrase: Mapped[str] = mapped_column(String(50))
    same_as: Mapped[str] = mapped_column(String(50))
    same_phrase: Mapped[str] = mapped_column(String(50))
    concept: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, onupdate=utcnow)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(nullable=False)

    __mapper_args__ = {"version_id_col": version}  # how SQLAlchemy is told
