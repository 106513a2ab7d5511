"""Whose turn it is in an exchange, what is to be done, and by when: as one of the two sides sees
it. Pure.

The facts come from the row of the exchange; ``today`` is the day where the reader lives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

YOURS, THEIRS, BOTH, NOBODY = "yours", "theirs", "both", "nobody"

# What is to be done, in the order in which it is shown.
ANSWER, MESSAGE, PROPOSAL, ARRANGE = "answer", "message", "proposal", "arrange"
MEETING, HAND_OVER, CONFIRM, OTHER_HALF = "meeting", "hand_over", "confirm", "other_half"
BRING_BACK, ASK_BACK, CHECK_RETURN, THANK = "bring_back", "ask_back", "check_return", "thank"
TASKS = (
    *(ANSWER, MESSAGE, PROPOSAL, ARRANGE, MEETING, HAND_OVER, CONFIRM, OTHER_HALF),
    *(BRING_BACK, ASK_BACK, CHECK_RETURN, THANK),
)

MEETING_SOON_DAYS = 1  # a meeting is a task today and tomorrow
DUE_SOON_DAYS = 2  # so long before it is due, a loan is a task
THANK_DAYS = 14  # after the end; then what the other said is shown in any case


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An exchange as one side sees it. ``is_asked``: the other said that something changed hands;
    ``proposed``: whose open proposal of a meeting there is; ``since``: when the state began;
    ``lapses_at``: when a promise does; ``thanked``: the reader gave thanks or said how it went;
    ``is_held``: who gets it is said by a draw, or not before the time for asking is over."""

    state: str
    since: datetime
    is_owner: bool = False
    gives: bool = False
    is_asked: bool = False
    proposed: str = NOBODY
    meets_at: datetime | None = None
    lapses_at: datetime | None = None
    due_on: date | None = None
    thanked: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """``task`` is empty when there is nothing to do for anybody. ``day`` is when it is to be done
    (a promise: until when it holds), where there is one; ``at`` the time of a meeting."""

    task: str = ""
    whose: str = NOBODY
    since: datetime | None = None
    day: date | None = None
    at: datetime | None = None

    @property
    def is_mine(self) -> bool:
        """Whether the reader can do it."""
        return self.whose in (YOURS, BOTH)


def turn(facts: Facts, now: datetime, zone: str) -> Turn:
    """What comes next. ``now`` is aware; days are those of ``zone``."""
    if facts.proposed == THEIRS and _may_still_agree(facts, now):
        return Turn(PROPOSAL, YOURS, facts.since)
    match facts.state:
        case "interested" if facts.is_held:
            return Turn()
        case "interested":
            return _of(ANSWER, facts, facts.is_owner)
        case "promised" if facts.proposed == YOURS:
            return Turn(PROPOSAL, THEIRS, facts.since)
        case "promised":
            return Turn(ARRANGE, BOTH, facts.since, _day(facts.lapses_at, zone))
        case "arranged":
            met = facts.meets_at is None or facts.meets_at <= now
            task = HAND_OVER if met else MEETING
            return Turn(task, BOTH, facts.since, _day(facts.meets_at, zone), facts.meets_at)
        case "handed_over":
            return _of(CONFIRM, facts, facts.is_asked)
        case "partly" | "out" if facts.meets_at is not None and facts.meets_at > now:
            return Turn(MEETING, BOTH, facts.since, _day(facts.meets_at, zone), facts.meets_at)
        case "partly":
            return Turn(OTHER_HALF, BOTH, facts.since)
        case "out":
            return _of_loan(facts, now, zone)
        case "returned":
            return _of(CHECK_RETURN, facts, facts.gives)
        case "closed" if not facts.thanked and now - facts.since < timedelta(days=THANK_DAYS):
            return Turn(THANK, YOURS, facts.since)
    return Turn()


def waits(found: Turn, today: date) -> bool:
    """Whether it stands among what waits for the reader now: a meeting or a loan only when near."""
    if not found.is_mine or not found.task:
        return False
    ahead = {MEETING: MEETING_SOON_DAYS, BRING_BACK: DUE_SOON_DAYS}.get(found.task)
    return ahead is None or found.day is None or found.day <= today + timedelta(days=ahead)


def is_pressing(found: Turn, today: date) -> bool:
    """Whether its day is today or over."""
    return found.day is not None and found.day <= today


def order(found: Turn, today: date) -> tuple[int, int, datetime]:
    """What sorts tasks: what is overdue or due today, then by kind, then the oldest first."""
    assert found.since is not None
    return (0 if is_pressing(found, today) else 1, TASKS.index(found.task), found.since)


def waiting(found: Sequence[Turn], today: date) -> list[int]:
    """The places in ``found`` of those that wait for the reader, in the order to be shown."""
    shown = [place for place, one in enumerate(found) if waits(one, today)]
    return sorted(shown, key=lambda place: order(found[place], today))


def _of(task: str, facts: Facts, is_mine: bool) -> Turn:
    return Turn(task, YOURS if is_mine else THEIRS, facts.since)


def _may_still_agree(facts: Facts, now: datetime) -> bool:
    """Whether a meeting may be agreed, or another than the one that was."""
    if facts.state == "arranged":
        return facts.meets_at is not None and facts.meets_at > now
    return facts.state in ("promised", "partly", "out", "returned")


def _of_loan(facts: Facts, now: datetime, zone: str) -> Turn:
    today = now.astimezone(ZoneInfo(zone)).date()
    if not facts.gives:
        return Turn(BRING_BACK, YOURS, facts.since, facts.due_on)
    if facts.due_on is not None and facts.due_on < today:
        return Turn(ASK_BACK, BOTH, facts.since, facts.due_on)
    return Turn(BRING_BACK, THEIRS, facts.since, facts.due_on)


def _day(moment: datetime | None, zone: str) -> date | None:
    return moment.astimezone(ZoneInfo(zone)).date() if moment else None
