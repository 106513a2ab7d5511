"""Words that a site adds to the lexicon: what may be added, and what it makes them mean. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from marketplace.errors import Problem
from marketplace.listings.rules import one_line
from marketplace.search.lexicon import LONGEST, Concept
from marketplace.search.stopwords import PHRASES, WORDS
from marketplace.search.tokens import normalise, tokens

LENGTH_MAX = 50  # characters of a word or phrase
ONLY_EACH_OTHER = "-"  # chosen instead of a concept: both are a concept of their own
LOCAL = "local-"  # begins the slugs of those; no slug of a file does

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SynonymDraft:
    """What was filled in. ``concept``: the slug that was chosen, where ``same_as`` may mean several
    things. ``both``: it is known that ``words`` mean something already."""

    words: str = ""
    same_as: str = ""
    concept: str = ""
    both: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A word in force. ``key`` names its row; ``concept`` is "" when there is none."""

    key: int
    words: str
    same_as: str
    concept: str


def phrase_of(text: str) -> Phrase:
    """Its words, as all texts are read."""
    return tuple(tokens(text, LENGTH_MAX))


def says_nothing(phrase: Phrase) -> bool:
    """Whether searching skips it, in posts and in questions."""
    return phrase in PHRASES or all(word in WORDS for word in phrase)


def check(
    draft: SynonymDraft, known: tuple[str, ...] = (), possible: tuple[str, ...] = ()
) -> list[Problem]:
    """What is wrong, by field. ``known``: slugs of what the words mean already; ``possible``: of
    what they may be the same as."""
    found = [
        problem
        for field, text in (("words", draft.words), ("same_as", draft.same_as))
        for problem in _check_phrase(field, text)
    ]
    if found:
        return found
    word, other = phrase_of(draft.words), phrase_of(draft.same_as)
    said, meant = {"words": one_line(draft.words)}, {"words": one_line(draft.same_as)}
    if normalise(said["words"]) == normalise(meant["words"]):
        return [Problem("same_as", "word_same")]
    if word == other:  # two spellings of one word
        return [Problem("words", "word_means_that", said)]
    concept = concept_of(draft, possible)
    if concept is None:
        return [Problem("concept", "word_unclear", meant)]
    if concept in known:
        return [Problem("words", "word_means_that", said)]
    if known and not draft.both:
        return [Problem("both", "word_means_more", said)]
    return []


def _check_phrase(field: str, text: str) -> Iterator[Problem]:
    phrase = phrase_of(text)
    if not text.strip():
        yield Problem(field, "required")
    elif len(text) > LENGTH_MAX:
        yield Problem(field, "too_long", {"max": LENGTH_MAX})
    elif not phrase:
        yield Problem(field, "word_unreadable")
    elif len(phrase) > LONGEST:
        yield Problem(field, "word_phrase_long", {"max": LONGEST})
    elif says_nothing(phrase):
        yield Problem(field, "word_says_nothing", {"words": one_line(text)})


def concept_of(draft: SynonymDraft, possible: tuple[str, ...]) -> str | None:
    """What was meant among the possible meanings; "" for a concept of their own, None when it is
    still to be chosen."""
    if draft.concept in possible:
        return draft.concept
    if not possible or draft.concept == ONLY_EACH_OTHER:
        return ""
    return possible[0] if len(possible) == 1 else None


def added(entries: Iterable[Entry], known: Callable[[str], bool]) -> list[Concept]:
    """What the lexicon is to take.

    Words without a concept, or whose concept is not ``known`` any more, are one concept with all
    that they share a word with: when a is b and b is c, then a is c.
    """
    concepts: list[Concept] = []
    groups: list[tuple[str, dict[Phrase, str]]] = []
    for entry in sorted(entries, key=lambda one: one.key):
        if entry.concept and known(entry.concept):
            concepts.append(Concept(entry.concept, "", "", (entry.words,), "", ""))
            continue
        slug = f"{LOCAL}{entry.key}"
        said = {phrase_of(text): text for text in (entry.words, entry.same_as)}
        for other, theirs in [one for one in groups if one[1].keys() & said.keys()]:
            groups.remove((other, theirs))
            slug, said = min(slug, other, key=_number), theirs | said
        groups.append((slug, said))
    for slug, said in groups:
        words = tuple(said.values())
        concepts.append(Concept(slug, "", "", words, words[-1], words[-1]))
    return _joined(concepts)


def _number(slug: str) -> int:
    return int(slug.removeprefix(LOCAL))


def _joined(concepts: list[Concept]) -> list[Concept]:
    """One for each slug, with the phrases of all."""
    by_slug: dict[str, Concept] = {}
    for one in concepts:
        before = by_slug[one.slug].phrases if one.slug in by_slug else ()
        phrases = tuple(dict.fromkeys((*before, *one.phrases)))
        by_slug[one.slug] = Concept(
            one.slug, one.broader, one.category, phrases, one.indonesian, one.english
        )
    return list(by_slug.values())
