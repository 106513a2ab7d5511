"""The counters of a listing: what is promised, what is given. Each moves by one conditional UPDATE
in the caller's transaction, so that nothing is promised twice, whoever else writes meanwhile."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, update

from marketplace.db import changed, db
from marketplace.listings.models import Listing

# SQL: the same as Listing.capacity; NULL where there is no end.
_CAPACITY = func.coalesce(Listing.quantity, case((Listing.kind == "goods", 1)))


def has_left() -> ColumnElement[bool]:
    """SQL: the listings of which there is something to promise."""
    return _CAPACITY.is_(None) | (Listing.promised + Listing.given < _CAPACITY)


def promise(listing: Listing, amount: int) -> bool:
    """Reserve an amount; False, and nothing changed, when less than that is left."""
    taken = Listing.promised + Listing.given + amount
    room = _CAPACITY.is_(None) | (taken <= _CAPACITY)
    return _count(listing, room, promised=Listing.promised + amount)


def release(listing: Listing, amount: int) -> None:
    """What was reserved is there again."""
    _must(_count(listing, Listing.promised >= amount, promised=Listing.promised - amount))


def give(listing: Listing, amount: int) -> None:
    """What was reserved is gone for good."""
    moved = {"promised": Listing.promised - amount, "given": Listing.given + amount}
    _must(_count(listing, Listing.promised >= amount, **moved))


def give_back(listing: Listing, amount: int) -> None:
    """What was gone for good is there after all."""
    _must(_count(listing, Listing.given >= amount, given=Listing.given - amount))


def _count(listing: Listing, condition: Any, **values: Any) -> bool:
    statement = update(Listing).where(Listing.id == listing.id, condition).values(**values)
    done = changed(statement.execution_options(synchronize_session=False)) == 1
    db.session.expire(listing, ["promised", "given"])
    return done


def _must(done: bool) -> None:
    if not done:
        raise RuntimeError("the counters of a listing do not add up")
