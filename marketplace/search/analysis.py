"""Text into terms, the same for documents and queries, for every engine and for matching. Pure.

A term is a word as it is written (normalised), or a marked one: a stem, a concept of the lexicon,
a concept above it. Both languages are stemmed, because people mix them. Nothing here is slow on
hostile text: it is cut first.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from marketplace.search.lexicon import LEXICON, LONGEST
from marketplace.search.port import Group
from marketplace.search.stopwords import LONGEST_PHRASE, PHRASES, WORDS
from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK, STEM_MARK
from marketplace.search.tokens import MAX_TEXT, tokens

SURFACE_WEIGHT = 1.0  # of a query's word as written
STEM_WEIGHT = 0.7  # of its stem: the same root need not mean the same thing
CONCEPT_WEIGHT = 0.9  # of what its phrase means, in whatever words it is said
NARROWER_WEIGHT = 0.6  # of what is one of that: a doll, when toys are looked for
BROADER_WEIGHT = 0.3  # of what that is one of, said as such
SIBLING_WEIGHT = 0.1  # of what is one of the same
TITLE_WEIGHT = 2.0  # a word in the title counts like two in the description
MAX_QUERY = 600  # characters of a query that are read
MAX_QUERY_WORDS = 40

_stemmers = {
    "id": snowballstemmer.stemmer("indonesian"),
    "en": snowballstemmer.stemmer("english"),
}
_one_at_a_time = threading.Lock()  # a stemmer keeps the word it is working on in itself


@dataclass(frozen=True, slots=True)
class Unit:
    """Words that belong together, and the concepts that they may mean."""

    words: tuple[str, ...]
    concepts: tuple[str, ...]


def units_of(text: str, longest: int = MAX_TEXT) -> Iterator[Unit]:
    """The longest phrases of the lexicon, and the single words between them that say something."""
    found, at = tokens(text, longest), 0
    while at < len(found):
        if nothing := _phrase_at(found, at):
            at += nothing
            continue
        unit = _unit_at(found, at)
        if unit.words:
            yield Unit(tuple(word for word in unit.words if word not in WORDS), unit.concepts)
        at += max(1, len(unit.words))


def words_of(text: str, longest: int = MAX_TEXT) -> Iterator[str]:
    """The words that say something, in order; doubled words (anak-anak, anak2) are one."""
    for unit in units_of(text, longest):
        yield from unit.words


def _unit_at(words: list[str], at: int) -> Unit:
    """The longest phrase from here on; no words when what stands here says nothing."""
    for size in range(min(LONGEST, len(words) - at), 0, -1):
        phrase = tuple(words[at : at + size])
        if size == 1 and phrase[0] in WORDS:
            return Unit((), ())
        if concepts := concepts_of(phrase):
            return Unit(phrase, concepts)
    return Unit((words[at],), ())


def concepts_of(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """Slugs of what a phrase may mean: as it is written, else by the stems of its words."""
    return _concepts_of(LEXICON.version, phrase)


# What is remembered is remembered of one version of the lexicon, whoever changes it meanwhile.
@lru_cache(maxsize=50_000)
def _concepts_of(version: str, phrase: tuple[str, ...]) -> tuple[str, ...]:
    if concepts := LEXICON.meanings.get(phrase):
        return concepts
    for language in ("en", "id"):
        stemmed = tuple(stem(word, language) for word in phrase)
        if concepts := _meanings_of_stems(version, language).get(stemmed):
            return concepts
    return ()


@lru_cache(maxsize=4)
def _meanings_of_stems(version: str, language: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    if version:
        found |= _meanings_of_stems("", language)
    for phrase, concepts in (LEXICON.added if version else LEXICON.files.meanings).items():
        stemmed = tuple(stem(word, language) for word in phrase)
        found[stemmed] = tuple(dict.fromkeys((*found.get(stemmed, ()), *concepts)))
    return found


def _phrase_at(words: list[str], at: int) -> int:
    """How many words from here on make a phrase that says nothing."""
    for size in range(LONGEST_PHRASE, 1, -1):
        if tuple(words[at : at + size]) in PHRASES:
            return size
    return 0


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """The stem of a normalised word, with the mark of stems. ``language``: id or en."""
    with _one_at_a_time:
        return STEM_MARK + _stemmers[language].stemWord(word)


def stems(word: str, languages: tuple[str, ...] = ("id", "en")) -> list[str]:
    """The distinct stems of a word."""
    return list(dict.fromkeys(stem(word, language) for language in languages))


def document_terms(title: str, description: str, language: str) -> dict[str, float]:
    """The terms of a listing with how often it says them, the title counting double.

    Words of an English text get English stems only, all others those of both languages.
    """
    languages = ("en",) if language == "en" else ("id", "en")
    terms: dict[str, float] = {}
    for text, weight in ((title, TITLE_WEIGHT), (description, 1.0)):
        for unit in units_of(text):
            said = [term for word in unit.words for term in (word, *stems(word, languages))]
            for term in (*said, *dict.fromkeys(_meant(unit.concepts))):
                terms[term] = terms.get(term, 0.0) + weight
    return terms


def _meant(concepts: tuple[str, ...]) -> Iterator[str]:
    for slug in concepts:
        yield CONCEPT_MARK + slug
        yield from (BELOW_MARK + above for above in LEXICON.ancestors(slug))


def query_groups(text: str) -> tuple[Group, ...]:
    """One group for each different word: the word itself, and at lower weights its stems and
    what it means in its phrase, with what lies below, above and beside that."""
    groups: dict[str, Group] = {}
    for unit in units_of(text, MAX_QUERY):
        for word in unit.words:
            groups.setdefault(word, _group(word, unit.concepts))
    return tuple(groups.values())[:MAX_QUERY_WORDS]


def _group(word: str, concepts: tuple[str, ...]) -> Group:
    weights = {word: SURFACE_WEIGHT} | dict.fromkeys(stems(word), STEM_WEIGHT)
    for slug in concepts:
        broader = LEXICON.concepts[slug].broader
        near = {CONCEPT_MARK + slug: CONCEPT_WEIGHT, BELOW_MARK + slug: NARROWER_WEIGHT}
        if broader:
            near |= {
                CONCEPT_MARK + broader: BROADER_WEIGHT,
                BELOW_MARK + broader: SIBLING_WEIGHT,
            }
        for term, weight in near.items():
            weights[term] = max(weight, weights.get(term, 0.0))
    return tuple(weights.items())
