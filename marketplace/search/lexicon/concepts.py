"""Concepts, what they are called, and how they stand to each other. Pure."""

import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations

from marketplace.search.tokens import SPELLINGS, tokens

LONGEST = 4  # words of a phrase
TWINS_SHARE = 2  # phrases that two concepts have in common before one counts beside the other
Phrase = tuple[str, ...]

_PLAIN = re.compile("[a-z]+(?: [a-z]+)*")  # what ``tokens`` would only split
_NOT_PLAIN = frozenset(["kelas", "kls", "grade", "class", "ukuran", "uk", "size", "sz"])


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing, service or subject. ``phrases``: what people call it, as they are written;
    ``in_english``, ``in_indonesian`` (and its sisters): the language of those of the files.
    ``is_general``: nothing to share, but for whom, where, when or how."""

    slug: str
    broader: str
    category: str
    phrases: tuple[str, ...]
    indonesian: str
    english: str
    in_indonesian: tuple[str, ...] = ()
    in_english: tuple[str, ...] = ()
    is_general: bool = False


def phrase_of(written: str) -> Phrase:
    """The words of a phrase as ``tokens`` gives them; most are plain, and there are many."""
    words = written.split(" ")
    is_plain = (
        _PLAIN.fullmatch(written)
        and len(set(words)) == len(words)
        and SPELLINGS.keys().isdisjoint(words)
        and _NOT_PLAIN.isdisjoint(words)
    )
    # The same few thousand words stand in fifty thousand phrases.
    return tuple(map(sys.intern, (words if is_plain else tokens(written))[:LONGEST]))


@dataclass(frozen=True, slots=True)
class Relations:
    """What the tree does not say: further concepts above one, and those that help beside it."""

    also_below: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Lexicon:
    """Concepts by slug, and what a phrase of normalised words may mean."""

    def __init__(
        self,
        concepts: Mapping[str, Concept],
        meanings: Mapping[Phrase, tuple[str, ...]] | None = None,
        relations: Relations = Relations(),
    ) -> None:
        self.concepts, self._meanings, self.relations = concepts, meanings, relations

    @cached_property
    def meanings(self) -> Mapping[Phrase, tuple[str, ...]]:
        """Phrase, as ``tokens`` gives its words, to slugs."""
        return self._listed[0] if self._meanings is None else self._meanings

    @cached_property
    def indonesian(self) -> frozenset[Phrase]:
        """The phrases of the columns that are not English."""
        return self._listed[1]

    @cached_property
    def english(self) -> frozenset[Phrase]:
        return self._listed[2]

    @cached_property
    def _listed(
        self,
    ) -> tuple[dict[Phrase, tuple[str, ...]], frozenset[Phrase], frozenset[Phrase]]:
        found: dict[Phrase, tuple[str, ...]] = {}
        one_object: dict[Phrase, Phrase] = {}
        indonesian: set[Phrase] = set()
        english: set[Phrase] = set()
        for concept in self.concepts.values():
            alone = (concept.slug,)
            for listed, of in ((concept.in_indonesian, indonesian), (concept.in_english, english)):
                for phrase in filter(None, map(phrase_of, listed)):
                    of.add(one_object.setdefault(phrase, phrase))
                    slugs = found.setdefault(one_object[phrase], alone)
                    if concept.slug not in slugs:
                        found[phrase] = (*slugs, concept.slug)
        return found, frozenset(indonesian), frozenset(english)

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """Single words of the phrases, and in how many of them each stands."""
        return Counter(word for phrase in self.meanings for word in phrase)

    @cached_property
    def indonesian_words(self) -> frozenset[str]:
        return frozenset(word for phrase in self.indonesian for word in phrase)

    @cached_property
    def english_words(self) -> frozenset[str]:
        return frozenset(word for phrase in self.english for word in phrase)

    @cached_property
    def _twins(self) -> Mapping[str, frozenset[str]]:
        """Concepts that have several phrases in common."""
        common = Counter(
            pair for slugs in self.meanings.values() for pair in permutations(slugs, 2)
        )
        found: dict[str, set[str]] = {}
        for (slug, other), phrases in common.items():
            if phrases >= TWINS_SHARE:
                found.setdefault(slug, set()).add(other)
        return {slug: frozenset(others) for slug, others in found.items()}

    def beside(self, slug: str) -> frozenset[str]:
        """Concepts that may help who looks for this one."""
        told = self.relations.beside.get(slug, ())
        return self._twins.get(slug, frozenset()).union(told)

    def broader(self, slug: str) -> tuple[str, ...]:
        """The concepts right above."""
        above = (self.concepts[slug].broader, *self.relations.also_below.get(slug, ()))
        return tuple(one for one in above if one)

    def ancestors(self, slug: str) -> list[str]:
        """The concepts above, the nearest first."""
        found: list[str] = []
        waiting = [slug]
        for one in waiting:  # grows
            above = self.broader(one)
            waiting += (new := [two for two in above if two not in (slug, *found)])
            found += new
        return found
