"""What somebody typed, understood: words, quoted phrases, words that must be missing. Pure.

``"mesin jahit"`` in quotes stands in a result just so; ``-anak`` keeps out whatever holds that word
in any form; ``-"mesin cuci"`` keeps out that phrase. Everything else is looked for by meaning.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from marketplace.search import spelling
from marketplace.search.analysis import MAX_QUERY, query_groups, words_of
from marketplace.search.lexicon import LEXICON
from marketplace.search.meanings import guessed
from marketplace.search.port import Group
from marketplace.search.scoring import HOLDING_WEIGHT, terms_of
from marketplace.search.stems import stems
from marketplace.search.terms import NOWHERE
from marketplace.search.tokens import normalise, tokens

FEW = 2  # documents; a word that no more hold may be a misspelling
RARE = 50  # documents; what so few hold counts only if one of them may be seen
MORE = 10  # times as many hold the word that was meant
MISSPELT_WEIGHT = 0.9  # of the words of a likelier spelling beside those of a rare one
CANDIDATES = 3  # neighbours that are weighed against each other

_QUOTED = re.compile('(?<!\\S)(-?)["“„«]([^"“”„«»]+)["”“»](?!\\w)')
_UNWANTED = re.compile(r"(?<!\S)-([^\s\-]\S*)")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """``shown`` was looked for instead of ``typed``, or beside it when ``typed`` is found too."""

    typed: str
    shown: str
    beside: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """``words`` belong to ``groups``, in order; they stand in ``text``. A result holds every one of
    ``phrases``, none of ``unwanted_terms`` and none of ``unwanted_phrases``."""

    text: str = ""
    words: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    unwanted_terms: frozenset[str] = frozenset()
    unwanted_phrases: tuple[Phrase, ...] = ()
    corrections: tuple[Correction, ...] = field(default=())


def understand(text: str) -> Asked:
    """Nothing is refused: what makes no sense as a phrase or a minus is an ordinary word."""
    text = text[:MAX_QUERY]
    phrases: list[Phrase] = []
    unwanted: list[Phrase] = []

    def quoted(found: re.Match[str]) -> str:
        if phrase := tuple(tokens(found[2])):
            (unwanted if found[1] else phrases).append(phrase)
        return "" if found[1] else f" {found[2]} "

    def minus(found: re.Match[str]) -> str:
        if phrase := tuple(tokens(found[1])):
            unwanted.append(phrase)
        return ""

    wanted = _UNWANTED.sub(minus, _QUOTED.sub(quoted, text))
    groups = query_groups(wanted)
    singles = [phrase[0] for phrase in unwanted if len(phrase) == 1]
    return Asked(
        text=text,
        words=tuple(group[0][0] for group in groups),
        groups=groups,
        phrases=tuple(phrase for phrase in phrases if len(phrase) > 1),
        unwanted_terms=frozenset(term for word in singles for term in (word, *stems(word))),
        unwanted_phrases=tuple(phrase for phrase in unwanted if len(phrase) > 1),
    )


def holds(title: str, description: str, phrase: Phrase) -> bool:
    """Whether a text has the phrase, word by word."""
    wanted = f" {' '.join(phrase)} "
    return any(wanted in f" {' '.join(tokens(text))} " for text in (title, description))


def telling(phrase: Phrase) -> list[str]:
    """The words of a phrase that say something, as the index holds them."""
    return list(dict.fromkeys(words_of(" ".join(phrase))))


def without_hidden(
    asked: Asked,
    frequencies: Callable[[Collection[str]], Mapping[str, int]],
    holds_any: Callable[[Collection[str]], bool],
) -> Asked:
    """The same, asked as if nothing held the words that nothing but what is hidden holds: else a
    count or a suggestion would tell that it is there. ``holds_any``: whether anything that may be
    seen holds one of these terms; of what more than RARE hold, that is not asked."""
    known = frequencies(terms_of(asked.groups))
    groups = []
    for group in asked.groups:
        holding = _holding_terms(group)
        if 0 < _holding(group, known) <= RARE and not holds_any(holding):
            group = tuple(one for one in group if one[0] not in holding) or ((NOWHERE, 1.0),)
        groups.append(group)
    return replace(asked, groups=tuple(groups))


def mend(
    asked: Asked,
    frequencies: Callable[[Collection[str]], Mapping[str, int]],
    neighbours: Callable[[str, int], list[str]],
    holds_any: Callable[[Collection[str]], bool],
) -> Asked:
    """The same with words that hardly occur read as the likelier ones that look like them.

    ``frequencies``: how many documents hold each of these terms; ``neighbours``: words that occur
    and look like this one, the likeliest first; ``holds_any``: whether anything that may be seen
    holds one of these terms, without which a word is not named. Quoted words, and those that staff
    taught the site, are meant as they are written.
    """
    meant = {word for phrase in (*asked.phrases, *LEXICON.added) for word in phrase}
    known = frequencies(terms_of(asked.groups))
    groups, words, corrections = [], [], []
    beside = zip(("", *asked.words), (*asked.words[1:], ""), strict=False)
    for word, group, (before, behind) in zip(asked.words, asked.groups, beside, strict=False):
        number = _holding(group, known)
        better = None
        if number <= FEW and word not in meant:
            guess = guessed(word, before, behind) if not number else ""
            if guess:
                better = guess, query_groups(guess)[0]
            elif spelling.edits(word):
                likelier = _likelier(word, number, frequencies, neighbours)
                better = next((one for one in likelier if holds_any(_holding_terms(one[1]))), None)
        if better:
            corrections.append(Correction(word, better[0], bool(number)))
            lighter = tuple((term, weight * MISSPELT_WEIGHT) for term, weight in better[1])
            group = (*group, *lighter) if number else better[1]
        words.append(better[0] if better and not number else word)
        groups.append(group)
    if not corrections:
        return asked
    # A mended word may belong to a phrase now: "washing machine" is more than its words.
    anew = {group[0][0]: group for group in query_groups(" ".join(words))}
    changed = {one.typed for one in corrections if one.beside}
    groups = [
        group if word in changed else anew.get(word, group)
        for word, group in zip(words, groups, strict=True)
    ]
    return replace(asked, words=tuple(words), groups=tuple(groups), corrections=tuple(corrections))


def _holding(group: Group, known: Mapping[str, int]) -> int:
    """The most documents that hold one of the terms that say the word itself."""
    return max((known.get(term, 0) for term in _holding_terms(group)), default=0)


def _holding_terms(group: Group) -> list[str]:
    return [term for term, weight in group if weight >= HOLDING_WEIGHT]


def _likelier(
    word: str,
    number: int,
    frequencies: Callable[[Collection[str]], Mapping[str, int]],
    neighbours: Callable[[str, int], list[str]],
) -> Iterator[tuple[str, Group]]:
    """Words that look like this one and are found much more often, with their groups."""
    listed = spelling.nearest(word, LEXICON.vocabulary, CANDIDATES)
    for other in dict.fromkeys([*neighbours(word, CANDIDATES), *listed]):
        for group in query_groups(other)[:1]:
            found = _holding(group, frequencies([term for term, _ in group]))
            if found >= max(1, number * MORE):
                yield other, group


def typed_so_far(text: str) -> tuple[str, str]:
    """What stands before the word that is being typed, and its beginning, normalised; the
    beginning is "" after a space."""
    text = normalise(text[:MAX_QUERY])
    found = tokens(text)
    if not found or not text[-1:].isalnum():
        return " ".join(found), ""
    return " ".join(found[:-1]), found[-1]
