"""Calendar entries (RFC 5545) and mail that carries them (RFC 5546, iMIP).

Promises: an entry keeps its UID for life, a later word about it has a higher SEQUENCE; what is
cancelled says so; times name their zone and bring it along.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT = "-//Lumbung//Lumbung//EN"
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"
LASTS = timedelta(minutes=30)  # to hand something over and to talk a little
FILE_NAME = "lumbung.ics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One appointment. ``uid`` without a host; ``where`` in words that everybody may read."""

    uid: str
    sequence: int
    starts_at: datetime
    zone: str
    where: str
    method: str = PUBLISH

    def as_params(self) -> dict[str, Any]:
        """As JSON, to wait in the row of a mail."""
        return {
            "uid": self.uid,
            "sequence": self.sequence,
            "starts_at": self.starts_at.isoformat(),
            "zone": self.zone,
            "where": self.where,
            "method": self.method,
        }

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> "Entry":
        return cls(**{**params, "starts_at": datetime.fromisoformat(params["starts_at"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What an entry says besides: its title, the page of this site, when it was written down, and
    for mail who sends it (name, address) and to whom."""

    title: str
    url: str
    host: str
    written_at: datetime
    sender: tuple[str, str] = ("", "")
    reader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """Something that is due on a day, at no hour and wherever its reader is."""

    uid: str
    sequence: int
    on: date
    title: str
    url: str


def host_of(base_url: str) -> str:
    """The part of a UID that makes it the site's own."""
    return urlsplit(base_url).hostname or "localhost"


def ics(entry: Entry, frame: Frame) -> bytes:
    """The calendar with this one entry."""
    event = Event()
    event.add("uid", f"{entry.uid}@{frame.host}")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", frame.written_at)
    event.add("dtstart", entry.starts_at.astimezone(ZoneInfo(entry.zone)))
    event.add("duration", LASTS)
    event.add("summary", frame.title)
    if entry.where:
        event.add("location", entry.where)
    event.add("url", frame.url)
    event.add("status", "CANCELLED" if entry.method == CANCEL else "CONFIRMED")
    if frame.reader:
        _address(event, frame)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", entry.method)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def days_ics(days: Iterable[DueDay], *, host: str, written_at: datetime) -> bytes:
    """A calendar of whole days; whoever looks for free hours finds them free."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", PUBLISH)
    for day in days:
        event = Event()
        event.add("uid", f"{day.uid}@{host}")
        event.add("sequence", day.sequence)
        event.add("dtstamp", written_at)
        event.add("dtstart", day.on)
        event.add("dtend", day.on + timedelta(days=1))
        event.add("summary", day.title)
        event.add("url", day.url)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(event: Event, frame: Frame) -> None:
    """The site invites its reader, and nobody else is named; no answer is asked for."""
    name, address = frame.sender
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = vText(name)
    event["organizer"] = organizer
    attendee = vCalAddress(f"mailto:{frame.reader}")
    attendee.params.update({"PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    event.add("attendee", attendee, encode=False)


def attach(message: EmailMessage, entry: Entry, frame: Frame) -> None:
    """Add the entry as a part that mail programs act on, and as a file for all others."""
    content = ics(entry, frame)
    message.add_alternative(
        content.decode(), subtype="calendar", charset="utf-8", params={"method": entry.method}
    )
    message.add_attachment(content, maintype="application", subtype="ics", filename=FILE_NAME)
