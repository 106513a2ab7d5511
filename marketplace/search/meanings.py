"""What a phrase may mean: as it is written, then in its plain form, then by its stems. Pure."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from marketplace.search import roots, sounds
from marketplace.search.lexicon import LEXICON, LONGEST, Phrase
from marketplace.search.stems import root, stem
from marketplace.search.terms import STEM_MARK

WRITTEN = 1.0  # as it stands in the lexicon, or with nothing but a clitic or a plural more
DERIVED = 0.8  # by its root: a writer and what is written are not the same thing
HEARD = 0.7  # a word that nobody knows, which sounds like one that is known
SHORTEST_JOINED = 6  # letters of a phrase that is written as one word: magiccom
LEAST_JOINED = 2  # letters of each of its words
SHORTEST_MISSPELT = 3  # letters; beside a word that helps to guess it
NOTHING: Phrase = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """``concepts``: slugs. ``sure``: how much they count. ``written``: the phrase of the lexicon
    that was meant."""

    concepts: tuple[str, ...]
    sure: float = WRITTEN
    written: Phrase = NOTHING


NONE = Meaning(())


def concepts_of(phrase: Phrase) -> tuple[str, ...]:
    """Slugs of what a phrase may mean."""
    return meaning_of(phrase).concepts


def meaning_of(phrase: Phrase) -> Meaning:
    """What a phrase of normalised words may mean."""
    return _meaning_of(LEXICON.version, phrase)


def longest(words: list[str], at: int) -> tuple[int, Meaning]:
    """The longest phrase from here on that means something; (1, NONE) when there is none."""
    if len(words) - at > 1 and _may_begin(LEXICON.version, words[at]):
        for size in range(min(LONGEST, len(words) - at), 1, -1):
            if (meaning := meaning_of(tuple(words[at : at + size]))).concepts:
                return size, meaning
    return 1, meaning_of((words[at],))


# What is remembered is remembered of one version of the lexicon, whoever changes it meanwhile.
@lru_cache(maxsize=100_000)
def _meaning_of(version: str, phrase: Phrase) -> Meaning:
    if concepts := LEXICON.meanings.get(phrase):
        return Meaning(concepts, WRITTEN, phrase)
    if len(phrase) == 1:
        return _of_word(phrase[0])
    plain = tuple(plain_form(word) for word in phrase)
    if concepts := LEXICON.meanings.get(plain):
        return Meaning(concepts, WRITTEN, plain)
    for language, families in _families(version).items():
        keys = _keys(phrase, language)
        found = families.get(keys) or LEXICON.meanings.get(keys)
        if found:
            return Meaning(found, DERIVED)
    return _split_word(phrase) if len(phrase) == 2 else NONE


def _of_word(word: str) -> Meaning:
    for form in _plain_forms(word):
        if concepts := LEXICON.meanings.get((form,)):
            return Meaning(concepts, WRITTEN, (form,))
    for form in (*roots.without_clitics(word), *roots.singulars(word)):
        if concepts := LEXICON.added.get((form,)):
            return Meaning(concepts, WRITTEN, (form,))
    if len(word) >= SHORTEST_JOINED and not _is_known(word):
        for at in range(LEAST_JOINED, len(word) - LEAST_JOINED + 1):
            if concepts := LEXICON.meanings.get((word[:at], word[at:])):
                return Meaning(concepts, WRITTEN, (word[:at], word[at:]))
    for form in (root(word), *roots.english_roots(word)):
        if concepts := LEXICON.meanings.get((form,)):
            return Meaning(concepts, DERIVED, (form,))
    if word not in LEXICON.files.vocabulary and (heard := sounds.like(word)):
        return Meaning(LEXICON.meanings[(heard,)], HEARD, (heard,))
    return NONE


def _split_word(phrase: Phrase) -> Meaning:
    """One word written as two, when one of them says nothing alone: lap top."""
    word = "".join(phrase)
    if all((one,) in LEXICON.meanings for one in phrase) or len(word) <= LONGEST:
        return NONE
    concepts = LEXICON.meanings.get((word,), ())
    return Meaning(concepts, WRITTEN, (word,))


def guessed(word: str, before: str, behind: str) -> str:
    """What an unknown word is meant to be, by the word of its phrase before or behind it: the only
    one that differs in one letter; "" when there is none. Context makes up for shortness."""
    if len(word) < SHORTEST_MISSPELT or not word.isalpha() or _is_known(word):
        return ""
    follow, precede = _partners()
    likely = {
        one
        for one in (*precede.get(plain_form(behind), ()), *follow.get(plain_form(before), ()))
        if OSA.distance(word, one, score_cutoff=1) == 1
    }
    return likely.pop() if len(likely) == 1 else ""


def _is_known(word: str) -> bool:
    return word in LEXICON.files.vocabulary or plain_form(word) != word or root(word) != word


@lru_cache(maxsize=1)
def _partners() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Of the phrases of two words: what stands behind each word, and what stands before it."""
    before: dict[str, list[str]] = {}
    behind: dict[str, list[str]] = {}
    for phrase in LEXICON.files.meanings:
        if len(phrase) == 2:
            before.setdefault(phrase[1], []).append(phrase[0])
            behind.setdefault(phrase[0], []).append(phrase[1])
    return behind, before


@lru_cache(maxsize=50_000)
def plain_form(word: str) -> str:
    """The word of the lexicon that this is with a clitic, or in the plural; else the word."""
    if word in LEXICON.files.vocabulary:
        return word
    return next((form for form in _plain_forms(word) if form in LEXICON.files.vocabulary), word)


def _plain_forms(word: str) -> Iterator[str]:
    if word not in LEXICON.files.vocabulary and word not in roots.KNOWN:
        for form in roots.without_clitics(word):
            if form in LEXICON.files.indonesian_words:
                yield form
    if word not in LEXICON.files.indonesian_words:
        for form in roots.singulars(word):
            if form in LEXICON.files.english_words:
                yield form


def _keys(phrase: Phrase, language: str) -> Phrase:
    return tuple(_key(word, language) for word in phrase)


def _key(word: str, language: str) -> str:
    return sys.intern(stem(word, language).removeprefix(STEM_MARK))


@lru_cache(maxsize=4)
def _families(version: str) -> dict[str, dict[Phrase, tuple[str, ...]]]:
    """Language -> stems of the words of a phrase -> what all phrases with these stems mean, for
    those that differ from their stems."""
    if version:
        added = [(phrase, meant) for phrase, meant in LEXICON.added.items() if len(phrase) > 1]
        return {
            language: families | {_keys(phrase, language): meant for phrase, meant in added}
            for language, families in _families("").items()
        }
    found: dict[str, dict[Phrase, tuple[str, ...]]] = {"id": {}, "en": {}}
    for language, phrases in (("id", LEXICON.files.indonesian), ("en", LEXICON.files.english)):
        for phrase in phrases:
            if len(phrase) > 1:
                key, meant = _keys(phrase, language), LEXICON.files.meanings[phrase]
                if key == phrase:
                    continue
                same = found[language].setdefault(key, meant)
                if same is not meant:
                    found[language][key] = tuple(one for one in same if one in meant)
    return found


@lru_cache(maxsize=50_000)
def _may_begin(version: str, word: str) -> bool:
    """Whether some phrase of several words begins so, by any of its stems."""
    beginnings = _beginnings(version)
    return word in beginnings["split"] or any(
        _key(word, language) in beginnings[language] for language in ("id", "en")
    )


@lru_cache(maxsize=4)
def _beginnings(version: str) -> dict[str, frozenset[str]]:
    first = {phrase[0] for phrase in LEXICON.meanings if len(phrase) > 1}
    begin = {
        language: frozenset((*(key[0] for key in families), *first))
        for language, families in _families(version).items()
    }
    halves = {
        word[:size]
        for (word, *rest) in LEXICON.files.meanings
        if not rest and len(word) > LONGEST
        for size in range(2, len(word) - 1)
    }
    return begin | {"split": frozenset(halves)}


@lru_cache(maxsize=50_000)
def heads(meaning: Meaning) -> tuple[Meaning, ...]:
    """What the head of a phrase means alone: in Indonesian it stands first, in English last."""
    phrase, found = meaning.written, []
    for of, shorter in (
        (LEXICON.files.indonesian, [phrase[:size] for size in range(len(phrase) - 1, 0, -1)]),
        (LEXICON.files.english, [phrase[at:] for at in range(1, len(phrase))]),
    ):
        if phrase in of:
            found += [Meaning(LEXICON.meanings[part]) for part in shorter if part in of][:1]
    return tuple(found)


@lru_cache(maxsize=50_000)
def parts(meaning: Meaning) -> tuple[Meaning, ...]:
    """What each longest part of a phrase means alone."""
    phrase, found = meaning.written, []
    for at in range(len(phrase)):
        for size in range(min(len(phrase) - 1, len(phrase) - at), 0, -1):
            if concepts := LEXICON.meanings.get(phrase[at : at + size]):
                found.append(Meaning(concepts))
                break
    return tuple(found)
