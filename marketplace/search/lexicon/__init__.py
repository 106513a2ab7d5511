"""The bilingual lexicon: concepts of what people share, and the words for them. Pure.

The files beside this one hold a concept per line: slug, broader concept, category, Indonesian
words, further words (colloquial, Malay, Javanese, Sundanese, misspellings), English words. Phrases
have up to LONGEST words. A site adds words of its own: ``LEXICON`` is the files with those.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from marketplace.search.lexicon.concepts import LONGEST, Concept, Lexicon, Phrase, phrase_of
from marketplace.search.lexicon.files import digest, read

__all__ = ["LEXICON", "LONGEST", "Concept", "Lexicon", "Phrase", "digest", "phrase_of", "read"]


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
        if version == self.version:
            return  # they hold already
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

    def beside(self, slug: str) -> frozenset[str]:
        """Concepts that may help who looks for this one."""
        return self.files.beside(slug)


LEXICON = LexiconInUse(read())
