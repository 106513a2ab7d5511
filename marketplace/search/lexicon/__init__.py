"""The bilingual lexicon: concepts of what people share, and the words for them. Pure.

The files beside this one hold a concept per line: slug, broader concept, category, Indonesian
words, further words (colloquial, Malay, Javanese, Sundanese, misspellings), English words. Phrases
have up to LONGEST words. A site adds words of its own: ``LEXICON`` is the files with those.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from marketplace.search.tokens import tokens

FOLDER = Path(__file__).parent
LONGEST = 4  # words of a phrase
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing, service or subject. ``phrases``: what people call it, as they are written."""

    slug: str
    broader: str
    category: str
    phrases: tuple[str, ...]
    indonesian: str
    english: str


def phrase_of(written: str) -> Phrase:
    """The normalised words of a phrase."""
    return tuple(tokens(written))[:LONGEST]


class Lexicon:
    """Concepts by slug, and what a phrase of normalised words may mean."""

    def __init__(
        self,
        concepts: Mapping[str, Concept],
        meanings: Mapping[Phrase, tuple[str, ...]] | None = None,
    ) -> None:
        self.concepts, self._meanings = concepts, meanings

    @cached_property
    def meanings(self) -> Mapping[Phrase, tuple[str, ...]]:
        """Phrase, as ``tokens`` gives its words, to slugs."""
        if self._meanings is not None:
            return self._meanings
        found: dict[Phrase, list[str]] = {}
        for concept in self.concepts.values():
            for written in concept.phrases:
                phrase = phrase_of(written)
                if phrase and concept.slug not in found.setdefault(phrase, []):
                    found[phrase].append(concept.slug)
        return {phrase: tuple(slugs) for phrase, slugs in found.items()}

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """Single words of the phrases, and in how many of them each stands."""
        return Counter(word for phrase in self.meanings for word in phrase)

    def ancestors(self, slug: str) -> list[str]:
        """The concepts above, the nearest first."""
        found: list[str] = []
        while (slug := self.concepts[slug].broader) and slug not in found:
            found.append(slug)
        return found


@dataclass(frozen=True, slots=True)
class _Present:
    words: Lexicon
    added: Mapping[Phrase, tuple[str, ...]]
    version: str


class LexiconInUse:
    """The words of the files with those that one site added, which may change at any moment.

    One assignment changes all of it: every thread sees the old words or the new ones. A concept
    that was known once stays known, so that whoever holds its slug may still ask about it.
    """

    def __init__(self, files: Lexicon) -> None:
        self.files = files
        self._present = _Present(files, {}, "")

    def take(self, added: Iterable[Concept], version: str) -> None:
        """From now on the files with these: concepts of the site's own, and further phrases for
        concepts of the files. ``version`` names them; "" for nothing."""
        concepts = dict(self.files.concepts)
        phrases: dict[Phrase, tuple[str, ...]] = {}
        for one in added:
            known = concepts.get(one.slug, one)
            both = tuple(dict.fromkeys((*known.phrases, *one.phrases)))
            concepts[one.slug] = replace(known, phrases=both)
            for phrase in map(phrase_of, one.phrases):
                meant = phrases.get(phrase) or self.files.meanings.get(phrase, ())
                phrases[phrase] = tuple(dict.fromkeys((*meant, one.slug)))
        for slug, one in self._present.words.concepts.items():
            concepts.setdefault(slug, replace(one, phrases=()))
        words = Lexicon(concepts, {**self.files.meanings, **phrases})
        self._present = _Present(words, phrases, version)

    @property
    def version(self) -> str:
        return self._present.version

    @property
    def added(self) -> Mapping[Phrase, tuple[str, ...]]:
        """Phrases that mean something else than in the files, to all that they mean."""
        return self._present.added

    @property
    def concepts(self) -> Mapping[str, Concept]:
        return self._present.words.concepts

    @property
    def meanings(self) -> Mapping[Phrase, tuple[str, ...]]:
        return self._present.words.meanings

    @property
    def vocabulary(self) -> Mapping[str, int]:
        return self._present.words.vocabulary

    def ancestors(self, slug: str) -> list[str]:
        return self._present.words.ancestors(slug)


def digest(folder: Path = FOLDER) -> str:
    """Names the content of the files."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.tsv")):
        found.update(path.read_bytes())
    return found.hexdigest()


def read(folder: Path = FOLDER) -> Lexicon:
    """The lexicon of all files of a folder; ValueError names the line that is wrong."""
    concepts: dict[str, Concept] = {}
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                try:
                    one = _concept(line)
                except ValueError as error:
                    raise ValueError(f"{path.name}, line {number}: {error}") from None
                concepts[one.slug] = one
    return Lexicon(concepts)


def _concept(line: str) -> Concept:
    slug, broader, category, *words = line.split("\t")
    if len(words) != 3:
        raise ValueError(f"{len(words) + 3} columns instead of 6")
    indonesian, also, english = (tuple(_listed(one)) for one in words)
    phrases = tuple(dict.fromkeys((*indonesian, *also, *english)))
    return Concept(slug, broader, category, phrases, next(iter(indonesian), ""), english[0])


def _listed(words: str) -> Iterator[str]:
    return (one.strip() for one in words.split(",") if one.strip())


LEXICON = LexiconInUse(read())
