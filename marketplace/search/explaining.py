"""Why a listing was found: which of its words answer which of those asked, and what else counts.
Pure: codes and numbers, no sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from marketplace.search import scoring
from marketplace.search.analysis import BESIDE_WEIGHT, Unit, units_of
from marketplace.search.asking import Asked
from marketplace.search.lexicon import LEXICON
from marketplace.search.port import CorpusStats, Group, Hit, Query
from marketplace.search.stems import stems
from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK, STEM_MARK
from marketplace.search.tokens import MAX_TEXT, in_own_words

READ = 600  # characters of a description that are looked at for a card
TITLE, TEXT = "title", "text"  # the word itself, and where it stands
FORM = "form"  # another form of the word
MEANING = "meaning"  # other words for the same
NARROWER = "narrower"  # one of what was asked for
RELATED = "related"  # what that is one of, or another of these


@dataclass(frozen=True, slots=True)
class Part:
    """``asked`` is answered by ``found``, as the text writes it, in the way of ``how``; ``share``
    of the whole query that it gives, in [0, 1]."""

    asked: str
    found: str
    how: str
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The parts of the order *best*: ``words`` + ``near`` + ``fresh`` = ``score``. ``missing``:
    words asked for that nothing answers."""

    parts: tuple[Part, ...]
    missing: tuple[str, ...]
    words: float
    near: float
    fresh: float
    score: float


def parts_of(title: str, description: str, asked: Asked, read: int = READ) -> list[Part]:
    """How a text answers each word asked for, in their order; the words with no answer are left
    out, and shares are 0. ``read``: so much of the description."""
    text = f"{title}\n{description[:read]}"
    units = {TITLE: list(units_of(title)), TEXT: list(units_of(description[:read]))}
    found = (
        _answer(word, group, units) for word, group in zip(asked.words, asked.groups, strict=True)
    )
    return [replace(one, found=in_own_words(one.found, text)) for one in found if one]


def explain(
    text: tuple[str, str],
    words: Mapping[str, float],
    *,
    asked: Asked,
    hit: Hit,
    query: Query,
    stats: CorpusStats,
) -> Explanation:
    """``text``: title and description; ``words``: the terms that the index holds of them."""
    plan = scoring.plan(query.groups, stats, query.weights)
    length = sum(words.values())
    shares = {}
    for word, group in zip(asked.words, plan.groups, strict=True):
        gained = (
            weight * scoring.score(words[term], length, one, query.weights)
            for term, weight, one in group.alternatives
            if term in words
        )
        shares[word] = max(gained, default=0.0) / plan.ceiling
    found = parts_of(*text, asked, MAX_TEXT)
    parts = tuple(replace(one, share=shares[one.asked]) for one in found)
    near, fresh = _circumstances(hit, query)
    answered = {one.asked for one in parts}
    return Explanation(
        parts=parts,
        missing=tuple(word for word in asked.words if word not in answered),
        words=hit.score - near - fresh,
        near=near,
        fresh=fresh,
        score=hit.score,
    )


def _circumstances(hit: Hit, query: Query) -> tuple[float, float]:
    """What nearness and freshness add to the score of *best*."""
    near = scoring.NEUTRAL_NEARNESS
    if hit.distance_km is not None:
        near = scoring.nearness(scoring.chord_of(hit.distance_km))
    age = max(0.0, query.now.timestamp() - hit.published)
    return query.weights.nearness * near, query.weights.freshness * scoring.freshness(age)


def _answer(word: str, group: Group, units: Mapping[str, list[Unit]]) -> Part | None:
    for place in (TITLE, TEXT):
        if any(word in unit.words for unit in units[place]):
            return Part(word, word, place, 0.0)
    both = list(chain(units[TITLE], units[TEXT]))
    weights = dict(group)
    forms = {term for term in weights if term.startswith(STEM_MARK)}
    for found in chain.from_iterable(unit.words for unit in both):
        if forms & {*stems(found)}:
            return Part(word, found, FORM, 0.0)
    meant = [(weight, how, said) for unit in both for weight, how, said in _meant(unit, weights)]
    if not meant:
        return None
    _, how, said = max(meant, key=lambda one: one[0])
    return Part(word, said, how, 0.0)


def _meant(unit: Unit, weights: Mapping[str, float]) -> Iterable[tuple[float, str, str]]:
    """What the concepts of a unit of the text have to do with the alternatives of a group."""
    said = " ".join(unit.words)
    for slug in unit.concepts:
        if weight := weights.get(CONCEPT_MARK + slug):
            yield weight, MEANING if weight > BESIDE_WEIGHT else RELATED, said
        for above in LEXICON.ancestors(slug):
            if weight := weights.get(BELOW_MARK + above):
                yield weight, NARROWER if weight >= scoring.HOLDING_WEIGHT else RELATED, said
