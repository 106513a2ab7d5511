"""What is out and when it is due: a member's own loans in the order of their days, a month of them,
and what everybody may know of a lent thing."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges import loans
from marketplace.exchanges.models import Exchange
from marketplace.listings.models import Listing

OUT = ("out", "returned")
PER_PAGE = 12  # with the month beside them a light page
YEARS_SHOWN = 3  # before and after today: longer than any loan
SIDES = ("lent", "borrowed")


@dataclass(frozen=True, slots=True)
class Line:
    """One loan. ``days_left``: below 0 so many days late; ``is_said_back``: the borrower says that
    it is back, and the lender has not looked yet."""

    exchange: Exchange
    other: Member
    due_on: date
    days_left: int
    is_said_back: bool

    @property
    def is_overdue(self) -> bool:
        return self.days_left < 0 and not self.is_said_back


@dataclass(frozen=True, slots=True)
class Agenda:
    """A page of lines, what is said to be back first, then by their day; pages count from 1.
    ``counts``: how many there are in all, by side. ``due``: how many on a day, and ``page_of``: on
    which page that day begins."""

    side: str
    lines: list[Line]
    page: int
    pages: int
    counts: dict[str, int]
    page_of: dict[date, int]
    due: dict[date, int]

    def groups(self) -> list[tuple[str, list[Line]]]:
        """The lines under what stands above them: said_back, late, or their day in ISO."""
        return [(key, list(some)) for key, some in groupby(self.lines, _heading)]


@dataclass(frozen=True, slots=True)
class Month:
    """Weeks from Monday, with the days of the months around it that belong to them."""

    first: date
    weeks: list[list[date]]

    @property
    def before(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1)


def agenda(member: Member, side: str, page: int = 1) -> Agenda:
    """What the member lent, or borrowed, and is still out; without a side that of which there is
    something, what they lent first."""
    counts = {one: _count(member, one) for one in SIDES}
    side = side or next((one for one in SIDES if counts[one]), SIDES[0])
    waits = Exchange.state != "returned"
    order = (waits, Exchange.due_on, Exchange.id)
    rows = db.session.execute(
        select(Exchange.id, Exchange.due_on, Exchange.state)
        .where(*_out(member, side))
        .order_by(*order)
    ).all()
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = min(max(1, page), pages)
    here = [row.id for row in rows[(page - 1) * PER_PAGE : page * PER_PAGE]]
    loaded = db.session.scalars(
        select(Exchange)
        .where(Exchange.id.in_(here))
        .options(
            joinedload(Exchange.listing), joinedload(Exchange.giver), joinedload(Exchange.receiver)
        )
        .order_by(*order)
    )
    page_of: dict[date, int] = {}
    due: dict[date, int] = {}
    for number, row in enumerate(rows):
        if row.state == "out":
            page_of.setdefault(row.due_on, number // PER_PAGE + 1)
            due[row.due_on] = due.get(row.due_on, 0) + 1
    lines = [_line(member, one) for one in loaded]
    return Agenda(side, lines, page, pages, counts, page_of, due)


def every_line(member: Member) -> list[Line]:
    """All that is out, of both sides, by day: for a calendar file."""
    lines = []
    for side in SIDES:
        query = select(Exchange).where(*_out(member, side)).options(joinedload(Exchange.listing))
        query = query.options(joinedload(Exchange.giver), joinedload(Exchange.receiver))
        rows = db.session.scalars(query.order_by(Exchange.due_on, Exchange.id))
        lines += [_line(member, one) for one in rows]
    return sorted(lines, key=lambda line: (line.due_on, line.exchange.id))


def changes_of(exchange: Exchange) -> int:
    """A number that is higher whenever the day may have become another: minutes since it began."""
    begun = exchange.there_at or exchange.created_at
    return int((exchange.updated_at - begun).total_seconds() // 60)


def month_of(day: date) -> Month:
    """The month around a day, in whole weeks."""
    weeks = calendar.Calendar(calendar.MONDAY).monthdatescalendar(day.year, day.month)
    return Month(day.replace(day=1), weeks)


def lent_until(listing: Listing) -> date | None:
    """The day on which the first of it is due back, when all of it is promised and some is lent;
    today at the earliest: how late somebody is concerns the two alone."""
    if listing.direction != "offer" or listing.unpromised is None or listing.unpromised > 0:
        return None
    out = db.session.scalar(
        select(Exchange)
        .where(_is_thing(listing), Exchange.state.in_(OUT))
        .order_by(Exchange.due_on)
        .limit(1)
    )
    return max(out.due_on, loans.today_of(out)) if out is not None and out.due_on else None


def _heading(line: Line) -> str:
    if line.is_said_back:
        return "said_back"
    return "late" if line.is_overdue else line.due_on.isoformat()


def _is_thing(listing: Listing) -> ColumnElement[bool]:
    either = (Exchange.listing_id == listing.id) | (Exchange.counterpart_id == listing.id)
    return either & (Exchange.terms == "loan") & (Exchange.giver_id == listing.owner_id)


def _out(member: Member, side: str) -> tuple[ColumnElement[bool], ...]:
    whose = Exchange.giver_id if side == "lent" else Exchange.receiver_id
    return whose == member.id, Exchange.terms == "loan", Exchange.state.in_(OUT)


def _count(member: Member, side: str) -> int:
    return db.session.scalar(select(func.count(Exchange.id)).where(*_out(member, side))) or 0


def _line(member: Member, exchange: Exchange) -> Line:
    return Line(
        exchange=exchange,
        other=exchange.other(member),
        due_on=exchange.due_on or loans.today_of(exchange),
        days_left=loans.days_left(exchange),
        is_said_back=exchange.state == "returned",
    )
