"""How far offers say and mean what needs ask for: the parts of words and of concepts. Pure.

Words are what is written, and their stems; concepts what the lexicon knows them to mean, so that a
laptop answers who asks for a computer. One need is held against many offers, or one offer against
many needs, with the same bits either way: terms are summed in the order of their names.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marketplace.matching.closeness import closeness
from marketplace.matching.said import Codes, Floats, Numbers, Said, repeated, summed
from marketplace.matching.sides import Side, WordStats
from marketplace.search.lexicon import LEXICON
from marketplace.search.meanings import plain_form
from marketplace.search.stems import stems
from marketplace.search.stopwords import SOFT
from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK, is_word

STRESSED = 2.0  # weight of a word in the title; what is only in the text below counts less
STEM_SHARE = 0.5  # of a word that is said in another form: menjahit, jahitan
UNTELLING_SHARE = 0.2  # of numbers and single letters: they say how many, not what
SOFT_SHARE = 0.1  # of words that go with anything: set, murah, supplies, help
UNKNOWN_SHARE = 0.5  # of words that the lexicon does not know: names of people and places, chatter
# Rarity below which a term says nothing: a word that half of all posts say, and what one in ten
# means, which is no meaning but a category.
HALF_SAY, TENTH_MEANS = math.log(2), math.log(10)
RARITY_POWER = 0.35  # a rare word says more, but hardly more than one that is rare enough
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
    shares = _shares(need.words)
    words: dict[str, float] = {}
    concepts: dict[str, float] = {}
    stresses: list[float] = []
    for term, weight in sorted(need.words.items()):
        stress = min(1.0, weight / most)
        if term.startswith(CONCEPT_MARK):
            beyond = max(0.0, stats.rarity(term) - TENTH_MEANS)
            concepts[term] = stress * min(1.0, beyond / FULL_RARITY)
            stresses.append(stress)
        elif not term.startswith(BELOW_MARK):
            beyond = max(0.0, stats.rarity(term) - HALF_SAY)
            words[term] = stress * shares[term] * beyond**RARITY_POWER
    full = _full(words.values(), FULL_TERMS), _full(stresses, FULL_CONCEPTS)
    return Asked(need, words, concepts, *full)


def _full(worth: Iterable[float], most: int) -> float:
    return sum(sorted(worth, reverse=True)[:most])


def _shares(terms: Iterable[str]) -> dict[str, float]:
    """How much each word and stem tells of what is asked for, whatever its rarity: a stem as much
    as the word that tells most of those from which it comes."""
    found: dict[str, float] = {}
    for term in terms:
        if is_word(term):
            share, stems_of = _told_by(LEXICON.version, term)
            found[term] = share * (1.0 - STEM_SHARE)
            for stem in stems_of:
                found[stem] = max(share * STEM_SHARE, found.get(stem, 0.0))
    return {term: found.get(term, STEM_SHARE * UNKNOWN_SHARE) for term in terms}


def telling(word: str) -> float:
    """How much a written word tells of what is meant, whatever its rarity."""
    return _told_by(LEXICON.version, word)[0]


@lru_cache(maxsize=50_000)
def _told_by(version: str, word: str) -> tuple[float, tuple[str, ...]]:
    """What a word tells, and the stems that tell so too: of what nobody knows they are not worked
    out, for stems tell no more than that unless somebody says so."""
    if word.isdigit() or len(word) == 1:
        return UNTELLING_SHARE, tuple(stems(word))
    if word in SOFT:
        return SOFT_SHARE, tuple(stems(word))
    if plain_form(word) in LEXICON.vocabulary:
        return 1.0, tuple(stems(word))
    return UNKNOWN_SHARE, ()


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
    """Of each offer: 1 where it says the concept itself in its title, less where only in its text,
    or something close to it."""
    near = closeness(concept.removeprefix(CONCEPT_MARK))
    known = {term: close for term, close in near.items() if term in said.codes}
    rows, terms, counts = said.meant
    close = _table(known, said.codes)[terms]
    hits = np.flatnonzero(close)
    best = np.zeros(said.size)
    np.maximum.at(best, rows[hits], close[hits] * counts[hits])
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
