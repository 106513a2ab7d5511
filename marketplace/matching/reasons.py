"""Why an offer and a request fit: codes with JSON parameters, in the order of saying. Pure."""

from collections.abc import Iterator
from functools import lru_cache

from marketplace.matching import times
from marketplace.matching.closeness import nearest
from marketplace.matching.parts import UNTELLING_FAMILIES, common_hours, distance_km
from marketplace.matching.sides import Reason, Side
from marketplace.matching.words import Asked
from marketplace.places.cells import band
from marketplace.search.lexicon import LEXICON, Phrase, phrase_of
from marketplace.search.meanings import DERIVED, meaning_of, plain_form
from marketplace.search.stems import stems
from marketplace.search.terms import CONCEPT_MARK, is_word

QUANTITIES = ("enough", "not_enough")
SHOWN_WORDS = 4
SHOWN_MEANINGS = 2
ALIKE = 0.8  # closeness from which two say the same in other words; below it one may help instead
HELPS = 0.4  # below it what they have in common is too wide to be a reason


def explain(offer: Side, asked: Asked) -> tuple[Reason, ...]:
    """Reasons in the order in which a neighbour would say them."""
    need = asked.side
    found: list[Reason] = []
    if words := shared_words(offer, asked):
        found.append(Reason("same_words", {"words": words}))
    found += _meanings(offer, asked, words)
    family = need.category_parent or need.category
    if offer.category == need.category and family not in UNTELLING_FAMILIES:
        found.append(Reason("same_category", {"category": need.category}))
    found += _place_reasons(offer, need)
    if hours := common_hours(offer, need):
        found.append(Reason("common_times", {"spans": times.spans(hours)}))
    if need.amount and offer.amount is not None and offer.unit == need.unit:
        found.append(quantity(need.amount, offer.amount, need.unit))
    if terms := sorted(offer.terms & need.terms):
        found.append(Reason("same_terms", {"terms": terms}))
    wanted, days = need.loan_days_max, offer.loan_days_max
    if terms == ["loan"] and wanted is not None and days is not None and days < wanted:
        found.append(Reason("loan_shorter", {"days": days, "wanted": wanted}))
    return tuple(found)


def quantity(asked: int, left: int, unit: str) -> Reason:
    """Whether what is left is enough, both counted in the same unit."""
    params = {"asked": asked, "left": left, "unit": unit}
    return Reason(QUANTITIES[left < asked], params)


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
    worth = asked.words
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
    return next((word for word in side.words if is_word(word) and term in stems(word)), "")


def _meanings(offer: Side, asked: Asked, shown: list[str]) -> Iterator[Reason]:
    """What one asks for and the other has, each in its own words, where these differ."""
    pairs: dict[str, list[list[str]]] = {"alike": [], "helps": []}
    told = set(shown)
    for concept, worth in sorted(asked.concepts.items(), key=lambda one: (-one[1], one[0])):
        slug = concept.removeprefix(CONCEPT_MARK)
        close, other = nearest(slug, offer.words)
        if worth <= 0 or close < HELPS:
            continue
        pair = [said_as(slug, asked.side), said_as(other, offer)]
        if all(pair) and pair[0] != pair[1] and not told.issuperset(pair[0].split()):
            pairs["alike" if close >= ALIKE else "helps"].append(pair)
            told.update(pair[0].split())
    for code, found in pairs.items():
        if found:
            yield Reason(code, {"pairs": found[:SHOWN_MEANINGS]})


def said_as(slug: str, side: Side) -> str:
    """The words of a listing that mean the concept; "" when they cannot be told."""
    plain = {plain_form(word): word for word in side.words if is_word(word)}
    said = [phrase for phrase in _phrases(slug) if plain.keys() >= set(phrase)]
    if said:
        return " ".join(plain[word] for word in max(said, key=len))
    for word in plain.values():
        meaning = meaning_of((word,))
        if slug in meaning.concepts and meaning.sure >= DERIVED:
            return word
    return ""


def _phrases(slug: str) -> tuple[Phrase, ...]:
    return _phrases_of(LEXICON.version, slug)


@lru_cache(maxsize=5_000)
def _phrases_of(version: str, slug: str) -> tuple[Phrase, ...]:
    concept = LEXICON.concepts.get(slug)
    return tuple(filter(None, map(phrase_of, concept.phrases))) if concept else ()
