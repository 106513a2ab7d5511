"""A draft into a row and back, and how long the row stays open."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marketplace.listings import categories, giving, hours, rules
from marketplace.listings.models import Listing, Wish
from marketplace.listings.rules import Draft, WishDraft
from marketplace.places import zones
from marketplace.places.cells import Place, place_columns, place_of
from marketplace.site_settings import site_values

DEFAULT_ZONE = zones.WESTERN  # of posts whose place is not known


def draft_of(listing: Listing) -> Draft:
    """What a form needs to show a stored listing again."""
    return Draft(
        direction=listing.direction,
        kind=listing.kind,
        title=listing.title,
        description=listing.description,
        text_language=listing.text_language,
        category=listing.category,
        terms=listing.terms,
        loan_days_max=listing.loan_days_max,
        wishes=tuple(WishDraft(wish.text, wish.category) for wish in listing.wishes),
        quantity=listing.quantity,
        unit=listing.unit,
        place=place_of(listing),
        hours=None if listing.hours is None else hours.decode(listing.hours),
        available_until=listing.available_until,
        key=listing.public_id,
    )


def write_draft(listing: Listing, draft: Draft) -> None:
    """Copy what the draft says; choices that do not exist fall back to the harmless one."""
    listing.direction = draft.direction if draft.direction in rules.DIRECTIONS else "offer"
    if listing.direction == "request" and listing.giving_rule not in giving.RULES["request"]:
        listing.giving_rule = "order"
    rule = listing.giving_rule or "order"
    listing.window_hours = giving.fitting(listing.direction, rule, listing.window_hours)
    listing.kind = draft.kind if draft.kind in rules.KINDS else "goods"
    listing.title = draft.title
    listing.description = draft.description
    listing.text_language = draft.text_language or "id"
    listing.category = draft.category if categories.is_category(draft.category) else ""
    for term in rules.TERMS:
        setattr(listing, term, term in draft.terms)
    listing.loan_days_max = draft.loan_days_max
    listing.quantity = draft.quantity
    listing.unit = draft.unit if draft.unit in rules.UNITS else ""
    listing.hours = hours.encode(draft.hours)
    listing.available_until = draft.available_until
    place: Any = draft.place or Place.unknown()
    for column, value in place_columns(place).items():
        setattr(listing, column, value)
    listing.wishes = [
        Wish(position=number, text=wish.text, category=wish.category)
        for number, wish in enumerate(draft.wishes)
    ]


def expiry_of(listing: Listing, start: datetime) -> datetime:
    """The end of the usual time, or of the last day on which it is available."""
    days = rules.days_open(listing.direction, listing.category, site_values())
    usual = start + timedelta(days=days)
    if listing.available_until is None:
        return usual
    zone = ZoneInfo(listing.zone or DEFAULT_ZONE)
    next_day = listing.available_until + timedelta(days=1)
    return datetime.combine(next_day, time(), zone)


def last_moment(listing: Listing) -> datetime | None:
    """The last second in which it is open, by the clock of its place."""
    if listing.expires_at is None:
        return None
    return (listing.expires_at - timedelta(seconds=1)).astimezone(
        ZoneInfo(listing.zone or DEFAULT_ZONE)
    )
