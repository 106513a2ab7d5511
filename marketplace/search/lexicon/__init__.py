"""The bilingual lexicon: concepts of what people share, and the words for them. Pure.

The files beside this one hold a concept per line: slug, broader concept, category, Indonesian
words, further words (colloquial, Malay, Javanese, Sundanese, misspellings), English words. Phrases
have up to LONGEST words.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


class Lexicon:
    """Concepts by slug, and what a phrase of normalised words may mean."""

    def __init__(self, concepts: Mapping[str, Concept]) -> None:
        self.concepts = concepts

    @cached_property
    def meanings(self) -> Mapping[Phrase, tuple[str, ...]]:
        """Phrase, as ``tokens`` gives its words, to slugs."""
        found: dict[Phrase, list[str]] = {}
        for concept in self.concepts.values():
            for written in concept.phrases:
                phrase = tuple(tokens(written))[:LONGEST]
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


LEXICON = read()
