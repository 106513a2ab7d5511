"""What a word sounds like, so that one nobody knows is taken for one that is known. Pure.

Indonesian is written as it is spoken; what varies is the old spelling, foreign letters and vowels
that are swallowed.
"""

import re
from functools import lru_cache

from marketplace.search.lexicon import LEXICON

SHORTEST = 5  # letters: shorter words sound like too many others
_SAME = (
    ("oe", "u"), ("tj", "c"), ("dj", "j"), ("nj", "ny"), ("sj", "sy"), ("ch", "c"), ("ph", "f"),
    ("kh", "h"), ("dh", "d"), ("th", "t"), ("gh", "g"), ("bh", "b"), ("ck", "k"), ("q", "k"),
    ("x", "ks"), ("v", "f"), ("z", "s"), ("sy", "s"), ("ai", "e"), ("au", "o"), ("ou", "u"),
    ("ee", "i"), ("oo", "u"), ("y", "i"), ("w", "u"),
)  # fmt: skip
_TWICE = re.compile(r"(.)\1+")


def key(word: str) -> str:
    """The same for words that sound alike."""
    for written, spoken in _SAME:
        word = word.replace(written, spoken)
    word = _TWICE.sub(r"\1", word)
    return word[:1] + word[1:].replace("e", "").replace("h", "") if len(word) > 1 else word


def like(word: str) -> str:
    """The one word of the lexicon that sounds like this one; "" when there is none or several."""
    if len(word) < SHORTEST or not word.isalpha():
        return ""
    return _by_key().get(key(word), "")


@lru_cache(maxsize=1)
def _by_key() -> dict[str, str]:
    found: dict[str, str] = {}
    for word, *rest in LEXICON.files.meanings:
        if not rest and len(word) >= SHORTEST and word.isalpha():
            sound = key(word)
            other = found.get(sound, word)
            same = LEXICON.files.meanings[(word,)] == LEXICON.files.meanings.get((other,))
            found[sound] = other if same else ""
    return found
