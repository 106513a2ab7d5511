"""What a member's no teaches about what to show them: what resembles it comes further down. Pure.

A lesson lowers, it never hides; the strongest one counts, so that many of them do not drown
everything; and what bears no likeness to anything declined keeps its score.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

TEACHES_FOR = timedelta(days=180)  # what one wants, and how far one goes, changes
LOWERED_BY = 0.4  # the most that a lesson takes off: a very good match still may fit
ALIKE = 0.5  # half of what the posts say in common: below that they are about something else
AS_FAR = 0.75  # share of the declined distance from which on another one counts as far, too


@dataclass(frozen=True, slots=True)
class Look:
    """A pair as one of its sides sees it: its own listing, what the other one says (term ->
    weight), how far it is (None: nobody travels, or unknown) and when both can (mask of the week,
    None: not said)."""

    listing_id: int
    words: Mapping[str, float] = field(default_factory=dict)
    km: float | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A declined pair and the reason; ``match_id`` says which."""

    match_id: int
    reason: str
    look: Look


@dataclass(frozen=True, slots=True)
class Lowered:
    """By which factor a pair is lowered, and what taught that."""

    factor: float
    lesson: Lesson


def lowered(look: Look, lessons: Iterable[Lesson]) -> Lowered | None:
    """The strongest lesson for this pair, the factor in [1 - LOWERED_BY, 1); None without one."""
    felt = [
        Lowered(1.0 - LOWERED_BY * likeness, one)
        for one in lessons
        if (likeness := _likeness(look, one)) > 0
    ]
    return min(felt, key=lambda one: (one.factor, one.lesson.match_id), default=None)


def _likeness(look: Look, lesson: Lesson) -> float:
    """How much a pair resembles a declined one in what was wrong with it, in [0, 1]."""
    match lesson.reason:
        case "not_what_i_need":
            shared = _shared(look.words, lesson.look.words)
            return shared if shared >= ALIKE else 0.0
        case "too_far":
            return _as_far(look.km, lesson.look.km)
        case "timing":
            return _same_hours(look.hours, lesson.look.hours)
        case "have_it":
            return float(look.listing_id == lesson.look.listing_id)
    return 0.0


def _shared(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Weighted Jaccard of what two posts say (Ruzicka)."""
    terms = one.keys() | other.keys()
    most = sum(max(one.get(term, 0.0), other.get(term, 0.0)) for term in terms)
    least = sum(min(one[term], other[term]) for term in one.keys() & other.keys())
    return min(1.0, least / most) if most else 0.0


def _as_far(km: float | None, declined: float | None) -> float:
    """0 below AS_FAR of the declined distance, rising to 1 at that distance and beyond."""
    if km is None or not declined:
        return 0.0
    return min(1.0, max(0.0, (km / declined - AS_FAR) / (1.0 - AS_FAR)))


def _same_hours(hours: int | None, declined: int | None) -> float:
    """The share of the pair's hours that were declined before."""
    if not hours or not declined:
        return 0.0
    return (hours & declined).bit_count() / hours.bit_count()
