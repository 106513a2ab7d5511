"""What documents must hold to answer a question, as keys of the GIN index of PostgreSQL. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import h3.api.basic_int as h3

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Query, Reach
from marketplace.search.postgres_ranking import coarser
from marketplace.search.postgres_tables import COARSEST_REACH
from marketplace.search.segments import DIRECTIONS, KINDS

BOTH_AT_MOST = 2  # combinations of direction and kind for which cells are looked up together
SURELY = 1 - 1e-9  # sums in another order may differ in the last places
FILTERS = ("direction", "kinds", "categories", "terms")  # all but the reach

AnyOf = tuple[str, ...]  # a document holds one of these
All = tuple[AnyOf, ...]  # of each of these


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked up: documents that hold all of one arm, as far as ``query`` does not exclude
    them. ``exact``: each of them answers the words; otherwise some are left out after ranking."""

    query: Query
    arms: tuple[All, ...]
    exact: bool


def names_of(query: Query) -> set[str]:
    """Every key that a search may ask for."""
    facts = (key for keys in facts_wanted(query) for key in keys)
    return {*scoring.terms_of(query.groups), *query.excluded_terms, *facts}


def names_of_facets(query: Query, reaches: Sequence[Reach]) -> set[str]:
    """Every key that counting may ask for, whichever of the filters is left out."""
    left_out = [without(query, name) for name in (*FILTERS, "reach")]
    names = names_of(query).union(*map(names_of, (*left_out, without(query, *FILTERS))))
    return names.union(*(places_wanted(reach, _both(query)) for reach in reaches))


def search_asked(query: Query, plan: scoring.Plan) -> Asked:
    """What passes all filters and may answer the words."""
    words, exact = words_wanted(plan, query)
    return Asked(query, ((*words, *facts_wanted(query)),), exact)


def all_words_asked(query: Query, plan: scoring.Plan) -> Asked | None:
    """The same for documents that hold every word; None when that is what the query asks for."""
    if len(plan.groups) < 2 or scoring.needed_share(query) >= 1:
        return None
    strict = replace(query, needed=1.0)
    return replace(search_asked(strict, plan), query=query)


def facets_asked(
    query: Query, plan: scoring.Plan, reaches: Sequence[Reach], together: bool
) -> Asked:
    """What passes all filters but one; of what only the reach keeps out, what ``reaches`` hold.

    ``together``: the other filters are left out all at once, which lets more through than must be
    but is one look-up instead of several.
    """
    words, exact = words_wanted(plan, query)
    on = [name for name in FILTERS if getattr(query, name) is not None]
    if together:
        variants = [without(query, *on)]
    else:
        variants = [without(query, name) for name in on] or [query]
    arms = [(*words, *facts_wanted(variant)) for variant in variants]
    if query.reach is not None:
        anywhere = without(query, "reach")
        near = {place for reach in reaches for place in places_wanted(reach, _both(query))}
        arms.append((*words, *facts_wanted(anywhere), tuple(sorted(near))))
    return Asked(query, tuple(arms), exact)


def without(query: Query, *names: str) -> Query:
    """The same question with these filters off."""
    nothing: dict[str, Any] = dict.fromkeys(names)
    return replace(query, **nothing)


def facts_wanted(query: Query) -> All:
    """What the filters ask for; an empty filter lets nothing through."""
    wanted: list[AnyOf] = []
    both = _both(query)
    if both and query.reach is None:
        wanted.append(both)
    elif not both:
        if query.direction is not None:
            wanted.append((f" direction {query.direction}",))
        if query.kinds is not None:
            wanted.append(tuple(f" kind {kind}" for kind in sorted(query.kinds)))
    if query.categories is not None:
        wanted.append(tuple(f" category {one}" for one in sorted(query.categories)))
    if query.terms is not None:
        wanted.append(tuple(f" terms {one}" for one in sorted(query.terms)))
    if query.reach is not None:
        wanted.append(places_wanted(query.reach, both))
    return tuple(wanted)


def _both(query: Query) -> AnyOf:
    """The combinations of direction and kind that pass, when they are few."""
    if query.direction is None and query.kinds is None:
        return ()
    directions = DIRECTIONS if query.direction is None else (query.direction,)
    kinds = KINDS if query.kinds is None else sorted(query.kinds)
    found = tuple(f" {direction} {kind}" for direction in directions for kind in kinds)
    return found if len(found) <= BOTH_AT_MOST else ()


@lru_cache(maxsize=256)
def places_wanted(reach: Reach, both: AnyOf = ()) -> AnyOf:
    """The places of a reach, put together from cells as large as possible."""
    found = [" online"] if reach.online else []
    if reach.cells:
        for cell in h3.compact_cells(list(reach.cells)):
            if cells.resolution_of(cell) >= COARSEST_REACH:
                found.append(f" in {cell}")
            else:
                found += [f" in {one}" for one in h3.cell_to_children(cell, COARSEST_REACH)]
        found += [f" at {cell}" for cell in coarser(reach).tolist()]
    return tuple(place + one for place in found for one in both or ("",))


def words_wanted(plan: scoring.Plan, query: Query) -> tuple[All, bool]:
    """What the words ask for, and whether that is all they ask for.

    A group without which the others cannot give the needed share must be held; if there is none,
    then one of those without which the rest, which are the more frequent ones, cannot.
    """
    if not plan.groups:
        return (), True
    needed = scoring.needed_share(query)
    if needed <= 0:
        return (tuple(sorted(scoring.terms_of(query.groups))),), True
    held = [(group, _occurring(group)) for group in plan.groups]
    held = [(group, terms) for group, terms in held if terms]
    limit = needed * sum(group.ceiling for group, _ in held) * SURELY
    whole = sum(group.ceiling for group, _ in held)
    must = tuple(terms for group, terms in held if whole - group.ceiling < limit)
    if must or not held:
        return must or ((),), len(must) == len(held)
    held.sort(key=lambda one: one[0].ceiling)
    rest = 0.0
    while rest + held[0][0].ceiling < limit:
        rest += held.pop(0)[0].ceiling
    return (tuple(sorted({term for _, terms in held for term in terms})),), False


def _occurring(group: scoring.PlannedGroup) -> AnyOf:
    holding = group.holding
    return tuple(sorted({t for t, _, s in group.alternatives if s.frequency and t in holding}))
