"""The meeting that stands in the calendars of the two, and what changes in them with a step.

A meeting stands on the row of the exchange from the moment both agreed until something was done at
it or the exchange ended. Each change raises ``meeting_revision``, the SEQUENCE of the entry.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from marketplace.accounts.models import Member
from marketplace.calendars import CANCEL, PUBLISH, REQUEST, Entry
from marketplace.exchanges.models import Exchange


@dataclass(frozen=True, slots=True)
class Meeting:
    """``where`` in the words that both accepted; ``number``: the first or the second of the
    exchange (a loan is brought back, a swap may need two)."""

    starts_at: datetime
    zone: str
    where: str
    number: int


@dataclass(frozen=True, slots=True)
class Change:
    """What the calendars of both have to learn. ``is_moved``: to another time or place."""

    entry: Entry
    is_moved: bool = False

    @property
    def is_cancelled(self) -> bool:
        return self.entry.method == CANCEL


def meeting_of(exchange: Exchange) -> Meeting | None:
    """The meeting on which the two agreed, if one stands."""
    if exchange.meets_at is None:
        return None
    done = sum(at is not None for at in (exchange.there_at, exchange.back_at))
    return Meeting(exchange.meets_at, exchange.meets_zone, exchange.meets_where, done + 1)


def entry_of(exchange: Exchange, meeting: Meeting, method: str = PUBLISH) -> Entry:
    """The calendar entry of a meeting, as of the present revision."""
    return Entry(
        uid=f"{exchange.public_id}-{meeting.number}",
        sequence=exchange.meeting_revision,
        starts_at=meeting.starts_at,
        zone=meeting.zone,
        where=meeting.where,
        method=method,
    )


def update(
    exchange: Exchange, before: Meeting | None, *, over: bool, now: datetime
) -> Change | None:
    """Bring the row into line after a step; ``before``: the meeting that stood until then,
    ``over``: the step ended the exchange or did what the meeting was for.

    Returns what the two have to be told: a meeting that passed needs no word.
    """
    if over:
        exchange.meets_at, exchange.meets_zone, exchange.meets_where = None, "", ""
    after = meeting_of(exchange)
    if after == before:
        return None
    exchange.meeting_revision += 1
    if after is not None:
        return Change(entry_of(exchange, after, REQUEST), is_moved=before is not None)
    if before is not None and before.starts_at > now:
        return Change(entry_of(exchange, replace(before, where=""), CANCEL))
    return None


def news_params(change: Change, reader: Member) -> dict[str, Any]:
    """What news of the change carry: for the sentence, and for the entry in the mail."""
    entry = change.entry
    return {"calendar": entry.as_params()} | spoken(entry.starts_at, entry.where, reader)


def spoken(starts_at: datetime | None, where: str, reader: Member) -> dict[str, Any]:
    """When and where, for sentences in the zone of who reads them."""
    if starts_at is None:
        return {}
    return {"meets": starts_at.isoformat(), "zone": reader.zone or "", "where": where}
