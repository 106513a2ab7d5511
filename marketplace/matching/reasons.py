"""Why an offer and a request fit: codes with JSON parameters, in the order of saying. Pure."""

from marketplace.matching import times
from marketplace.matching.parts import UNTELLING_FAMILIES, common_hours, distance_km
from marketplace.matching.sides import Reason, Side
from marketplace.matching.words import Asked
from marketplace.places.cells import band
from marketplace.search.meanings import concepts_of
from marketplace.search.stems import stems
from marketplace.search.terms import CONCEPT_MARK, is_word

SHOWN_WORDS = 4


def explain(offer: Side, asked: Asked) -> tuple[Reason, ...]:
    """Reasons in the order in which a neighbour would say them."""
    need = asked.side
    found: list[Reason] = []
    if words := shared_words(offer, asked):
        found.append(Reason("same_words", {"words": words}))
    family = need.category_parent or need.category
    if offer.category == need.category and family not in UNTELLING_FAMILIES:
        found.append(Reason("same_category", {"category": need.category}))
    found += _place_reasons(offer, need)
    if hours := common_hours(offer, need):
        found.append(Reason("common_times", {"spans": times.spans(hours)}))
    if terms := sorted(offer.terms & need.terms):
        found.append(Reason("same_terms", {"terms": terms}))
    wanted, days = need.loan_days_max, offer.loan_days_max
    if terms == ["loan"] and wanted is not None and days is not None and days < wanted:
        found.append(Reason("loan_shorter", {"days": days, "wanted": wanted}))
    return tuple(found)


def _place_reasons(offer: Side, need: Side) -> list[Reason]:
    kinds = {offer.place_kind, need.place_kind}
    if "online" in kinds:
        return [Reason("online" if kinds == {"online"} else "half_online")]
    apart = distance_km(offer, need)
    if apart is None:
        return []
    _, limits = band(apart, offer.cell_resolution or 0, need.cell_resolution or 0)
    return [Reason("distance", {"low": limits.get("from", 0), "high": limits.get("to")})]


def shared_words(offer: Side, asked: Asked) -> list[str]:
    """The need's words that the offer says too, the most telling first, at most SHOWN_WORDS.

    Where only the stem is in common it is the word of the need from which it comes.
    """
    worth = {**asked.words, **asked.concepts}
    common = sorted(worth.keys() & offer.words.keys(), key=lambda term: (-worth[term], term))
    shown: dict[str, None] = {}
    for term in common:
        if len(shown) == SHOWN_WORDS:
            break
        if written := _written(term, asked.side):
            shown[written] = None
    return list(shown)


def _written(term: str, side: Side) -> str:
    """A word of the listing from which the term comes; "" when none says it alone."""
    if is_word(term):
        return term
    words = (word for word in side.words if is_word(word))
    if term.startswith(CONCEPT_MARK):
        slug = term.removeprefix(CONCEPT_MARK)
        return next((word for word in words if slug in concepts_of((word,))), "")
    return next((word for word in words if term in stems(word)), "")
