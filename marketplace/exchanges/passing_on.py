"""Passing it on: what a member gave, linked to what she had received before, as a chain.

Only the one who received and then gave may link the two, and may undo it. A link leads to an
exchange that began earlier, so there are no circles. Walks end after DEPTH links and LINKS_SHOWN
exchanges; a chain names nobody but its reader and those whom the reader knows from it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import exchange_of
from marketplace.exchanges.rules import GOOD_ENDS, RUNNING
from marketplace.permissions import require
from marketplace.places.service import area_names

DEPTH = 50
LINKS_SHOWN = 50
CHOICES = 20  # the latest that were received
SHOWN_STATES = ("open", "fulfilled")  # of posts whose titles others may read


@dataclass(frozen=True, slots=True)
class Link:
    """One exchange of a chain, as its reader may see it. ``giver`` and ``receiver``: the member
    where the reader may know who it was, else None; ``title`` likewise, else the category says
    what it was. ``depth`` counts from the first of the chain."""

    exchange: Exchange
    depth: int
    giver: Member | None
    receiver: Member | None
    title: str
    area: str
    at: datetime | None
    is_mine: bool


def received_by(actor: Member, exchange: Exchange) -> Sequence[Exchange]:
    """What the actor received before this exchange began, the latest first."""
    query = select(Exchange).where(*_may_be_source(actor, exchange))
    newest = query.options(joinedload(Exchange.listing)).order_by(Exchange.id.desc())
    return db.session.scalars(newest.limit(CHOICES)).all()


def has_received(actor: Member, exchange: Exchange) -> bool:
    """Whether there is anything to choose from."""
    query = select(Exchange.id).where(*_may_be_source(actor, exchange)).limit(1)
    return db.session.scalar(query) is not None


def may_link(actor: Member, exchange: Exchange) -> bool:
    """The actor gives in this exchange, which runs or had a good end."""
    return _gives(actor, exchange) and exchange.state in RUNNING + GOOD_ENDS


def linkable(actor: Member, public_id: str, *, lock: bool = False) -> Exchange:
    """The exchange that the actor may link to what she received. Raises NotFound, Conflict."""
    exchange = exchange_of(actor, public_id, lock=lock)
    require(actor, "exchange.carry_on", exchange)
    if not may_link(actor, exchange):
        raise Conflict("not_giving")
    return exchange


def link(actor: Member, public_id: str, source_id: str) -> Exchange:
    """Say what this passes on; an empty ``source_id`` takes it back.

    Raises what ``linkable`` raises, and Invalid for anything that was not received before.
    """
    with transaction() as session:
        exchange = exchange_of(actor, public_id, lock=True)
        if not source_id and _gives(actor, exchange):  # may be undone whatever came of it
            exchange.passes_on_id = None
            return exchange
        exchange = linkable(actor, public_id)
        own = select(Exchange).where(*_may_be_source(actor, exchange))
        source = session.scalar(own.where(Exchange.public_id == source_id))
        if source is None:
            raise Invalid([Problem("source", "choice_missing")])
        exchange.passes_on_id = source.id
    return exchange


def source_of(exchange: Exchange) -> Exchange | None:
    """What this exchange passes on."""
    if exchange.passes_on_id is None:
        return None
    return db.session.get(Exchange, exchange.passes_on_id)


def went_on(exchange: Exchange) -> int:
    """How often what was given here has gone on, as far as members said so: one query."""
    return _count_after(Exchange.id == exchange.id)


def went_on_from(member: Member) -> int:
    """The same for everything that the member gave; each counts once."""
    return _count_after((Exchange.giver_id == member.id) & Exchange.state.in_(GOOD_ENDS))


def chain(actor: Member, public_id: str) -> list[Link]:
    """The chain that an exchange stands in, from its first link, for the two sides of any link in
    it; NotFound for everybody else. Four queries, however long it is."""
    asked = db.session.scalar(select(Exchange.id).where(Exchange.public_id == public_id))
    if asked is None:
        raise NotFound("exchange")
    depths = _from_the_first(asked)
    loaded = (joinedload(getattr(Exchange, name)) for name in ("listing", "giver", "receiver"))
    query = select(Exchange).where(Exchange.id.in_(depths)).options(*loaded)
    rows = db.session.scalars(query).all()
    if not any(actor.id in (one.owner_id, one.opener_id) for one in rows):
        raise NotFound("exchange")
    return _shown_to(actor, sorted(rows, key=lambda one: one.id), depths)


def set_shown(actor: Member, whether: bool) -> None:
    """Whether the actor's profile says how often what she gave went on."""
    with transaction():
        require(actor, "member.edit", actor)
        actor.shows_passing_on = whether


def _shown_to(actor: Member, rows: Sequence[Exchange], depths: dict[int, int]) -> list[Link]:
    hidden = _blocked_with(actor)
    areas = area_names(one.listing.area_code for one in rows)
    mine = [one for one in rows if actor.id in (one.owner_id, one.opener_id)]
    known = {side for one in mine for side in (one.owner_id, one.opener_id)} - hidden

    def name(member: Member) -> Member | None:
        return member if member.id in known and member.erased_at is None else None

    return [
        Link(
            exchange=one,
            depth=depths[one.id],
            giver=name(one.giver),
            receiver=name(one.receiver),
            title=one.listing.title if one in mine or _is_shown(one, hidden) else "",
            area=areas.get(one.listing.area_code or "", ""),
            at=one.there_at or one.ended_at,
            is_mine=one in mine,
        )
        for one in rows
    ]


def _is_shown(exchange: Exchange, hidden: Collection[int]) -> bool:
    """Whether the title of the post may be read by others in the chain."""
    listing = exchange.listing
    return listing.state in SHOWN_STATES and listing.owner_id not in hidden


def _gives(actor: Member, exchange: Exchange) -> bool:
    return actor.id == exchange.giver_id or (
        exchange.terms == "swap" and actor.id == exchange.receiver_id
    )


def _may_be_source(actor: Member, exchange: Exchange) -> tuple[ColumnElement[bool], ...]:
    """SQL: what the actor received to a good end, begun before this one."""
    in_a_swap = (Exchange.terms == "swap") & (Exchange.giver_id == actor.id)
    received = or_(Exchange.receiver_id == actor.id, in_a_swap)
    return received, Exchange.state.in_(GOOD_ENDS), Exchange.id < exchange.id


def _blocked_with(actor: Member) -> set[int]:
    query = select(Block.blocker_id, Block.blocked_id).where(
        or_(Block.blocker_id == actor.id, Block.blocked_id == actor.id)
    )
    return {one for row in db.session.execute(query) for one in row} - {actor.id}


def _descent(start: Select[int, int], name: str) -> CTE:
    """SQL: (id, depth) of these exchanges and of whatever passes them on, DEPTH links down."""
    found = start.cte(name, recursive=True)
    after = aliased(Exchange)
    step = select(after.id, found.c.depth + 1).join(found, after.passes_on_id == found.c.id)
    return found.union(step.where(found.c.depth < DEPTH))


def _count_after(which: ColumnElement[bool]) -> int:
    """Closed exchanges that pass on, over however many links, one of those chosen."""
    below = _descent(select(Exchange.id, (Exchange.id * 0).label("depth")).where(which), "below")
    query = (
        select(func.count(Exchange.id.distinct()))
        .join(below, below.c.id == Exchange.id)
        .where(below.c.depth > 0, Exchange.state.in_(GOOD_ENDS))
    )
    return db.session.scalar(query) or 0


def _from_the_first(exchange_id: int) -> dict[int, int]:
    """Depth by id: the whole chain that an exchange stands in, cut to the first LINKS_SHOWN."""
    above = (
        select(Exchange.id, Exchange.passes_on_id, (Exchange.id * 0).label("up"))
        .where(Exchange.id == exchange_id)
        .cte("above", recursive=True)
    )
    before = aliased(Exchange)
    step = select(before.id, before.passes_on_id, above.c.up + 1)
    above = above.union(
        step.join(above, before.id == above.c.passes_on_id).where(above.c.up < DEPTH)
    )
    first = select(above.c.id).order_by(above.c.up.desc()).limit(1).scalar_subquery()
    below = _descent(
        select(Exchange.id, (Exchange.id * 0).label("depth")).where(Exchange.id == first), "below"
    )
    rows = db.session.execute(
        select(below.c.id, below.c.depth).order_by(below.c.depth, below.c.id).limit(LINKS_SHOWN)
    )
    return {row.id: row.depth for row in rows}
