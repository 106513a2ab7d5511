"""Text into words, as they are written. Pure.

The lexicon is read by these rules too, so that what it lists is what is looked up. Step by step
in docs/search.md.
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from marketplace.search import measures

MAX_TEXT = 12_000  # characters of a title or description that are read
MAX_WORD = 40  # characters; longer words are cut

_ZERO_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff'\u2019\u2018\u02bc`"))
_LATIN_MARKS = re.compile("[\u0300-\u036f]")
# Letters, digits, and the signs that belong to a letter in scripts such as Devanagari.
_SIGNS = "\u0591-\u05bd\u064b-\u0655\u0900-\u0903\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e"
_WORD = re.compile(rf"(?:[^\W_]|[{_SIGNS}])+")
_WRITTEN = re.compile(r"\w+(?:[-'\u2019]\w+)*")  # words as somebody reads them: anak-anak
_ENDING = "(nya|ku|mu|an)?"
# anak-anak, anak anak, anak-anaknya, mobil-mobilan; anak2, buku2nya, as people type it.
_TWICE = re.compile(rf"\b([^\W\d_]{{2,40}})(?:-\1{_ENDING}| (?=[^\W\d_]{{3}})\1)\b")
_TWO = re.compile(rf"\b([^\W\d_]{{3,40}})2{_ENDING}\b")
# Doubled words that mean something else than the single one: souvenirs, jelly, a fish cake ...
_WHOLE = frozenset(
    (
        *(
            "agar",
            "bersih",
            "hati",
            "jalan",
            "kira",
            "kuda",
            "kupu",
            "laba",
            "langit",
            "layang",
            "masing",
        ),
        *("mata", "oleh", "otak", "tiba", "undang", "yo"),
        *("apa", "kapan", "lain", "mana", "sama", "siapa"),
    )
)


def _spellings() -> dict[str, tuple[str, ...]]:
    """Everyday spelling -> the words it stands for."""
    text = (Path(__file__).parent / "spellings.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and line[0] != "#")
    return {one: tuple(meant.split()) for meant, spelt in rows for one in spelt.split()}


SPELLINGS = _spellings()


def normalise(text: str) -> str:
    """Lower case, one form for each letter, no accents, apostrophes or invisible signs."""
    if text.isascii():
        return text.translate(_ZERO_WIDTH).lower()
    text = unicodedata.normalize("NFKD", text.translate(_ZERO_WIDTH)).casefold()
    return unicodedata.normalize("NFC", _LATIN_MARKS.sub("", text))


def tokens(text: str, longest: int = MAX_TEXT) -> list[str]:
    """The normalised words in order: doubled words are one, numbers keep their units, everyday
    spellings are written out."""
    text = normalise(text[:longest])[:longest]
    text = _TWO.sub(_once, _TWICE.sub(_once, text))
    found = list(_split(text)) if measures.may_hold(text) else _WORD.findall(text)
    return [
        word
        for token in found
        for word in SPELLINGS.get(token, (token if len(token) <= MAX_WORD else token[:MAX_WORD],))
    ]


def in_own_words(words: str, text: str) -> str:
    """These normalised words as ``text`` writes them, where that is another spelling: who wrote
    "ponsel" reads of a ponsel, though it is looked for as "hp"."""
    there = set(_WORD.findall(normalise(text[:MAX_TEXT])))
    if there.issuperset(words.split()):
        return words
    written: dict[str, str] = {}
    for own in _WRITTEN.findall(text[:MAX_TEXT]):
        for word in tokens(own):
            written.setdefault(word, own)
    return " ".join(dict.fromkeys(written.get(word, word) for word in words.split()))


def _once(doubled: re.Match[str]) -> str:
    word, ending = doubled[1], doubled[2] or ""
    return word * 2 if word in _WHOLE and not ending else word + ending


def _split(text: str) -> Iterator[str]:
    """Words, and numbers with their units as one."""
    at = 0
    for measure in measures.find(text):
        yield from _WORD.findall(text, at, measure.start())
        yield from measures.written(measure)
        at = measure.end()
    yield from _WORD.findall(text, at)
