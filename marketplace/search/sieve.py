"""Which documents of a stored segment pass the filters of a query, some documents at a time. Pure.

Nothing is looked at for all documents of a segment unless all have to be: whoever asks begins with
the fewest that a result can be among.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from marketplace.search.port import Query
from marketplace.search.segments import (
    DIRECTIONS,
    KINDS,
    TRAIT_DIRECTIONS,
    TRAIT_KINDS,
    TRAIT_TERMS,
    Bools,
    Numbers,
    View,
    ascending,
    bits_of,
    places_in,
)

EVERY_TRAIT = np.ones(len(TRAIT_KINDS), np.bool_)


class Sieve:
    """The filters of a query, ready for one view. A filter that is off is None."""

    def __init__(self, view: View, query: Query) -> None:
        segment = view.segment
        self.view, self.query = view, query
        self.directions = _one_of(
            TRAIT_DIRECTIONS, DIRECTIONS, None if query.direction is None else {query.direction}
        )
        self.kinds = _one_of(TRAIT_KINDS, KINDS, query.kinds)
        self.terms = None if query.terms is None else (TRAIT_TERMS & bits_of(query.terms)) != 0
        self.traits = _both(_both(self.directions, self.kinds), self.terms)
        self.categories: Bools | None = None
        if query.categories is not None:
            wanted = {category.encode(errors="replace") for category in query.categories}
            self.categories = np.array([c in wanted for c in segment.categories.tolist()], np.bool_)
        self.spots = None if query.reach is None else segment.reached(query.reach)

    def narrowest(self) -> tuple[int, str] | None:
        """The narrowest filter that can tell its documents at once: how many, and which it is."""
        known = []
        if self.query.only_ids is not None:
            known.append((len(self.query.only_ids), "only_ids"))
        if self.spots is not None:
            known.append((self.view.segment.count_at(self.spots), "spots"))
        return min(known, default=None)

    def documents(self, narrowest: tuple[int, str]) -> Numbers:
        """The documents that this filter leaves, ascending."""
        if narrowest[1] == "only_ids" or self.spots is None:
            return self.view.segment.numbers_of(self.query.only_ids or ())
        return self.view.segment.documents_at(self.spots)

    def all_living(self, narrowed: bool) -> Numbers:
        """All that neither are dead nor have expired, ascending; ``narrowed``: of the right
        traits."""
        traits = self.traits if narrowed and self.traits is not None else EVERY_TRAIT
        return self.view.living(traits, self.query.now.timestamp())

    def living(self, documents: Numbers) -> Numbers:
        """Those that neither are dead nor have expired."""
        view, now = self.view, self.query.now.timestamp()
        if view.deleted:
            documents = documents[view.live[documents]]
        if view.segment.expired(now):
            documents = documents[view.segment.expires[documents] > now]
        return documents

    def included(self, documents: Numbers) -> Numbers:
        """Those that nothing excludes and that are among the only ones asked for."""
        segment, query = self.view.segment, self.query
        if query.only_ids is not None:
            documents = documents[self._marked(segment.numbers_of(query.only_ids))[documents]]
        if query.exclude_owners:
            hidden = np.zeros(len(segment.owners), np.bool_)
            hidden[places_in(segment.owners, ascending(query.exclude_owners))] = True
            documents = documents[~hidden[segment.owner_of[documents]]]
        out: list[NDArray[np.integer]] = []
        out += [segment.postings(term)[0] for term in query.excluded_terms]
        if query.exclude_ids:
            out.append(segment.numbers_of(query.exclude_ids))
        if any(len(one) for one in out):
            documents = documents[~self._marked(*out)[documents]]
        return documents

    def of_traits(self, documents: Numbers) -> Numbers:
        """Those of the right direction, kind and terms."""
        if self.traits is None:
            return documents
        return documents[self.traits[self.view.segment.traits[documents]]]

    def placed(self, documents: Numbers) -> Numbers:
        """Those in reach and in the right category."""
        segment = self.view.segment
        if self.spots is not None:
            documents = documents[self.spots[segment.spot_of[documents]]]
        if self.categories is not None:
            documents = documents[self.categories[segment.category_of[documents]]]
        return documents

    def _marked(self, *lists: NDArray[np.integer]) -> Bools:
        marks = np.zeros(len(self.view.segment), np.bool_)
        for one in lists:
            marks[one] = True
        return marks


def _one_of(
    traits: NDArray[np.intp], names: tuple[str, ...], wanted: Collection[str] | None
) -> Bools | None:
    """Which traits have one of these names, when it matters."""
    if wanted is None:
        return None
    return np.isin(traits, [names.index(name) for name in wanted])


def _both(one: Bools | None, other: Bools | None) -> Bools | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
