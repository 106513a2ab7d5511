"""Thank-yous: written by either side after a good end, for the other; on the page of whom they
thank only while both agree to it.

Nobody reads one about a member who is gone or whom a block stands between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from marketplace.accounts.models import Block, Member
from marketplace.accounts.service import are_blocked
from marketplace.db import changed, db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import afterwards, rules, telling
from marketplace.exchanges.models import Exchange, Thanks
from marketplace.exchanges.moves import exchange_of
from marketplace.listings.rules import many_lines
from marketplace.notifications.models import Notification
from marketplace.notifications.service import notify, take_back
from marketplace.permissions import require

if TYPE_CHECKING:
    from marketplace import Parts

PER_PAGE = 10
REMINDER = "thank_waits"
REMINDED_AFTER = timedelta(days=1)
REMINDED_UNTIL = timedelta(days=8)  # older ends are no news any more
BATCH = 100
Column = InstrumentedAttribute[int] | ColumnElement[int]


@dataclass(frozen=True, slots=True)
class ThanksPage:
    """A page of the thanks on show for a member, newest first; pages count from 1."""

    shown: Sequence[Thanks]
    page: int
    pages: int


def end_of(exchange: Exchange) -> afterwards.End:
    """How it ended, for the rules of what may be said then."""
    return afterwards.End(exchange.state, exchange.ended_at, exchange.promised_at is not None)


def thankable(actor: Member, public_id: str, *, lock: bool = False) -> Exchange:
    """The exchange after which the actor may thank the other.

    Raises NotFound, NotAllowed (paused), Conflict: no good end yet, the other is gone or a block
    stands between them, or what was written has been seen.
    """
    exchange = exchange_of(actor, public_id, lock=lock)
    require(actor, "exchange.thank", exchange)
    if not afterwards.may_thank(end_of(exchange)):
        raise Conflict("not_ended_well")
    other = exchange.other(actor)
    if other.erased_at is not None or are_blocked(actor, other):
        raise Conflict("out_of_reach")
    written = given_by(actor, exchange)
    if written is not None and written.seen_at is not None:
        raise Conflict("thanks_seen")
    return exchange


def thank(actor: Member, public_id: str, words: str, may_show: bool) -> Thanks:
    """Write it, or change what the other has not seen yet; they are told the first time.

    Raises what ``thankable`` raises, and Invalid.
    """
    words = many_lines(words)
    with transaction() as session:
        exchange = thankable(actor, public_id, lock=True)
        if problems := afterwards.check_words(words):
            raise Invalid(problems)
        row = given_by(actor, exchange)
        if row is None:
            other = exchange.other(actor)
            row = Thanks(exchange_id=exchange.id, by_id=actor.id, to_id=other.id)
            session.add(row)
        is_new = row.id is None
        row.words, row.by_public = words, may_show
        session.flush()
        if is_new:
            _tell(row, exchange)
    return row


def remove(actor: Member, public_id: str) -> Exchange:
    """Take back what the actor wrote, seen or not, with the news of it. Twice is once."""
    with transaction() as session:
        exchange = exchange_of(actor, public_id, lock=True)
        require(actor, "exchange.carry_on", exchange)
        row = given_by(actor, exchange)
        if row is not None:
            take_back(select(Thanks.public_id).where(Thanks.id == row.id))
            session.delete(row)
    return exchange


def show(actor: Member, public_id: str, thanks_id: str, whether: bool) -> Exchange:
    """Agree that a thank-you stands on the page of who is thanked, or no longer agree; for its
    writer and for its reader. NotFound for any other thank-you; Conflict when the reader would
    agree to what its writer does not want to be shown."""
    with transaction() as session:
        exchange = exchange_of(actor, public_id, lock=True)
        require(actor, "exchange.carry_on", exchange)
        row = session.scalar(
            select(Thanks).where(Thanks.public_id == thanks_id, Thanks.exchange_id == exchange.id)
        )
        if row is None:
            raise NotFound("thanks")
        if row.by_id == actor.id:
            row.by_public = whether
        elif whether and not row.by_public:
            raise Conflict("thanks_private")
        else:
            row.to_public = whether
    return exchange


def given_by(member: Member, exchange: Exchange) -> Thanks | None:
    """What the member wrote after this exchange."""
    return next((one for one in thanks_in(exchange) if one.by_id == member.id), None)


def thanks_in(exchange: Exchange) -> Sequence[Thanks]:
    """What was written after this exchange; at most one by each side."""
    return db.session.scalars(select(Thanks).where(Thanks.exchange_id == exchange.id)).all()


def mark_seen(actor: Member, thanks_id: int) -> None:
    """The actor was shown what the other wrote to them: from now on it stays as it is."""
    unseen = (Thanks.id == thanks_id, Thanks.to_id == actor.id, Thanks.seen_at.is_(None))
    with transaction():
        changed(update(Thanks).where(*unseen).values(seen_at=utcnow()))


def thanks_on_page(reader: Member | None, member: Member, page: int = 1) -> ThanksPage:
    """The thanks that stand on the member's page, for this reader."""
    mine = (
        select(Thanks)
        .join(Member, Member.id == Thanks.by_id)
        .where(
            Thanks.to_id == member.id,
            Thanks.by_public,
            Thanks.to_public.is_(True),
            *_writer_is_here(),
        )
    )
    mine = mine.where(~_blocked_with(Thanks.by_id, member.id))
    if reader is not None:
        mine = mine.where(~_blocked_with(Thanks.by_id, reader.id))
    total = db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    newest = mine.options(joinedload(Thanks.by)).order_by(Thanks.id.desc())
    rows = db.session.scalars(newest.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return ThanksPage(rows, page, pages)


def remind_to_thank(parts: "Parts") -> int:
    """A day after a good end whoever received and wrote nothing is reminded; once, on the site
    alone: nobody wants to be pressed by mail into being thankful."""
    now = utcnow()
    between = {"since": now - REMINDED_UNTIL, "until": now - REMINDED_AFTER}
    due = [
        (exchange_id, member_id)
        for side in (Exchange.receiver_id, Exchange.giver_id)
        for exchange_id, member_id in db.session.execute(_unthanked(side), between)
    ]
    for exchange_id, member_id in due:
        with transaction() as session:
            exchange, member = session.get(Exchange, exchange_id), session.get(Member, member_id)
            if exchange is None or member is None or exchange.state not in rules.GOOD_ENDS:
                continue
            params = telling.params_of(member, exchange)
            link, once = telling.link_to(exchange), f"{REMINDER}:{exchange.public_id}"
            notify(member, "reminder", REMINDER, params, link=link, once=once, by_mail=False)
    return len(due)


@cache
def _unthanked(side: Column) -> Select[int, int]:
    """Exchange and member: closed a day ago, this side received, neither thanked nor reminded."""
    once = literal(f"{REMINDER}:").concat(Exchange.public_id)
    told = exists().where(Notification.member_id == side, Notification.once == once)
    thanked = exists().where(Thanks.exchange_id == Exchange.id, Thanks.by_id == side)
    member, other = aliased(Member), aliased(Member)
    other_id = Exchange.owner_id + Exchange.opener_id - side
    return (
        select(Exchange.id, side)
        .join(member, member.id == side)
        .join(other, other.id == other_id)
        .where(
            Exchange.state.in_(rules.GOOD_ENDS),
            Exchange.ended_at <= bindparam("until"),
            Exchange.ended_at > bindparam("since"),
            or_(side == Exchange.receiver_id, Exchange.terms == "swap"),
            member.erased_at.is_(None),
            other.erased_at.is_(None),
            ~told,
            ~thanked,
            ~_blocked_with(side, other_id),
        )
        .order_by(Exchange.ended_at)
        .limit(BATCH)
    )


def _tell(row: Thanks, exchange: Exchange) -> None:
    """Without the words: those stand in one place, and are gone when their writer wants it."""
    params = telling.params_of(row.to, exchange) | {"about": row.public_id}
    notify(row.to, telling.TOPIC, "thanks_received", params, link=telling.link_to(exchange))


def _writer_is_here() -> tuple[ColumnElement[bool], ...]:
    """SQL: the joined member neither left nor is about to, nor did the moderators pause them."""
    return (
        Member.erased_at.is_(None),
        Member.erase_after.is_(None),
        ~Member.suspended_at_time(utcnow()),
    )


def _blocked_with(one: Column, other: Column | int) -> ColumnElement[bool]:
    """SQL: does a block stand between these two."""
    return exists().where(
        or_(
            and_(Block.blocker_id == one, Block.blocked_id == other),
            and_(Block.blocker_id == other, Block.blocked_id == one),
        )
    )
