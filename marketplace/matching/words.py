"""How far offers say and mean what needs ask for: the parts of words and of concepts. Pure.

Words are what is written, and their stems; concepts what the lexicon knows them to mean, so that a
laptop answers who asks for a computer. One need is held against many offers, or one offer against
many needs, with the same bits either way: terms are summed in the order of their names.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketplace.matching.said import Codes, Floats, Numbers, Said, repeated, summed
from marketplace.matching.sides import Side, WordStats
from marketplace.search.analysis import CONCEPT_WEIGHT, nearby
from marketplace.search.lexicon import LEXICON
from marketplace.search.meanings import plain_form
from marketplace.search.stems import stems
from marketplace.search.stopwords import SOFT
from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK, MARKS, STEM_MARK, is_word

STRESSED = 2.0  # weight of a word in the title; what is only in the text below counts less
STEM_SHARE = 0.5  # of a word that is said in another form: menjahit, jahitan
UNTELLING_SHARE = 0.3  # of numbers and single letters: they say how many, not what
SOFT_SHARE = 0.6  # of words that go with anything: set, murah, supplies
UNKNOWN_SHARE = 0.5  # of words that the lexicon does not know: names of people and places, chatter
# Rarity below which a term says nothing: a word that half of all posts say, and what one in ten
# means, which is no meaning but a category.
HALF_SAY, TENTH_MEANS = math.log(2), math.log(10)
RARITY_POWER = 0.4  # a rare word says more, but hardly more than one that is rare enough
FULL_TERMS = 8  # a need counts as fully met in words when its 8 weightiest terms are
FULL_CONCEPTS = 4
FULL_RARITY = 3.5  # beyond TENTH_MEANS: what one in three hundred means tells all


@dataclass(frozen=True, slots=True)
class Asked:
    """A need with what each of its terms counts, and what its weightiest terms count together."""

    side: Side
    words: Mapping[str, float]
    concepts: Mapping[str, float]
    full_words: float
    full_concepts: float


def ask(need: Side, stats: WordStats) -> Asked:
    """The need made ready to be held against many offers."""
    most = min(max(need.words.values(), default=1.0), STRESSED)
    stress = {term: min(1.0, weight / most) for term, weight in sorted(need.words.items())}
    known = _known(need.words)
    words = {
        term: share
        * _telling(term, known)
        * max(0.0, stats.rarity(term) - HALF_SAY) ** RARITY_POWER
        for term, share in stress.items()
        if not term.startswith((CONCEPT_MARK, BELOW_MARK))
    }
    meant = {term: share for term, share in stress.items() if term.startswith(CONCEPT_MARK)}
    concepts = {
        term: share * min(1.0, max(0.0, stats.rarity(term) - TENTH_MEANS) / FULL_RARITY)
        for term, share in meant.items()
    }
    full = _full(words.values(), FULL_TERMS), _full(meant.values(), FULL_CONCEPTS)
    return Asked(need, words, concepts, *full)


def _full(worth: Iterable[float], most: int) -> float:
    return sum(sorted(worth, reverse=True)[:most])


def _known(terms: Iterable[str]) -> frozenset[str]:
    """Those of the words that stand in the lexicon, and their stems."""
    words = [term for term in terms if is_word(term)]
    known = [word for word in words if plain_form(word) in LEXICON.vocabulary]
    return frozenset((*known, *(stem for word in known for stem in stems(word))))


def _telling(term: str, known: Container[str]) -> float:
    """How much a word tells of what is asked for, whatever its rarity."""
    word = term.lstrip(MARKS)
    share = STEM_SHARE if term.startswith(STEM_MARK) else 1.0 - STEM_SHARE
    if word.isdigit() or len(word) == 1:
        return share * UNTELLING_SHARE
    if word in SOFT:
        return share * SOFT_SHARE
    return share if term in known else share * UNKNOWN_SHARE


def word_part(said: Said, asked: Sequence[Asked]) -> Floats:
    """BM25 of each need against each offer, as a share of what its weightiest terms could give."""
    if len(asked) == 1:
        worth = _table(asked[0].words, said.codes)
        gained = summed(said.rows, worth[said.terms] * said.counts, said.size)
    else:
        rows, terms, worths = _flat([one.words for one in asked], said.codes)
        counts = np.zeros(len(said.codes))
        counts[said.terms] = said.counts
        gained = summed(rows, worths * counts[terms], len(asked))
    return _share(gained, [one.full_words for one in asked])


def concept_part(said: Said, asked: Sequence[Asked], words: Floats) -> Floats:
    """How close the offer comes to each concept of the need, the rarer ones counting more; at
    least ``words``, for who says the very words means them too."""
    if len(asked) == 1:
        gained = np.zeros(said.size)
        for concept, worth in asked[0].concepts.items():
            gained += worth * _closeness(concept, said)
    else:
        rows, terms, worths = _flat([one.concepts for one in asked], said.codes)
        close = np.zeros(len(said.codes))
        for concept in {concept for one in asked for concept in one.concepts}:
            close[said.codes[concept]] = _closeness(concept, said)[0]
        gained = summed(rows, worths * close[terms], len(asked))
    return np.maximum(words, _share(gained, [one.full_concepts for one in asked]))


def _closeness(concept: str, said: Said) -> Floats:
    """1 where the offer says the concept itself in its title; less what is broader, narrower, or
    helps instead (weights as those of a search)."""
    near = nearby(concept.removeprefix(CONCEPT_MARK))
    known = {term: weight for term, weight in near.items() if term in said.codes}
    weights = _table(known, said.codes)
    rows, terms, counts = said.meant
    closeness = weights[terms] / CONCEPT_WEIGHT
    hits = np.flatnonzero(closeness)
    best = np.zeros(said.size)
    np.maximum.at(best, rows[hits], np.minimum(1.0, closeness[hits]) * counts[hits])
    return best


def _table(values: Mapping[str, float], codes: Codes) -> Floats:
    """The value of each code, 0 for the others."""
    numbers = [codes[term] for term in values]  # new terms get a number: before the table is made
    table = np.zeros(len(codes))
    table[numbers] = list(values.values())
    return table


def _flat(each: Iterable[Mapping[str, float]], codes: Codes) -> tuple[Numbers, Numbers, Floats]:
    """Row, code and value of every entry."""
    each = list(each)
    rows = repeated([len(one) for one in each])
    terms = np.array([codes[term] for one in each for term in one], np.int64)
    return rows, terms, np.array([value for one in each for value in one.values()], np.float64)


def _share(gained: Floats, full: Sequence[float]) -> Floats:
    most = np.array(full, np.float64)
    return np.minimum(1.0, np.divide(gained, most, out=np.zeros_like(gained), where=most > 0))
