"""Erasing a member to a tombstone, as the register says, in one transaction; and doing it again
in a restored database.

What remains: a row without a name, empty rows of posts that conversations hang on, and the
messages that the other side received. Running it twice changes nothing more.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Credential, Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges.models import ReturnCheck
from marketplace.listings.models import Listing, Photo
from marketplace.messages.models import Conversation, MessagePhoto
from marketplace.privacy.held import Held
from marketplace.privacy.ledger import Entry
from marketplace.privacy.models import ErasureRequest
from marketplace.privacy.register import HELD
from marketplace.privacy.traces import erase_mails, erase_news_of_others


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure leaves to be removed from disk: stems of photos and of mails."""

    photos: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return True


def due(now: datetime, limit: int) -> list[int]:
    """Members whose days of grace are over, the longest waiting first."""
    return list(
        db.session.scalars(
            select(Member.id)
            .where(Member.erase_after <= now, Member.erased_at.is_(None))
            .order_by(Member.erase_after)
            .limit(limit)
        )
    )


def erase_if_due(member_id: int) -> Erased | None:
    """Erase the member unless she came back meanwhile, or somebody else was faster."""
    with transaction() as session:
        member = session.get(Member, member_id, with_for_update=True)
        now = utcnow()
        if member is None or member.erased_at is not None:
            return None
        if member.erase_after is None or member.erase_after > now:
            return None
        return erase(member, now)


def erase_leftovers(since: datetime, limit: int) -> list[Erased]:
    """Erase once more whoever was erased since then and has rows again: a request of hers that was
    under way at that moment may have been written after it."""
    with transaction() as session:
        found = session.scalars(_leftovers(), {"since": since, "limit": limit}).all()
        return [erase(member, member.erased_at or since) for member in found]


@cache
def _leftovers() -> Select[Member]:
    has_rows = [
        exists().where(_table(name).c[column] == Member.id)
        for name, held in HELD.items()
        for column, target in held.whose.items()
        if held.erase == "delete" and target == "members"
    ]
    has_rows.append(exists().where(Listing.owner_id == Member.id, Listing.title != ""))
    of_late = Member.erased_at >= bindparam("since")
    return select(Member).where(of_late, or_(*has_rows)).limit(bindparam("limit"))


def erase(member: Member, at: datetime) -> Erased:
    """Erase inside the caller's transaction, and with her the people she helped who have no way
    to sign in of their own: nobody could act for them any longer."""
    found = [_erase_one(one, at) for one in (member, *leaving_with(member))]
    return Erased(
        tuple(name for one in found for name in one.photos),
        tuple(name for one in found for name in one.mails),
    )


def reapply(entries: Iterable[Entry]) -> list[Erased]:
    """Erase again whoever of the ledger lives in this database, each in a transaction of its own;
    returns what each leaves on disk. For a restored backup that is older than the erasure."""
    again = []
    for entry in entries:
        with transaction() as session:
            member = session.scalar(
                select(Member)
                .where(Member.public_id == entry.member, Member.erased_at.is_(None))
                .with_for_update()
            )
            if member is not None:
                again.append(erase(member, entry.at))
    return again


def tombstones() -> list[Entry]:
    """Every erased member, the earliest first: what the ledger must hold."""
    rows = db.session.execute(
        select(Member.public_id, Member.erased_at)
        .where(Member.erased_at.is_not(None))
        .order_by(Member.erased_at, Member.id)
    )
    return [Entry(public_id, at) for public_id, at in rows if at is not None]


def rows_of(
    table: str, member_id: int | list[int] | Select[int], by: Collection[str] = ()
) -> ColumnElement[bool]:
    """SQL: the rows of ``table`` that are the member's (or those members'), by the register; by
    these columns only."""
    ids = [member_id] if isinstance(member_id, int) else member_id
    columns = _table(table).c
    mine = []
    for column, target in HELD[table].whose.items():
        if by and column not in by:
            continue
        if target == "members":
            mine.append(columns[column].in_(ids))
        else:
            theirs = select(_table(target).c.id).where(rows_of(target, ids))
            mine.append(columns[column].in_(theirs))
    return or_(*mine)


def _erase_one(member: Member, at: datetime) -> Erased:
    photos = _photo_names(member)
    mails = erase_mails(member)
    erase_news_of_others(member)
    for table in reversed(db.metadata.sorted_tables):
        if held := HELD.get(table.name):
            _erase_rows(table, held, member.id)
    _leave_posts_of_others(member)
    db.session.execute(
        update(Listing).where(Listing.owner_id == member.id)
        .values(revision=Listing.revision + 1, updated_at=at)
    )  # fmt: skip
    db.session.execute(update(Member).where(Member.id == member.id).values(erased_at=at))
    _end_request(member, at)
    _end_conversations_without_anybody(member)
    db.session.expire_all()
    return Erased(photos, mails)


def _erase_rows(table: Table, held: Held, member_id: int) -> None:
    mine = rows_of(table.name, member_id)
    if held.erase == "delete":
        db.session.execute(delete(table).where(mine))
    elif held.erase == "scrub":
        values = {name: made() if callable(made) else made for name, made in held.scrub.items()}
        db.session.execute(update(table).where(mine).values(values))


def leaving_with(member: Member) -> list[Member]:
    """The people she helps who have no way to sign in of their own."""
    has_own_way = exists().where(Credential.member_id == Member.id)
    return list(
        db.session.scalars(
            select(Member).where(
                Member.created_by_id == member.id,
                Member.type == "helped",
                Member.erased_at.is_(None),
                ~has_own_way,
            )
        )
    )


def _photo_names(member: Member) -> tuple[str, ...]:
    """Her own photo, those of her messages and of what came back to her, and those that no post of
    anybody else shows: demo posts share drawings."""
    mine, other = aliased(Photo), aliased(Photo)
    owned = select(Listing.id).where(Listing.owner_id == member.id)
    shared = exists().where(other.name == mine.name, other.listing_id.not_in(owned))
    of_posts = db.session.scalars(
        select(mine.name).where(mine.listing_id.in_(owned), ~shared).distinct()
    )
    of_checks = db.session.scalars(
        select(ReturnCheck.photo_name).where(ReturnCheck.by_id == member.id)
    )
    in_messages = db.session.scalars(
        select(MessagePhoto.name).where(rows_of("message_photos", member.id))
    )
    return (*of_posts, *in_messages, *filter(None, [*of_checks, member.photo_name]))


def _leave_posts_of_others(member: Member) -> None:
    db.session.execute(
        update(Listing)
        .where(Listing.created_by_id == member.id, Listing.owner_id != member.id)
        .values(created_by_id=Listing.owner_id)
    )
    db.session.execute(
        update(Member).where(Member.created_by_id == member.id).values(created_by_id=None)
    )


def _end_request(member: Member, at: datetime) -> None:
    db.session.execute(
        update(ErasureRequest)
        .where(ErasureRequest.member_id == member.id, ErasureRequest.outcome == "")
        .values(outcome="erased", ended_at=at)
    )


def _end_conversations_without_anybody(member: Member) -> None:
    gone = select(Member.id).where(Member.erased_at.is_not(None))
    db.session.execute(
        delete(Conversation).where(
            or_(Conversation.owner_id == member.id, Conversation.opener_id == member.id),
            and_(Conversation.owner_id.in_(gone), Conversation.opener_id.in_(gone)),
        )
    )


def empty_posts(limit: int) -> list[int]:
    """Posts without words that index and matcher have forgotten and nothing hangs on any more:
    those of the erased, and those that ended long ago."""
    return list(db.session.scalars(_empty_posts(), {"limit": limit}))


@cache
def _empty_posts() -> Select[int]:
    return (
        select(Listing.id)
        .join(Member, Member.id == Listing.owner_id)
        .where(
            or_(
                Member.erased_at.is_not(None),
                and_(
                    Listing.state == "withdrawn",
                    Listing.title == "",
                    Listing.published_at.is_not(None),
                ),
            ),
            Listing.indexed_revision >= Listing.revision,
            Listing.matched_revision >= Listing.revision,
            nothing_hangs_on(Listing),
        )
        .limit(bindparam("limit"))
    )


def remove_empty_posts(limit: int) -> int:
    """Delete a batch of ``empty_posts``; returns how many."""
    with transaction() as session:
        ids = empty_posts(limit)
        session.execute(delete(Listing).where(Listing.id.in_(ids)))
    return len(ids)


@cache
def nothing_hangs_on(model: Any, leaving_out: Collection[str] = ()) -> ColumnElement[bool]:
    """SQL: no row points at the model's row, but for those of some tables."""
    columns = (one for one in columns_to(model.__tablename__) if one.table.name not in leaving_out)
    return ~or_(*(exists().where(column == model.id) for column in columns))


def columns_to(table: str) -> list[Any]:
    """Every column of the schema that points at a row of this table."""
    return [
        key.parent
        for other in db.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column.table.name == table
    ]


def _table(name: str) -> Table:
    return db.metadata.tables[name]
