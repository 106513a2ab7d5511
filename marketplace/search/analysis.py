"""Text into terms, the same for documents and queries, for every engine and for matching. Pure.

A term is a word as it is written (normalised), or a stem with a mark before it. Both languages are
stemmed, because people mix them. Nothing here is slow on hostile text: it is cut first.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import snowballstemmer

from marketplace.search.port import Group
from marketplace.search.stopwords import LONGEST_PHRASE, PHRASES, WORDS

STEM_MARK = "~"  # no word holds it: "~jahit" is the stem of jahit, menjahit, dijahit
SURFACE_WEIGHT = 1.0  # of a query's word as written
STEM_WEIGHT = 0.7  # of its stem: the same root need not mean the same thing
TITLE_WEIGHT = 2.0  # a word in the title counts like two in the description
MAX_TEXT = 12_000  # characters of a title or description that are read
MAX_QUERY = 600  # characters of a query that are read
MAX_QUERY_WORDS = 40
MAX_WORD = 40  # characters; longer words are cut

_ZERO_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff'\u2019\u2018\u02bc`"))
_LATIN_MARKS = re.compile("[\u0300-\u036f]")
# Letters, digits, and the signs that belong to a letter in scripts such as Devanagari.
_SIGNS = "\u0591-\u05bd\u064b-\u0655\u0900-\u0903\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e"
_WORD = re.compile(rf"(?:[^\W_]|[{_SIGNS}])+")
_TWICE = re.compile(r"\b([^\W_]{2,40})-\1\b")  # anak-anak
_TWO = re.compile(r"\b([^\W\d_]{3,40})2\b")  # anak2, as people type it
_stemmers = {
    "id": snowballstemmer.stemmer("indonesian"),
    "en": snowballstemmer.stemmer("english"),
}
_one_at_a_time = threading.Lock()  # a stemmer keeps the word it is working on in itself


def normalise(text: str) -> str:
    """Lower case, one form for each letter, no accents, apostrophes or invisible signs."""
    text = unicodedata.normalize("NFKD", text.translate(_ZERO_WIDTH)).casefold()
    return unicodedata.normalize("NFC", _LATIN_MARKS.sub("", text))


def words_of(text: str, longest: int = MAX_TEXT) -> Iterator[str]:
    """The words that say something, in order; doubled words (anak-anak, anak2) are one."""
    text = normalise(text[:longest])[:longest]
    text = _TWO.sub(r"\1", _TWICE.sub(r"\1", text))
    found = [word[:MAX_WORD] for word in _WORD.findall(text)]
    at = 0
    while at < len(found):
        phrase = _phrase_at(found, at)
        if not phrase and found[at] not in WORDS:
            yield found[at]
        at += phrase or 1


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
        for word in words_of(text):
            for term in (word, *stems(word, languages)):
                terms[term] = terms.get(term, 0.0) + weight
    return terms


def query_groups(text: str) -> tuple[Group, ...]:
    """One group for each different word: the word itself, and its stems at a lower weight."""
    distinct = dict.fromkeys(words_of(text, MAX_QUERY))
    return tuple(
        ((word, SURFACE_WEIGHT), *((term, STEM_WEIGHT) for term in stems(word)))
        for word in list(distinct)[:MAX_QUERY_WORDS]
    )
