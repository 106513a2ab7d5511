"""All words first, then fewer, until enough is found. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from marketplace.search.port import Hit, Query, Results
from marketplace.search.scoring import NEEDED_SHARE

ENOUGH = 5  # results; with fewer, those that hold less of what was asked are welcome too
STEPS = (1.0, 0.66, 0.33, 0.0)  # shares of the words, by what they tell


@dataclass(frozen=True, slots=True)
class Stepped:
    """``needed``: the share that every result holds. ``whole``: how many of the first results hold
    everything, when others follow that do not; else None."""

    results: Results
    needed: float | None
    whole: int | None


def in_steps(search: Callable[[Query], Results], query: Query, enough: int = ENOUGH) -> Stepped:
    """The answer to the strictest form of the query that finds enough.

    When the best come first, what holds more of the words stands before what holds less. In the
    order of dates or distances there are no steps within one list. The page begins with the first
    result: ``query.offset`` is 0.
    """
    if not query.groups:
        return Stepped(search(query), None, None)
    steps = _steps(query)
    if query.sort != "best":
        return _one_step(search, query, steps, enough)
    above: tuple[Hit, ...] = ()
    whole = 0
    for needed in steps:
        asked = replace(
            query,
            needed=needed,
            limit=max(query.limit, enough),
            exclude_ids=query.exclude_ids | {hit.id for hit in above},
        )
        found = search(asked)
        total = len(above) + found.total
        if needed == steps[0]:
            whole = total
        if total >= enough or needed == steps[-1]:
            break
        above += found.hits
    hits = (*above, *found.hits)[: query.limit]
    return Stepped(Results(hits, total), needed, whole if total > whole else None)


def _steps(query: Query) -> tuple[float, ...]:
    if query.sort != "best":
        return (*STEPS[:2], NEEDED_SHARE) if len(query.groups) > 1 else STEPS[:1]
    return STEPS if len(query.groups) > 1 else (STEPS[0], STEPS[-1])


def _one_step(
    search: Callable[[Query], Results], query: Query, steps: tuple[float, ...], enough: int
) -> Stepped:
    whole = 0
    for needed in steps:
        found = search(replace(query, needed=needed))
        whole = found.total if needed == steps[0] else whole
        if found.total >= enough:
            break
    return Stepped(found, needed, whole if found.total > whole else None)
