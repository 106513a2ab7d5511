"""Counting what each choice of a filter would give, over stored segments. Pure.

The words are looked up once; what is left is counted by trait, category and spot, each without
the filter that is counted.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from marketplace.search import scoring
from marketplace.search.arrays import Answers
from marketplace.search.port import Facets, Query, Reach
from marketplace.search.segments import (
    DIRECTIONS,
    KINDS,
    TERMS,
    TRAIT_DIRECTIONS,
    TRAIT_KINDS,
    TRAIT_TERMS,
    Bools,
    Ints,
    Numbers,
    View,
)
from marketplace.search.sieve import Sieve


def facets(
    views: tuple[View, ...], query: Query, plan: scoring.Plan, reaches: Sequence[Reach]
) -> Facets:
    """How many results each choice would give, over all segments."""
    by_direction, by_kind, by_terms = np.zeros((3, len(TRAIT_KINDS)), np.int64)
    categories: Counter[str] = Counter()
    within = [0] * len(reaches)
    for view in views:
        segment, sieve = view.segment, Sieve(view, query)
        found = Answers(sieve, plan, narrowed=False).unranked()
        has_traits = _passing(sieve.traits, segment.traits, found)
        in_category = _passing(sieve.categories, segment.category_of, found)
        in_reach = _passing(sieve.spots, segment.spot_of, found)
        own = segment.traits[found[in_category & in_reach]]
        traits = np.bincount(own, minlength=len(TRAIT_KINDS))
        by_direction += _where(traits, sieve.kinds, sieve.terms)
        by_kind += _where(traits, sieve.directions, sieve.terms)
        by_terms += _where(traits, sieve.directions, sieve.kinds)
        codes = np.bincount(segment.category_of[found[has_traits & in_reach]])
        for code in np.flatnonzero(codes).tolist():
            categories[segment.categories[code].decode()] += int(codes[code])
        spots = np.bincount(
            segment.spot_of[found[has_traits & in_category]], minlength=len(segment.cells) + 1
        )
        for n, reach in enumerate(reaches):
            within[n] += int(spots[segment.reached(reach)].sum())
    return Facets(
        directions=_named(
            DIRECTIONS, [n == TRAIT_DIRECTIONS for n in range(len(DIRECTIONS))], by_direction
        ),
        kinds=_named(KINDS, [n == TRAIT_KINDS for n in range(len(KINDS))], by_kind),
        categories=categories,
        terms=_named(TERMS, [(TRAIT_TERMS & (1 << n)) != 0 for n in range(len(TERMS))], by_terms),
        within=tuple(within),
    )


def _passing(table: Bools | None, codes: NDArray[np.integer], documents: Numbers) -> Bools:
    return np.ones(len(documents), np.bool_) if table is None else table[codes[documents]]


def _where(traits: Ints, *filters: Bools | None) -> Ints:
    """The counts of those traits that all of these filters let through."""
    for one in filters:
        if one is not None:
            traits = np.where(one, traits, 0)
    return traits


def _named(names: Sequence[str], having: Sequence[Bools], traits: Ints) -> dict[str, int]:
    """How many have what each name stands for; without those that nobody has."""
    counts = {name: int(traits[those].sum()) for name, those in zip(names, having, strict=True)}
    return {name: count for name, count in counts.items() if count}
