"""How close what is said comes to a concept of the lexicon. Pure."""

from collections.abc import Mapping
from functools import lru_cache

from marketplace.search.analysis import CONCEPT_WEIGHT, nearby
from marketplace.search.lexicon import LEXICON
from marketplace.search.terms import CONCEPT_MARK


def closeness(slug: str) -> Mapping[str, float]:
    """Terms to how close they are: 1 for the concept itself; what lies below it, above it, beside
    it or below the same less, in the measure of a search."""
    return _closeness(LEXICON.version, slug)


@lru_cache(maxsize=20_000)
def _closeness(version: str, slug: str) -> Mapping[str, float]:
    return {term: min(1.0, weight / CONCEPT_WEIGHT) for term, weight in nearby(slug).items()}


def nearest(slug: str, terms: Mapping[str, float]) -> tuple[float, str]:
    """The closest of these terms to the concept, and the concept that says it; 0 and "" for none.
    Of equally close ones what is said with more stress."""
    near = closeness(slug)
    found = [(near[term], weight, term) for term, weight in terms.items() if term in near]
    if not found:
        return 0.0, ""
    close, _, term = max(found)
    above = term[1:]
    if term.startswith(CONCEPT_MARK):
        return close, above
    below = [
        (weight, one[1:])
        for one, weight in terms.items()
        if one.startswith(CONCEPT_MARK) and above in LEXICON.ancestors(one[1:])
    ]
    return close, max(below)[1] if below else ""
