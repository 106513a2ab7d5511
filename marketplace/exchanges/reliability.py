"""How far a member may be relied on, as facts instead of stars: what is counted, and how. Pure.

Everything is about the last twelve months. docs/reliability.md says the same with an example; the
page /reliability says it to members.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(days=365)  # people change; what is older is forgotten
HALF_LIFE = timedelta(days=180)  # what happened half a year ago counts half as much as today
# Beta(4, 1), as if four of five meetings had been kept: nobody begins with a bad name, and a single
# missed meeting of a newcomer (4/6 = .67) does not look like a habit.
PRIOR_KEPT, PRIOR_MISSED = 4.0, 1.0
ENOUGH = 3.0  # summed weights: less says more about chance than about the member
LATE = timedelta(hours=2)  # a meeting called off later than this has cost the other the way
LATE_PARAM = "late"  # of the step that called it off: the time of the meeting is not kept
LATE_SHARE = 0.5  # of a missed meeting: the other was told, but perhaps on the way already
HORIZON = timedelta(days=30)  # no answer for so long is as good as an answer after so long
HOUR = 3600.0

KEPT, MISSED, CALLED_OFF_LATE = OUTCOMES = ("kept", "missed", "called_off_late")
_PARTS = {KEPT: (1.0, 0.0), MISSED: (0.0, 1.0), CALLED_OFF_LATE: (0.0, LATE_SHARE)}

# From these shares on; whoever kept all of at least ENOUGH meetings is in the first band.
SHOWS_UP_BANDS = ((0.85, "nearly_always"), (0.7, "mostly"), (0.0, "not_always"))
REPLY_BANDS = (
    (1, "hour"),
    (3, "hours"),
    (12, "half_day"),
    (24, "day"),
    (72, "days"),
    (168, "week"),
)
SLOWER = "longer"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting that two had agreed on, and what the member made of it: one of OUTCOMES."""

    at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody asked the member something first. ``ended_at`` is the answer, or (``is_answered``
    False) when nobody waited any longer; None: they wait still."""

    asked_at: datetime
    ended_at: datetime | None = None
    is_answered: bool = False


def weight(at: datetime, now: datetime) -> float:
    """``2 ** (-age / HALF_LIFE)``; 0 outside of WINDOW. Exponential forgetting, as for the weighted
    evidence of beta reputation (Jøsang and Ismail, The Beta Reputation System, 2002)."""
    age = max(now - at, timedelta(0))
    return 0.0 if age > WINDOW else 2.0 ** (-(age / HALF_LIFE))


def evidence(meetings: Iterable[Meeting], now: datetime) -> tuple[float, float]:
    """The weights of what was kept and of what was missed, each summed (exactly, so that the order
    does not matter)."""
    parts = [(weight(one.at, now), *_PARTS[one.outcome]) for one in meetings]
    return math.fsum(w * kept for w, kept, _ in parts), math.fsum(w * lost for w, _, lost in parts)


def score(meetings: Iterable[Meeting], now: datetime) -> float:
    """The smoothed share of meetings kept, in (0, 1): the mean of the Beta distribution that the
    prior becomes with this evidence, ``(4 + kept) / (5 + kept + missed)``.

    Without any it is the prior's mean, .8: newcomers are neither favoured nor held back.
    """
    kept, missed = evidence(meetings, now)
    return (PRIOR_KEPT + kept) / (PRIOR_KEPT + PRIOR_MISSED + kept + missed)


def shows_up(meetings: Sequence[Meeting], now: datetime) -> float | None:
    """The score once there is enough to say: ``kept + missed >= ENOUGH``; else None."""
    return score(meetings, now) if math.fsum(evidence(meetings, now)) >= ENOUGH else None


def replies_within(waits: Sequence[Wait], now: datetime) -> float | None:
    """Within how many hours the member answers half of those who ask: the weighted median of
    Kaplan and Meier (1958), to which who waits still, or gave up, says "longer than that".

    With the waits in the order of their length t, S = product of (1 - d/n) over those answered,
    where d is the weight of the answers after t and n that of all who waited at least t; the
    median is the first t with S <= 1/2. It is robust: one answer from a holiday moves it little.
    None with answers that weigh less than ENOUGH, or while too many wait for too short a time.
    """
    seen = sorted(_observed(one, now) for one in waits if weight(one.asked_at, now))
    if math.fsum(w for _, is_open, w in seen if not is_open) < ENOUGH:
        return None
    survival = 1.0
    for hours in sorted({h for h, is_open, _ in seen if not is_open}):
        at_risk = math.fsum(w for h, _, w in seen if h >= hours)
        answered = math.fsum(w for h, is_open, w in seen if h == hours and not is_open)
        survival *= 1 - answered / at_risk
        if survival <= 0.5 + 1e-9:  # half of equal weights is half, whatever the machine rounds
            return hours
    return None


def _observed(wait: Wait, now: datetime) -> tuple[float, bool, float]:
    """Hours waited, whether that is all that is known (censored), and the weight."""
    lasted = max((wait.ended_at or now) - wait.asked_at, timedelta(0))
    hours = min(lasted, HORIZON).total_seconds() / HOUR
    return hours, not wait.is_answered and lasted < HORIZON, weight(wait.asked_at, now)


def was_late(called_off_at: datetime, meets_at: datetime) -> bool:
    """Whether a meeting was called off too late for the other to stay at home."""
    return called_off_at > meets_at - LATE


def shows_up_band(share: float) -> str:
    """A share as a code for words: nearly_always, mostly, not_always."""
    return next(code for least, code in SHOWS_UP_BANDS if share >= least)


def reply_band(hours: float) -> str:
    """Hours as a code for words: the narrowest of REPLY_BANDS that holds them, or SLOWER."""
    return next((code for most, code in REPLY_BANDS if hours <= most), SLOWER)
