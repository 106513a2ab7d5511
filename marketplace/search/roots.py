"""What a word may be made of: clitics, affixes, plurals, in the order of likelihood. Pure.

Only candidates: whoever asks knows which of them are words. That is what makes it better than
cutting blindly: "kemeja" is not "meja" with something before it, as "ke-" alone makes no words.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

LEAST = 3  # letters of a root
DEEPEST = 4  # affixes that come off one after the other
CLITICS = ("nya", "ku", "mu", "lah", "kah", "pun")  # my, your, its; and what stresses a word
_SUFFIXES = ("an", "kan", "i", "in", "ke", "ne", "e")  # -in: Jakarta; -ke, -ne, -e: Java
_VOWELS = "aeiou"
# What a prefix with a nasal may have swallowed: menulis is men + tulis.
_NASALS = (
    ("meng", ("", "k")), ("menge", ("",)), ("peng", ("", "k")), ("penge", ("",)),
    ("meny", ("s",)), ("peny", ("s",)), ("mem", ("p", "")), ("pem", ("p", "")),
    ("men", ("t", "")), ("pen", ("t", "")), ("nge", ("",)), ("ng", ("", "k")),
    ("ny", ("s", "c")), ("n", ("t",)), ("m", ("p", "")), ("me", ("",)), ("pe", ("",)),
)  # fmt: skip
_PLAIN = ("diper", "memper", "keber", "ber", "bel", "per", "pel", "ter", "di", "ku", "kau", "tak")
_ENGLISH_PLURALS = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""))
_NO_PLURAL = re.compile("(?:ss|us|is)$")


def _known() -> dict[str, str]:
    """Word -> root, written by hand: where the rules below would go wrong."""
    text = (Path(__file__).parent / "roots.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and line[0] != "#")
    known: dict[str, str] = {}
    for root, words in rows:
        known |= {word: word if root == "=" else root for word in words.split()}
        known.setdefault(root, root)
    return known


KNOWN = _known()


def without_clitics(word: str) -> Iterator[str]:
    """The word without -nya, -ku, -mu, -lah, -kah, -pun."""
    for clitic in CLITICS:
        rest = word.removesuffix(clitic)
        if rest != word and len(rest) >= LEAST:
            yield rest
            if clitic in ("lah", "kah", "pun"):
                yield from without_clitics(rest)


def singulars(word: str) -> Iterator[str]:
    """What an English word may be the plural of."""
    if not _NO_PLURAL.search(word):
        for ending, instead in _ENGLISH_PLURALS:
            rest = word.removesuffix(ending)
            if rest != word and len(rest) + len(instead) >= LEAST:
                yield rest + instead


def roots(word: str) -> Iterator[str]:
    """Indonesian roots that the word may come from: longer ones first where both are possible."""
    for bare in (word, *without_clitics(word)):
        if bare != word:
            yield bare
        yield from _without_prefix(bare)
        for suffix in _SUFFIXES:
            stripped = bare.removesuffix(suffix)
            if stripped == bare or len(stripped) < LEAST:
                continue
            if suffix not in ("i", "e") and len(stripped) > LEAST:
                yield stripped
            yield from _without_prefix(stripped)
            if stripped.startswith("ke") and suffix == "an" and len(stripped) - 2 > LEAST:
                yield stripped.removeprefix("ke")
                yield from _without_prefix(stripped.removeprefix("ke"))


def _without_prefix(word: str) -> Iterator[str]:
    for prefix, lost in _NASALS:
        rest = word.removeprefix(prefix)
        if rest != word:
            for letter in lost:
                if _may_follow(prefix, letter, rest):
                    yield letter + rest
    for prefix in _PLAIN:
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) > LEAST:
            yield rest
            if prefix in ("di", "memper", "diper"):
                yield from _without_prefix(rest)


def _may_follow(prefix: str, letter: str, rest: str) -> bool:
    """Whether what is left can be a root: short ones stand after menge- and nge- only."""
    root = letter + rest
    if prefix == "m" and rest[:1] == "e":
        return False
    if prefix in ("menge", "penge", "nge"):
        return LEAST <= len(root) <= LEAST + 1 and rest[0] not in _VOWELS
    if letter and rest[:1] not in _VOWELS:
        return False  # only a vowel follows a letter that was swallowed
    if prefix in ("me", "pe") and rest[:1] not in "lrmnwy":
        return False
    return len(root) > LEAST


def root(word: str, is_word: Callable[[str], bool]) -> str:
    """What is left when everything has come off, as long as the rest is a word."""
    for _ in range(DEEPEST):
        # One letter is the prefix of chats (nulis, motong), but most such words are whole.
        whole = is_word(word) and word[:1] in "mn" and word[:2] not in ("me", "ng", "ny")
        below = KNOWN.get(word) or next(
            (one for one in roots(word) if is_word(one) and not (whole and len(one) == len(word))),
            word,
        )
        if below == word:
            break
        word = below
    return word


def english_roots(word: str) -> Iterator[str]:
    """What an English word in -ing or -ed may come from."""
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= LEAST:
            yield rest
            yield rest + "e"
            if len(rest) > LEAST and rest[-1] == rest[-2]:
                yield rest[:-1]
