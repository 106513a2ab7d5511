"""How much somebody may do in a day, by how long and how well they are known here. Pure.

A newcomer can post and ask as much as a household needs; who was warned can still take part.
What is running is never limited: only new posts, new conversations and reports are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)
KNOWN_AFTER = timedelta(days=7)
TRUSTED_AFTER = timedelta(days=30)
TRUSTED_COMPLETED = 3  # things given, lent, taught or met
WARNED_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many of each a day."""

    listings: int
    conversations: int
    reports: int


QUOTAS = {
    "warned": Quotas(2, 3, 5),
    "new": Quotas(5, 10, 10),
    "known": Quotas(15, 20, 20),
    "trusted": Quotas(30, 40, 40),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a member: since when, whether an address is confirmed, how many things
    are completed, when they were last warned."""

    since: datetime
    confirmed: bool
    completed: int = 0
    warned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """``used`` of ``most`` in the last 24 hours; ``again_at``: when there is room again."""

    used: int
    most: int
    again_at: datetime | None = None

    def hours_left(self, now: datetime) -> int:
        """Whole hours until there is room again, rounded up; 0 when there is."""
        if not self.is_used_up or self.again_at is None:
            return 0
        return max(1, -int((now - self.again_at) // timedelta(hours=1)))

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.most


def level(standing: Standing, now: datetime) -> str:
    """warned, new, known or trusted."""
    if standing.warned_at is not None and now - standing.warned_at < WARNED_FOR:
        return "warned"
    age = now - standing.since
    proven = standing.confirmed or standing.completed > 0
    if age < KNOWN_AFTER or not proven:
        return "new"
    if age < TRUSTED_AFTER or standing.completed < TRUSTED_COMPLETED:
        return "known"
    return "trusted"


def quota(times: Sequence[datetime], most: int, now: datetime) -> Quota:
    """The state of a quota whose uses were at ``times``, in any order."""
    recent = sorted(time for time in times if now - time < DAY)
    if len(recent) < most:
        return Quota(len(recent), most)
    # Room comes when all but ``most`` - 1 of the recent uses are a day old.
    return Quota(len(recent), most, recent[len(recent) - most] + DAY)
