"""Stems of words in both languages. Pure.

A word that the lexicon knows in one language only is stemmed in that language only. Indonesian
stems are the roots that the lexicon knows, else what Snowball cuts.
"""

import threading
from functools import lru_cache

import snowballstemmer

from marketplace.search import roots
from marketplace.search.lexicon import LEXICON
from marketplace.search.terms import STEM_MARK

_stemmers = {
    "id": snowballstemmer.stemmer("indonesian"),
    "en": snowballstemmer.stemmer("english"),
}
_one_at_a_time = threading.Lock()  # a stemmer keeps the word it is working on in itself


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """The stem of a normalised word, with the mark of stems. ``language``: id or en."""
    if language == "id":
        found = root(word)
        if found != word or word in LEXICON.files.indonesian_words or word in roots.KNOWN:
            return STEM_MARK + found
    with _one_at_a_time:
        return STEM_MARK + _stemmers[language].stemWord(word)


@lru_cache(maxsize=50_000)
def root(word: str) -> str:
    """The Indonesian root of a word, as far as the lexicon knows it; else the word."""
    return roots.root(word, LEXICON.files.indonesian_words.__contains__)


def stems(word: str, languages: tuple[str, ...] = ("id", "en")) -> list[str]:
    """The distinct stems of a word, in the languages that it is known in, or in these."""
    known = _spoken(word)
    return list(dict.fromkeys(stem(word, one) for one in known or languages))


@lru_cache(maxsize=50_000)
def _spoken(word: str) -> tuple[str, ...]:
    """The only language in which the lexicon knows the word; nothing when it is none or both."""
    indonesian = word in LEXICON.files.indonesian_words or root(word) != word
    english = word in LEXICON.files.english_words
    if indonesian == english:
        return ()
    return ("id",) if indonesian else ("en",)
