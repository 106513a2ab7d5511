"""The exchanges of a member as lists: all of them in pages, and what my page shows of each kind."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges import rules
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.tasks import turns_of
from marketplace.exchanges.turns import Turn
from marketplace.listings.models import Listing

SHOWS = ("all", "running", "ended", "given", "received")
PER_PAGE = 20
FEW = 5  # on my page
LENT = ("out", "returned")


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange in a list, as one of its two sides sees it."""

    exchange: Exchange
    other: Member
    turn: Turn
    gives: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of exchanges; pages count from 1."""

    lines: list[Line]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How one's own listing stands: ``count`` of them are ``how``: waiting, promised or lent.
    ``other`` and ``due_on``: to whom and until when, where it is one."""

    how: str
    count: int
    other: str
    due_on: date | None


def exchanges_of(actor: Member, now: datetime, show: str = "all", page: int = 1) -> Lines:
    """A page of the actor's exchanges: those that run, then those that ended, newest first."""
    mine = Exchange.of(actor), _shown(actor, show)
    total = db.session.scalar(select(func.count()).select_from(Exchange).where(*mine)) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    query = _loaded().where(*mine).order_by(case((Exchange.is_running(), 0), else_=1), *_newest())
    query = query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    return Lines(_lines(actor, db.session.scalars(query).all(), now), page, pages)


def on_my_page(
    actor: Member, now: datetime, *, besides: Collection[int] = ()
) -> tuple[list[Line], list[Line]]:
    """The newest of what runs (those who wait for the actor's answer stand with the listing), and
    the loans that are out, the one due first before the others. ``besides``: the ids of those that
    stand further up already."""
    waits_for_actor = (Exchange.state == "interested") & (Exchange.owner_id == actor.id)
    runs = Exchange.state.in_([one for one in rules.RUNNING if one not in LENT])
    running = _loaded().where(Exchange.of(actor), runs, ~waits_for_actor).order_by(*_newest())
    running = running.where(Exchange.id.not_in(besides))
    lent = _loaded().where(Exchange.of(actor), Exchange.state.in_(LENT)).order_by(Exchange.due_on)
    chosen = [list(db.session.scalars(query.limit(FEW))) for query in (running, lent)]
    lines = {one.exchange.id: one for one in _lines(actor, [*chosen[0], *chosen[1]], now)}
    first, second = ([lines[one.id] for one in part] for part in chosen)
    return first, second


def marks_of(listings: Collection[Listing]) -> dict[int, list[Mark]]:
    """What runs about these listings, by listing: who waits, what is promised, what is lent."""
    how = case((Exchange.state == "interested", "waiting"), (Exchange.state.in_(LENT), "lent"))
    how = case((how.is_(None), "promised"), else_=how)
    number, other = func.count(), func.min(Member.name)
    query = (
        select(Exchange.listing_id, how, number, other, func.min(Exchange.due_on))
        .join(Member, Member.id == Exchange.opener_id)
        .where(Exchange.listing_id.in_([one.id for one in listings]), Exchange.is_running())
        .group_by(Exchange.listing_id, how)
        .order_by(how.desc())
    )
    found: dict[int, list[Mark]] = {}
    for listing_id, *values in db.session.execute(query) if listings else ():
        found.setdefault(listing_id, []).append(Mark(*values))
    return found


def _shown(actor: Member, show: str) -> ColumnElement[bool]:
    return {
        "running": Exchange.is_running(),
        "ended": ~Exchange.is_running(),
        "given": and_(Exchange.state == "closed", Exchange.giver_id == actor.id),
        "received": and_(Exchange.state == "closed", Exchange.receiver_id == actor.id),
    }.get(show, true())


def _newest() -> tuple[Any, ...]:
    return Exchange.updated_at.desc(), Exchange.id.desc()


def _loaded() -> Any:
    people = (joinedload(Exchange.listing), joinedload(Exchange.owner), joinedload(Exchange.opener))
    return select(Exchange).options(*people)


def _lines(actor: Member, exchanges: Collection[Exchange], now: datetime) -> list[Line]:
    found = turns_of(actor, exchanges, now)
    return [
        Line(one, one.other(actor), found[one.id], one.giver_id == actor.id) for one in exchanges
    ]
