"""Text into words, as they are written. Pure.

The lexicon is read by these rules too, so that what it lists is what is looked up.
"""

import re
import unicodedata

MAX_TEXT = 12_000  # characters of a title or description that are read
MAX_WORD = 40  # characters; longer words are cut

_ZERO_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff'\u2019\u2018\u02bc`"))
_LATIN_MARKS = re.compile("[\u0300-\u036f]")
# Letters, digits, and the signs that belong to a letter in scripts such as Devanagari.
_SIGNS = "\u0591-\u05bd\u064b-\u0655\u0900-\u0903\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e"
_WORD = re.compile(rf"(?:[^\W_]|[{_SIGNS}])+")
_TWICE = re.compile(r"\b([^\W_]{2,40})-\1\b")  # anak-anak
_TWO = re.compile(r"\b([^\W\d_]{3,40})2\b")  # anak2, as people type it


def normalise(text: str) -> str:
    """Lower case, one form for each letter, no accents, apostrophes or invisible signs."""
    text = unicodedata.normalize("NFKD", text.translate(_ZERO_WIDTH)).casefold()
    return unicodedata.normalize("NFC", _LATIN_MARKS.sub("", text))


def tokens(text: str, longest: int = MAX_TEXT) -> list[str]:
    """The normalised words in order; doubled words (anak-anak, anak2) are one."""
    text = normalise(text[:longest])[:longest]
    text = _TWO.sub(r"\1", _TWICE.sub(r"\1", text))
    return [word[:MAX_WORD] for word in _WORD.findall(text)]
