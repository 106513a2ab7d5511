"""Why an offer and a request fit: codes with JSON parameters, in the order of saying. Pure."""

from marketplace.matching import times
from marketplace.matching.parts import (
    CATEGORY_SAME,
    category_part,
    common_hours,
    distance_km,
    worth,
)
from marketplace.matching.sides import Reason, Side, WordStats
from marketplace.places.cells import band

SHOWN_WORDS = 4


def explain(offer: Side, need: Side, *, stats: WordStats) -> tuple[Reason, ...]:
    """Reasons in the order in which a neighbour would say them."""
    found: list[Reason] = []
    if words := shared_words(offer, need, stats=stats):
        found.append(Reason("same_words", {"words": words}))
    if category_part(offer, need) == CATEGORY_SAME:
        found.append(Reason("same_category", {"category": need.category}))
    found += _place_reasons(offer, need)
    if hours := common_hours(offer, need):
        found.append(Reason("common_times", {"spans": times.spans(hours)}))
    if terms := sorted(offer.terms & need.terms):
        found.append(Reason("same_terms", {"terms": terms}))
    asked, given = need.loan_days_max, offer.loan_days_max
    if terms == ["loan"] and asked is not None and given is not None and given < asked:
        found.append(Reason("loan_shorter", {"days": given, "wanted": asked}))
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


def shared_words(offer: Side, need: Side, *, stats: WordStats) -> list[str]:
    """The need's words that the offer says too, the most telling first, at most SHOWN_WORDS."""
    value = worth(need.words, stats)
    common = sorted(need.words.keys() & offer.words.keys(), key=lambda term: (-value[term], term))
    return list(dict.fromkeys(need.surfaces.get(term, term) for term in common))[:SHOWN_WORDS]
