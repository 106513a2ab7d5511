"""All words first, then fewer, until enough is found. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from marketplace.search.port import Hit, Query, Results
from marketplace.search.scoring import Plan

ENOUGH = 5  # results; with fewer, those that hold less of what was asked are welcome too
# Words: a longer question is told in sentences, which no post holds whole. On judged questions of
# that length the best answers are those that give most for all words together.
LONGEST_STEPPED = 6
SLACK = 1e-9  # shares are sums of doubles


@dataclass(frozen=True, slots=True)
class Stepped:
    """``needed``: the share that every result holds. ``whole``: how many of the first results hold
    everything, when others follow that do not; else None."""

    results: Results
    needed: float | None
    whole: int | None


def in_steps(
    search: Callable[[Query], Results], query: Query, plan: Plan, enough: int = ENOUGH
) -> Stepped:
    """The answer to the strictest form of the query that finds enough. ``plan``: of its groups.

    When the best come first, what holds more of the words stands before what holds less. In the
    order of dates or distances there are no steps within one list. The page begins with the first
    result: ``query.offset`` is 0.
    """
    if not query.groups:
        return Stepped(search(query), None, None)
    if query.sort != "best":
        return _one_step(search, query, shares(plan), enough)
    above: tuple[Hit, ...] = ()
    whole = 0
    is_long = len(query.groups) > LONGEST_STEPPED
    for needed in (*(() if is_long else shares(plan)), 0.0):
        asked = replace(
            query,
            needed=needed,
            limit=max(query.limit, enough),
            exclude_ids=query.exclude_ids | {hit.id for hit in above},
        )
        found = search(asked)
        total = len(above) + found.total
        if needed == 1.0:
            whole = total
        if total >= enough or not needed:
            break
        above += found.hits
    hits = (*above, *found.hits)[: query.limit]
    return Stepped(Results(hits, total), needed, whole if total > whole else None)


def shares(plan: Plan) -> list[float]:
    """What a result must hold, step by step: everything; all but the word that tells least; the
    words that tell most, half of them. Words that no document holds are not missed."""
    known = sorted(
        group.ceiling
        for group in plan.groups
        if any(one.frequency for term, _, one in group.alternatives if term in group.holding)
    )
    dropped = dict.fromkeys((1, (len(known) + 1) // 2))
    fewer = (1 - sum(known[:n]) / plan.ceiling - SLACK for n in dropped if n < len(known))
    return [1.0, *fewer]


def _one_step(
    search: Callable[[Query], Results], query: Query, steps: Sequence[float], enough: int
) -> Stepped:
    whole = 0
    for needed in steps:
        found = search(replace(query, needed=needed))
        whole = found.total if needed == 1.0 else whole
        if found.total >= enough:
            break
    return Stepped(found, needed, whole if found.total > whole else None)
