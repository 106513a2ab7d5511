"""The fair-access window of a post: when it opens, who takes part, and who may see a draw.

While ``listings.window_hours`` is set nothing of the post is promised. The window itself, with the
seed of a draw, is there from the moment the post is up: before the first who asks.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, exists, select, text
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.accounts.models import Member
from marketplace.db import db, is_postgresql, utcnow
from marketplace.errors import Conflict, NotFound
from marketplace.exchanges import draws, queues, rules
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.window_models import RUNS, GivingWindow
from marketplace.listings.models import Listing
from marketplace.listings.service import visible_to, was_shown_to

BEFORE_THE_END = timedelta(minutes=30)  # a post that ends sooner closes its window so long before


def running(listing: Listing, *, lock: bool = False) -> GivingWindow | None:
    """The window that is not over yet; ``lock`` it before reading what a step depends on."""
    query = _of(listing).where(GivingWindow.ended_at.is_(None))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def latest(listing: Listing) -> GivingWindow | None:
    """The window that runs, or ran last."""
    return db.session.scalar(_of(listing).order_by(GivingWindow.id.desc()).limit(1))


def require_in_time(listing: Listing, *, enters: bool, may_wait: bool) -> None:
    """Raise Conflict("window_over") for who asks after the window and has not said that they would
    wait behind; ``enters``: they were told that they are in time. The window is held meanwhile, so
    that whoever it lets in is there when it ends."""
    window = running(listing, lock=True)
    if window is None:  # it may have ended while this waited for it
        db.session.refresh(listing)
        window = begin(listing) if listing.window_hours is not None else None
    is_late = not window.is_open(utcnow()) if window else enters
    if is_late and not may_wait:
        raise Conflict("window_over")


def leave_drawn_order(listing: Listing) -> None:
    """Once something is left and nobody waits in the order that was drawn, whoever asks next waits
    in the order of asking, for a word of the owner; in the caller's transaction."""
    was_drawn = listing.giving_rule == "draw" and listing.window_hours is None
    if was_drawn and _is_free(listing) and not queues.waiting_count(listing):
        listing.giving_rule = "order"


def begin(listing: Listing) -> GivingWindow:
    """Open the window of a post that is up, unless one runs, and lock it; in the caller's
    transaction. A post that ends sooner shortens it."""
    now = utcnow()
    closes = now + timedelta(hours=listing.window_hours or 0)
    if listing.expires_at is not None:
        closes = max(now, min(closes, listing.expires_at - BEFORE_THE_END))
    is_draw = listing.giving_rule == "draw"
    insert: Any = postgresql.insert if is_postgresql() else sqlite.insert
    db.session.execute(
        insert(GivingWindow)
        .values(
            listing_id=listing.id,
            rule=listing.giving_rule,
            opens_at=now,
            closes_at=closes,
            seed=draws.new_secret() if is_draw else "",
            alias_key=draws.new_secret() if is_draw else "",
        )
        .on_conflict_do_nothing(index_elements=["listing_id"], index_where=text(RUNS))
    )
    window = running(listing, lock=True)
    assert window is not None
    return window


def to_begin() -> Select[Listing]:
    """Posts that are up, whose window is not open yet."""
    runs = exists().where(GivingWindow.listing_id == Listing.id, GivingWindow.ended_at.is_(None))
    return (
        select(Listing)
        .where(Listing.window_hours.is_not(None), Listing.open_now(utcnow()), ~runs)
        .order_by(Listing.id)
    )


def end(window: GivingWindow, outcome: str) -> None:
    """It is over: promises are possible again. Without a draw the rule falls back to the order."""
    window.ended_at, window.outcome = utcnow(), outcome
    window.listing.window_hours = None
    if window.rule == "draw" and outcome != "drawn":
        window.listing.giving_rule = "order"


def entrants(window: GivingWindow) -> Sequence[Exchange]:
    """Who asked in time, still waits and may have it, in the order of asking; each locked."""
    found = queues.who_may_have_it(window.listing, lock=True)
    return [one for one in found if one.queued_at < window.closes_at]


def alias_in(window: GivingWindow, exchange: Exchange) -> str:
    """Under which name this exchange takes part; empty once that is forgotten."""
    return draws.alias(window.alias_key, exchange.public_id) if window.alias_key else ""


def draw_of(actor: Member | None, listing_public_id: str) -> GivingWindow:
    """The draw of a post, for whoever may see the post or saw it before it was over, and for those
    who asked for it. NotFound for everybody else, and where nothing is or was drawn."""
    asked = exists().where(
        Exchange.listing_id == Listing.id, Exchange.opener_id == (actor.id if actor else 0)
    )
    query = (
        select(GivingWindow)
        .join(Listing)
        .where(
            Listing.public_id == listing_public_id,
            Listing.state != "draft",
            GivingWindow.rule == "draw",
            visible_to(actor) | was_shown_to(actor) | asked,
        )
    )
    found = db.session.scalar(query.order_by(GivingWindow.id.desc()).limit(1))
    if found is None:
        raise NotFound("listing")
    return found


def _is_free(listing: Listing) -> bool:
    """Whether some of it is promised to nobody; of what is not counted, whether all is."""
    if listing.unpromised is not None:
        return listing.unpromised > 0
    runs = exists().where(Exchange.listing_id == listing.id, Exchange.state.in_(rules.RESERVING))
    return not db.session.scalar(select(runs))


def _of(listing: Listing) -> Select[GivingWindow]:
    return select(GivingWindow).where(GivingWindow.listing_id == listing.id)
