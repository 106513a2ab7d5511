"""When the site does something about an exchange by itself: reminds, and in the end decides. Pure.

Every running state after *interested* leads to an end here, so that nobody waits for ever.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MORNING = time(8)  # of the day on which a loan is due, where it was lent

REMIND = "remind"

# An owner who leaves people waiting is reminded of all of them together.
ASKERS_WAIT = 2 * DAY  # after the first of them asked
ASKERS_AGAIN = 7 * DAY

# While the two write to each other, nothing is taken back: so long after their last message.
QUIET = 4 * DAY
LOST_AFTER_A_WORD = 14 * DAY  # a lender who says late that it is not back waits a little longer
TAKEN_BACK = ("release", "fail", "break_off")

# A post that ran out or is hidden may come back; so long those who asked wait for it.
CLOSED_FOR_GOOD = 7 * DAY
SUSPENDED_FOR = 3 * DAY  # a pause by the moderators ends what was begun only after that


@dataclass(frozen=True, slots=True)
class Facts:
    """``since``: when the present state began; ``active_at``: the last message of the two;
    ``meets_at``, ``due_at``: as agreed, if they did."""

    state: str
    stage: int
    since: datetime
    active_at: datetime
    meets_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """At ``at`` the site takes ``verb`` of the state table, or reminds with the news ``kind``."""

    at: datetime
    verb: str
    kind: str = ""


# state -> what counts as its beginning, then (how long after it, verb, news) in order.
PLANS: dict[str, tuple[str, tuple[tuple[timedelta, str, str], ...]]] = {
    "promised": ("active", (
        (2 * DAY, REMIND, "promise_waits"),
        (4 * DAY, "release", ""),
    )),
    "arranged": ("meeting", (
        (-DAY, REMIND, "meeting_soon"),
        (timedelta(hours=3), REMIND, "meeting_over"),
        (3 * DAY, REMIND, "meeting_over_still"),
        (7 * DAY, "fail", ""),
    )),
    "handed_over": ("since", (
        (2 * DAY, REMIND, "handover_waits"),
        (7 * DAY, "confirm", ""),
    )),
    "partly": ("since", (
        (3 * DAY, REMIND, "swap_waits"),
        (14 * DAY, "break_off", ""),
    )),
    "out": ("due", (
        (-2 * DAY, REMIND, "loan_due_soon"),
        (0 * DAY, REMIND, "loan_due"),
        (1 * DAY, REMIND, "loan_overdue"),
        (7 * DAY, REMIND, "loan_overdue_week"),
        (14 * DAY, REMIND, "loan_overdue_weeks"),
        (60 * DAY, "lose", ""),
    )),
    "returned": ("since", (
        (2 * DAY, REMIND, "return_waits"),
        (7 * DAY, "accept_return", ""),
    )),
}  # fmt: skip


def next_step(facts: Facts) -> Step | None:
    """What comes next, and when; None while nothing does (interested, or over)."""
    base, steps = PLANS.get(facts.state, ("since", ()))
    if facts.stage >= len(steps):
        return None
    begun = {
        "since": facts.since,
        "active": max(facts.since, facts.active_at),
        # Whoever objects after the meeting has as long again to meet or to say what happened.
        "meeting": max(facts.meets_at or facts.since, facts.since),
        "due": facts.due_at or facts.since,
    }[base]
    after, verb, kind = steps[facts.stage]
    at = begun + after
    if verb in TAKEN_BACK:
        at = max(at, facts.active_at + QUIET)
    elif verb == "lose":
        at = max(at, facts.since + LOST_AFTER_A_WORD)
    return Step(at, verb, kind)


def decides_at(facts: Facts) -> datetime | None:
    """When the site ends the present state by itself if nobody does anything; None: never."""
    last = len(PLANS[facts.state][1]) - 1 if facts.state in PLANS else 0
    step = next_step(replace(facts, stage=last))
    return step.at if step else None


def stage_at(facts: Facts, now: datetime) -> int:
    """The stage to begin a state with: reminders whose time was over before the state began are
    left out (a meeting in two hours needs no word a day before), decisions never."""
    base, steps = PLANS.get(facts.state, ("since", ()))
    stage = 0
    if base not in ("meeting", "due"):
        return stage
    begun = facts.due_at or facts.since
    if base == "meeting":
        begun = max(facts.meets_at or facts.since, facts.since)
    while stage < len(steps) - 1 and begun + steps[stage][0] < now:
        stage += 1
    return stage


def due_at(due_on: date, zone: str) -> datetime:
    """The morning of the day on which a loan is due."""
    return datetime.combine(due_on, MORNING, ZoneInfo(zone))
