"""What stands on my page, gathered from the features: as many questions to the database however
much somebody has going on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import to_user_timezone

from marketplace.accounts.models import Member
from marketplace.exchanges.lists import Line, Mark, marks_of, on_my_page
from marketplace.exchanges.tasks import Waiting, waiting_for
from marketplace.listings.lifecycle import drafts
from marketplace.listings.models import Listing
from marketplace.listings.saved import Saved, saved_listings
from marketplace.listings.service import own_listings
from marketplace.matching.lists import waiting_count

LISTINGS = 6
SAVED = 3
PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Listings:
    """Some of one's own listings and how each stands; pages count from 1."""

    rows: Sequence[Listing]
    marks: Mapping[int, Sequence[Mark]]
    total: int
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True)
class Contents:
    """``running`` (apart from what waits for the member) and ``loans`` are the first few; all of
    them have a page of their own."""

    now: datetime
    today: date
    waiting: Waiting
    matches: int  # neighbours who said yes to one and wait for a word
    drafts: Sequence[Listing]
    listings: Listings
    running: Sequence[Line]
    loans: Sequence[Line]
    saved: Sequence[Saved]


def contents(member: Member, now: datetime) -> Contents:
    """Everything for the member's own page."""
    waiting = waiting_for(member, now)
    shown = [task.exchange_id for task in waiting.tasks if task.exchange_id is not None]
    running, loans = on_my_page(member, now, besides=shown)
    posted = own_listings(member)
    return Contents(
        now=now,
        today=to_user_timezone(now).date(),
        waiting=waiting,
        matches=waiting_count(member, now),
        drafts=drafts(member),
        listings=Listings(posted[:LISTINGS], marks_of(posted[:LISTINGS]), len(posted)),
        running=running,
        loans=loans,
        saved=saved_listings(member)[:SAVED],
    )


def listings_page(member: Member, page: int) -> Listings:
    """A page of all that the member has up."""
    posted = own_listings(member)
    pages = max(1, -(-len(posted) // PER_PAGE))
    page = min(max(1, page), pages)
    rows = posted[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Listings(rows, marks_of(rows), len(posted), page, pages)
