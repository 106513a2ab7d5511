"""What some neighbours of the demo keep looking for: saved days ago, with something new in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.places.cells import place_of
from marketplace.search import saved
from marketplace.search.models import SearchAlert
from marketplace.search.service import SearchRequest
from marketplace.search.standing import AT_ONCE, DAILY, WEEKLY

if TYPE_CHECKING:
    from marketplace import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A search of a member, saved and last looked at ``days_ago``."""

    member: str
    text: str
    how_often: str
    days_ago: int
    direction: str = "offer"
    radius_km: float | None = None


KEPT = (
    Kept(member="ratna", text="sepeda", how_often=AT_ONCE, days_ago=15, radius_km=20),
    Kept(member="ratna", text="buku anak", how_often=WEEKLY, days_ago=12),
    Kept(member="fajar", text="meja belajar", how_often=DAILY, days_ago=6, radius_km=10),
)


def add_searches(parts: "Parts", cast: Mapping[str, Member], now: datetime) -> None:
    """Save them as their members would, then date them back."""
    for one in KEPT:
        member = cast[one.member]
        wanted = SearchRequest(
            text=one.text,
            direction=one.direction,
            place=place_of(member),
            radius_km=one.radius_km,
        )
        row = saved.save_search(parts, member, wanted, one.text)
        saved.change_search(member, row.public_id, one.text, one.how_often)
        row.created_at = row.seen_at = now - timedelta(days=one.days_ago)
        found = select(SearchAlert).where(SearchAlert.search_id == row.id)
        for alert in db.session.scalars(found):
            alert.found_at = alert.listing.published_at or row.created_at
