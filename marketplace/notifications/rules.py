"""Whether and when a member is told by mail of something that stands among their news. Pure.

``decide`` is the only place that says it, with the reason; the news inside the site are written
whatever it says. Hours are whole hours of the day where the member lives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from marketplace.errors import Problem

ALWAYS_ON = "account"  # what concerns the account comes at once, whatever was chosen
AT_ONCE, DIGEST, HERE = CHANNELS = ("at_once", "digest", "here")
USUALLY = {  # unless the member chose otherwise
    "message": AT_ONCE,
    "match": DIGEST,
    "promise": AT_ONCE,
    "reminder": AT_ONCE,
    "alert": AT_ONCE,  # each saved search says by itself how often
    "event": AT_ONCE,
    "account": AT_ONCE,
    "staff": AT_ONCE,
}
TOPICS = tuple(USUALLY)
MAILS_A_DAY_MAX = 10  # besides account: more is noise for a neighbour and looks like spam to others
MAILED, WAITING, IN_DIGEST, NONE = MAIL_STATES = ("mailed", "waiting", "digest", "none")


@dataclass(frozen=True, slots=True)
class Hours:
    """When mail may come. No quiet hours when both ends are the same."""

    quiet_from: int = 21
    quiet_until: int = 6
    digest_hour: int = 7
    has_digest: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What the decision needs to know of a member; ``mails_today`` leaves account mail out."""

    has_address: bool
    is_paused: bool = False
    channel: str = AT_ONCE
    zone: str = "Asia/Jakarta"
    hours: Hours = field(default_factory=Hours)
    mails_today: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """``mail``: mailed (now), waiting (until ``at``), digest or none; ``reason`` says why."""

    mail: str
    reason: str
    at: datetime | None = None


def decide(topic: str, reader: Reader, now: datetime) -> Decision:
    """What becomes of one piece of news at ``now`` (aware)."""
    if not reader.has_address:
        return Decision(NONE, "no_address")
    if topic == ALWAYS_ON:
        return Decision(MAILED, "account")
    if reader.is_paused:
        return Decision(NONE, "paused")
    if reader.channel == HERE:
        return Decision(NONE, "off")
    if reader.channel == DIGEST:
        return _digest(reader, "digest")
    if ends := quiet_until(now, reader.zone, reader.hours):
        return Decision(WAITING, "quiet_hours", ends)
    if reader.mails_today >= MAILS_A_DAY_MAX:
        return _digest(reader, "quota")
    return Decision(MAILED, "at_once")


def check_choice(channels: Mapping[str, str], hours: Hours) -> list[Problem]:
    """What stands in the way of a choice: topic -> channel, and the hours."""
    problems = []
    for topic, channel in channels.items():
        if channel not in CHANNELS:
            problems.append(Problem(topic, "choice_missing"))
        elif channel == DIGEST and not hours.has_digest:
            problems.append(Problem(topic, "digest_is_off"))
    return problems


def quiet_until(now: datetime, zone: str, hours: Hours) -> datetime | None:
    """When the quiet hours that ``now`` falls into end, in UTC; None outside of them."""
    here = now.astimezone(ZoneInfo(zone))
    begin, end = hours.quiet_from, hours.quiet_until
    if (here.hour - begin) % 24 >= (end - begin) % 24:
        return None
    tomorrow = end <= here.hour
    return at_hour(here.date() + timedelta(days=tomorrow), end, zone)


def at_hour(day: date, hour: int, zone: str) -> datetime:
    """The instant (UTC) of a full hour of a day in ``zone``; where clocks skip it, an hour on."""
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def local_day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def day_began(now: datetime, zone: str) -> datetime:
    """Midnight before ``now`` where the member lives, in UTC."""
    return at_hour(local_day(now, zone), 0, zone)


def _digest(reader: Reader, reason: str) -> Decision:
    if reader.hours.has_digest:
        return Decision(IN_DIGEST, reason)
    return Decision(NONE, "digest_off" if reason == "digest" else reason)
