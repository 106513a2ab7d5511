"""What documents must hold to answer a question, as keys of the GIN index of PostgreSQL. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import h3.api.basic_int as h3
import numpy as np

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Query, Reach
from marketplace.search.postgres_ranking import ancestors, coarser, resolution
from marketplace.search.postgres_tables import COARSEST_REACH

TOGETHER_AT_MOST = 2  # kinds for each of which all cells are looked up
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
    """Every key that ``search_asked`` may ask for."""
    return _names(query, (facts_wanted(query),))


def names_of_facets(query: Query, reaches: Sequence[Reach], together: bool) -> set[str]:
    """Every key that counting may ask for."""
    return _names(query, _facts_of_facets(query, reaches, together))


def _names(query: Query, arms: Sequence[All]) -> set[str]:
    facts = (key for arm in arms for keys in arm for key in keys)
    return {*scoring.terms_of(query.groups), *query.excluded_terms, *facts}


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


def rarest_asked(query: Query, plan: scoring.Plan, fits: Callable[[Asked], bool]) -> Asked | None:
    """The same for documents that hold one of the rarest words: of as many as fit. None when not
    even those of the rarest do."""
    groups = sorted(plan.groups, key=lambda group: -group.ceiling)
    if scoring.needed_share(query) >= 1:
        return None
    best = None
    facts = facts_wanted(query)
    for number in range(1, len(groups)):
        words = {term for group in groups[:number] for term in _occurring(group)}
        asked = Asked(query, ((tuple(sorted(words)), *facts),), exact=False)
        if not fits(asked):
            break
        best = asked
    return best


def facets_asked(
    query: Query, plan: scoring.Plan, reaches: Sequence[Reach], together: bool
) -> Asked:
    """What passes all filters but one; of what only the reach keeps out, what ``reaches`` hold.

    ``together``: the other filters are left out all at once, which lets more through than must be
    but is one look-up instead of several.
    """
    words, exact = words_wanted(plan, query)
    arms = ((*words, *facts) for facts in _facts_of_facets(query, reaches, together))
    return Asked(query, tuple(arms), exact)


def _facts_of_facets(query: Query, reaches: Sequence[Reach], together: bool) -> list[All]:
    on = [name for name in FILTERS if getattr(query, name) is not None]
    if together:
        left_out = [without(query, *on)]
    else:
        left_out = [without(query, name) for name in on] or [query]
    arms = [facts_wanted(one) for one in left_out]
    if query.reach is not None:
        arms.append(facts_wanted(query, all_places_wanted(tuple(reaches), _together(query))))
    return arms


def without(query: Query, *names: str) -> Query:
    """The same question with these filters off."""
    nothing: dict[str, Any] = dict.fromkeys(names)
    return replace(query, **nothing)


def facts_wanted(query: Query, places: AnyOf | None = None) -> All:
    """What the filters ask for; an empty filter lets nothing through. ``places``: those of the
    reach when they are not to be its own."""
    wanted: list[AnyOf] = []
    together = _together(query)
    if places is None and query.reach is not None:
        places = places_wanted(query.reach, together)
    if together and places is None:
        wanted.append(together)
    elif not together:
        if query.direction is not None:
            wanted.append((f" direction {query.direction}",))
        if query.kinds is not None:
            wanted.append(tuple(f" kind {kind}" for kind in sorted(query.kinds)))
    if query.categories is not None:
        wanted.append(tuple(f" category {one}" for one in sorted(query.categories)))
    if query.terms is not None:
        wanted.append(tuple(f" terms {one}" for one in sorted(query.terms)))
    if places is not None:
        wanted.append(places)
    return tuple(wanted)


def _together(query: Query) -> AnyOf:
    """What is looked up together with the places: kinds, or kinds of one direction; none when
    they are too many."""
    if query.kinds is None or len(query.kinds) > TOGETHER_AT_MOST:
        return ()
    first = "kind" if query.direction is None else query.direction
    return tuple(f" {first} {kind}" for kind in sorted(query.kinds))


def places_around(query: Query) -> AnyOf | None:
    """The places of the larger cells around a small reach: half as many, which hold little more.
    None when its own are better."""
    if query.reach is None or query.reach.resolution < cells.FINEST:
        return None
    return _places_around(query.reach, _together(query))


@lru_cache(maxsize=256)
def _places_around(reach: Reach, together: AnyOf) -> AnyOf:
    found = [" online"] if reach.online else []
    for cell in coarser(reach):
        found.append(f" {'in' if resolution(cell) == reach.resolution - 1 else 'at'} {cell}")
    return tuple(place + one for place in found for one in together or ("",))


def places_wanted(reach: Reach, together: AnyOf = ()) -> AnyOf:
    """The places of a reach, put together from cells as large as possible."""
    return all_places_wanted((reach,), together)


@lru_cache(maxsize=256)
def all_places_wanted(reaches: tuple[Reach, ...], together: AnyOf) -> AnyOf:
    """The places that are in one of the reaches."""
    inside: set[int] = set()
    for reach in reaches:
        for cell in h3.compact_cells(list(reach.cells)):
            if resolution(cell) >= COARSEST_REACH:
                inside.add(cell)
            else:
                inside.update(h3.cell_to_children(cell, COARSEST_REACH))
    around = frozenset().union(*map(coarser, reaches))
    found = [" online"] if any(reach.online for reach in reaches) else []
    found += [f" in {cell}" for cell in (inside if len(reaches) == 1 else outermost(inside))]
    found += [f" at {cell}" for cell in around - inside]
    return tuple(place + one for place in found for one in together or ("",))


def outermost(inside: set[int]) -> list[int]:
    """Those that lie in no other one."""
    ascending = np.array(sorted(inside), np.int64)
    nested = np.zeros(len(ascending), np.bool_)
    for above in set(map(resolution, inside)):
        finer = resolution(ascending) > above
        nested |= finer & np.isin(ancestors(ascending, above), ascending)
    return ascending[~nested].tolist()


def exclusions(query: Query, values: dict[str, Any]) -> Iterator[str]:
    """Conditions that are no keys; what they name is put among ``values``."""
    values["now"] = query.now.timestamp()
    yield "expires > %(now)s::float8"
    if query.exclude_owners:
        values["owners"] = list(query.exclude_owners)
        yield "owner <> ALL (%(owners)s::bigint[])"
    if query.only_ids is not None:
        values["only"] = list(query.only_ids)
        yield "id = ANY (%(only)s::bigint[])"
    if query.exclude_ids:
        values["ids"] = list(query.exclude_ids)
        yield "id <> ALL (%(ids)s::bigint[])"


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
