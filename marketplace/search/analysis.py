"""Text into terms, the same for documents and queries, for every engine and for matching. Pure.

A term is a word as it is written (normalised), or a marked one: a stem, a concept of the lexicon,
a concept above it. Both languages are stemmed, because people mix them. Nothing here is slow on
hostile text: it is cut first. Step by step in docs/search.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from marketplace.search.lexicon import LEXICON, Phrase
from marketplace.search.meanings import NONE, Meaning, heads, longest, meaning_of, parts, plain_form
from marketplace.search.port import Group
from marketplace.search.stems import stems
from marketplace.search.stopwords import LONGEST_PHRASE, PHRASES, PURPOSE, SOFT, WORDS
from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK
from marketplace.search.tokens import MAX_TEXT, tokens

SURFACE_WEIGHT = 1.0  # of a query's word as written
STEM_WEIGHT = 0.5  # of its stem: the same root need not mean the same thing
CONCEPT_WEIGHT = 0.9  # of what its phrase means, in whatever words it is said
NARROWER_WEIGHT = 0.8  # of what is one of that: a doll, when toys are looked for
BROADER_WEIGHT = 0.45  # of what that is one of, said as such
SIBLING_WEIGHT = 0.1  # of what is one of the same
BESIDE_WEIGHT = 0.5  # of what may help instead, or goes with it: a tailor, for a sewing machine
TITLE_WEIGHT = 3.0  # a word in the title counts like three in the description
BESIDE_BELOW_WEIGHT = 0.3  # and of what lies below that
HEAD_WEIGHT = 0.6  # of what the head of a phrase means alone: "sepeda anak" is a "sepeda"
INSIDE_WEIGHT = 0.3  # of what any other part of it means: "servis kulkas" is about a "kulkas"
PURPOSE_WEIGHT = 0.8  # of what stands behind "for" in a query: "meja untuk belajar" is a "meja"
SOFT_WEIGHT = 0.7  # of words that go with anything: "perlengkapan", "stuff", "cheap"
GENERAL_WEIGHT = 0.25  # of concepts that only go with things: for children, in the morning
STRANGE_PART_WEIGHT = 0.5  # of one that alone means something else: "kursi" of "kursi roda"
DOUBTFUL = 0.85  # for each further concept that a phrase may mean
EXACT = 16  # engines hold weights in multiples of 1/16
MAX_QUERY = 600  # characters of a query that are read
MAX_QUERY_WORDS = 40


@dataclass(frozen=True, slots=True)
class Unit:
    """Words that belong together, and what they mean."""

    words: Phrase
    meaning: Meaning = NONE
    is_purpose: bool = False  # it stands behind a word such as "for"

    @property
    def concepts(self) -> tuple[str, ...]:
        """Slugs of what the words may mean together."""
        return self.meaning.concepts


def units_of(text: str, longest_text: int = MAX_TEXT) -> Iterator[Unit]:
    """The longest phrases of the lexicon, and the single words between them that say something."""
    found, at = tokens(text, longest_text), 0
    begun = is_purpose = False
    while at < len(found):
        if nothing := _phrase_at(found, at):
            at += nothing
            continue
        size, meaning = longest(found, at)
        words = tuple(word for word in found[at : at + size] if word not in WORDS)
        if words:
            yield Unit(words, meaning, is_purpose)
            begun = True
        is_purpose = is_purpose or (begun and found[at] in PURPOSE)
        at += size


def words_of(text: str, longest_text: int = MAX_TEXT) -> Iterator[str]:
    """The words that say something, in order; doubled words (anak-anak, anak2) are one."""
    for unit in units_of(text, longest_text):
        yield from unit.words


def _phrase_at(words: list[str], at: int) -> int:
    """How many words from here on make a phrase that says nothing."""
    for size in range(LONGEST_PHRASE, 1, -1):
        if tuple(words[at : at + size]) in PHRASES:
            return size
    return 0


def document_terms(title: str, description: str, language: str) -> dict[str, float]:
    """The terms of a listing with how often it says them, the title counting TITLE_WEIGHT times.

    Words of an English text get English stems only, all others those of both languages.
    """
    languages = ("en",) if language == "en" else ("id", "en")
    terms: dict[str, float] = {}
    for text, weight in ((title, TITLE_WEIGHT), (description, 1.0)):
        for unit in units_of(text):
            for term, share in _said(unit, languages):
                terms[term] = terms.get(term, 0.0) + _exact(weight * share)
    return terms


def _exact(weight: float) -> float:
    return max(1, round(weight * EXACT)) / EXACT


def _said(unit: Unit, languages: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Every term of a unit, and its share of a word's weight."""
    for word in unit.words:
        share = _part(word, unit)
        for term in dict.fromkeys((word, plain_form(word), *stems(word, languages))):
            yield term, share
    told: dict[str, float] = {}
    for slugs, sure in _meant(unit):
        for slug in slugs:
            share = sure * (GENERAL_WEIGHT if LEXICON.concepts[slug].is_general else 1.0)
            for term in (CONCEPT_MARK + slug, *map(BELOW_MARK.__add__, LEXICON.ancestors(slug))):
                told[term] = max(share, told.get(term, 0.0))
    yield from told.items()


def _meant(unit: Unit) -> Iterator[tuple[tuple[str, ...], float]]:
    """What a unit means, and what its head means alone."""
    if unit.meaning.concepts:
        yield unit.meaning.concepts, unit.meaning.sure
        for head in heads(unit.meaning):
            yield head.concepts, HEAD_WEIGHT
        for part in parts(unit.meaning):
            yield part.concepts, INSIDE_WEIGHT


def _part(word: str, unit: Unit) -> float:
    """How much a word counts in its phrase."""
    if len(unit.words) == 1 or not unit.meaning.concepts:
        return 1.0
    alone = meaning_of((word,)).concepts
    above = {one for slug in unit.meaning.concepts for one in (slug, *LEXICON.ancestors(slug))}
    return 1.0 if not alone or above.intersection(alone) else STRANGE_PART_WEIGHT


def query_groups(text: str) -> tuple[Group, ...]:
    """One group for each different word: the word itself, and at lower weights its stems and
    what it means in its phrase, with what lies below, above and beside that."""
    groups: dict[str, Group] = {}
    for unit in units_of(text, MAX_QUERY):
        for word in unit.words:
            groups.setdefault(word, _group(word, unit))
    return tuple(groups.values())[:MAX_QUERY_WORDS]


def _group(word: str, unit: Unit) -> Group:
    importance = PURPOSE_WEIGHT if unit.is_purpose else 1.0
    importance *= SOFT_WEIGHT if unit.words[0] in SOFT and len(unit.words) == 1 else 1.0
    share = _part(word, unit) * importance
    weights = {word: SURFACE_WEIGHT * share, plain_form(word): SURFACE_WEIGHT * share}
    for stem in stems(word):
        weights[stem] = STEM_WEIGHT * share
    doubt = DOUBTFUL ** max(0, len(unit.meaning.concepts) - 1)
    sure = unit.meaning.sure * doubt * importance
    for slug in unit.meaning.concepts:
        for term, weight in nearby(slug).items():
            weights[term] = max(weight * sure, weights.get(term, 0.0))
    return tuple(weights.items())


def nearby(slug: str) -> Mapping[str, float]:
    """The terms that say a concept or something close to it, and how close each is."""
    return _nearby(LEXICON.version, slug)


@lru_cache(maxsize=20_000)
def _nearby(version: str, slug: str) -> Mapping[str, float]:
    near = {CONCEPT_MARK + slug: CONCEPT_WEIGHT, BELOW_MARK + slug: NARROWER_WEIGHT}
    for other in sorted(LEXICON.beside(slug)):
        near[CONCEPT_MARK + other] = BESIDE_WEIGHT
        near[BELOW_MARK + other] = BESIDE_BELOW_WEIGHT
    for broader in LEXICON.broader(slug):
        near.setdefault(CONCEPT_MARK + broader, BROADER_WEIGHT)
        near.setdefault(BELOW_MARK + broader, SIBLING_WEIGHT)
    return near
