"""The bilingual lexicon: concepts of what people share, and the words for them. Pure.

The files beside this one hold a concept per line: slug, broader concept, category, Indonesian
words, further words (colloquial, Malay, Javanese, Sundanese, misspellings), English words. Phrases
have up to LONGEST words. A site adds words of its own: ``LEXICON`` is the files with those.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path

from marketplace.search.tokens import SPELLINGS, tokens

FOLDER = Path(__file__).parent
GENERAL = "general"  # the file of what goes with things
LONGEST = 4  # words of a phrase
SHORTEST_JOINED = 6  # letters of a phrase written as one word: magiccom
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
    return tuple(words if is_plain else tokens(written))[:LONGEST]


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
        if self._meanings is not None:
            return self._meanings
        found: dict[Phrase, tuple[str, ...]] = {}
        for concept in self.concepts.values():
            for phrase in filter(None, map(phrase_of, concept.phrases)):
                slugs = found.get(phrase, ())
                if concept.slug not in slugs:
                    found[phrase] = (*slugs, concept.slug)
        return found

    @cached_property
    def indonesian(self) -> frozenset[Phrase]:
        """The phrases of the columns that are not English."""
        return frozenset(
            phrase_of(one) for concept in self.concepts.values() for one in concept.in_indonesian
        )

    @cached_property
    def english(self) -> frozenset[Phrase]:
        return frozenset(
            phrase_of(one) for concept in self.concepts.values() for one in concept.in_english
        )

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
    def joined(self) -> Mapping[str, Phrase]:
        """Phrases of several words by what they look like without spaces."""
        found = {"".join(phrase): phrase for phrase in self.meanings if len(phrase) > 1}
        return {
            word: phrase
            for word, phrase in found.items()
            if len(word) >= SHORTEST_JOINED and (word,) not in self.meanings
        }

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
        words = Lexicon(concepts, {**self.files.meanings, **phrases}, self.files.relations)
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

    def broader(self, slug: str) -> tuple[str, ...]:
        return self._present.words.broader(slug)

    def beside(self, slug: str) -> tuple[str, ...]:
        """Concepts that may help who looks for this one."""
        return self.files.relations.beside.get(slug, ())


def digest(folder: Path = FOLDER) -> str:
    """Names the content of the files."""
    found = hashlib.sha256()
    for path in sorted((*folder.glob("*.tsv"), *folder.glob("*.txt"))):
        found.update(path.read_bytes())
    return found.hexdigest()


def read(folder: Path = FOLDER, categories: Container[str] | None = None) -> Lexicon:
    """The lexicon of all files of a folder; ValueError names the line that is wrong.

    ``categories``: the slugs that there are; None leaves them unchecked.
    """
    concepts: dict[str, Concept] = {}
    where: dict[str, str] = {}
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                here = f"{path.name}, line {number}"
                try:
                    one = _concept(line, is_general=path.stem == GENERAL)
                except ValueError as error:
                    raise ValueError(f"{here}: {error}") from None
                if one.slug in concepts:
                    raise ValueError(f"{here}: {one.slug} stands in {where[one.slug]} too")
                if categories is not None and one.category not in categories:
                    raise ValueError(f"{here}: there is no category {one.category}")
                concepts[one.slug], where[one.slug] = one, here
    for slug, one in concepts.items():
        if one.broader and one.broader not in concepts:
            raise ValueError(f"{where[slug]}: there is no concept {one.broader}")
    _require_tree(concepts, where)
    return Lexicon(concepts, relations=_relations(folder / "relations.txt", concepts))


def _relations(path: Path, concepts: Container[str]) -> Relations:
    """Lines "a b < c" and "a ~ b c" of slugs."""
    above: dict[str, dict[str, None]] = {}
    beside: dict[str, dict[str, None]] = {}
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            left, sign, right = line.partition(" < " if " < " in line else " ~ ")
            if not sign:
                raise ValueError(f"{path.name}, line {number}: neither < nor ~")
            for one, other in product(left.split(), right.split()):
                if unknown := [slug for slug in (one, other) if slug not in concepts]:
                    raise ValueError(f"{path.name}, line {number}: there is no {unknown[0]}")
                (above if "<" in sign else beside).setdefault(one, {})[other] = None
                if "~" in sign:
                    beside.setdefault(other, {})[one] = None
    return Relations(
        {slug: tuple(others) for slug, others in above.items()},
        {slug: tuple(others) for slug, others in beside.items()},
    )


def _require_tree(concepts: Mapping[str, Concept], where: Mapping[str, str]) -> None:
    """No concept lies below itself."""
    ending: set[str] = set()  # those from which the way up is known to end
    for start in concepts:
        way, slug = [], start
        while slug and slug not in ending:
            if slug in way:
                raise ValueError(f"{where[start]}: {start} lies below itself")
            way.append(slug)
            slug = concepts[slug].broader
        ending.update(way)


def _concept(line: str, *, is_general: bool) -> Concept:
    slug, broader, category, *words = line.split("\t")
    if len(words) != 3:
        raise ValueError(f"{len(words) + 3} columns instead of 6")
    indonesian, also, english = (tuple(_listed(one)) for one in words)
    if not english:
        raise ValueError("no English words")
    both = (*indonesian, *also)
    phrases = tuple(dict.fromkeys((*both, *english)))
    first = next(iter(indonesian), "")
    return Concept(slug, broader, category, phrases, first, english[0], both, english, is_general)


def _listed(words: str) -> Iterator[str]:
    return (one.strip() for one in words.split(",") if one.strip())


LEXICON = LexiconInUse(read())
