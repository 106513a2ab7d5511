"""The terms of a build on PostgreSQL: their numbers and frequencies, and their spellings."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.search import spelling
from marketplace.search.port import CorpusStats, IndexUnusable
from marketplace.search.postgres_builds import Build, Replaced
from marketplace.search.terms import MARKS, is_word

HALF = 4  # letters at both ends of a word that its shapes are made of
MISSPELT_FROM = 3  # letters of the shortest word that a misspelt one may stand for
BETWEEN = "\x1f"  # terms that are asked for: hundreds are sent as one text in a third of the time
ONE_EDIT = "shapes && %(first)s::text[] AND shapes && %(last)s::text[]"
TWO_EDITS = f"shapes && %(start)s::text[] OR shapes && %(end)s::text[] OR {ONE_EDIT}"
_NO_WORD = [*MARKS, " "]  # how terms begin that are no words


@dataclass(frozen=True, slots=True)
class Known:
    """The corpus, and the terms of it that were asked for: number and frequency of each."""

    documents: int
    length: float
    terms: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, rows: Sequence[Any]) -> "Known":
        """From the only row of the state: whether it is replaced, documents, length; and from
        terms, numbers and frequencies, each in a list."""
        if not rows:
            raise IndexUnusable("the index has lost its state")
        replaced, documents, length, names, numbers, frequencies = rows[0]
        if replaced:
            raise Replaced
        pairs = zip(numbers or (), frequencies or (), strict=True)
        return cls(documents, length, dict(zip(names or (), pairs, strict=True)))

    def number(self, term: str) -> int:
        """0 when no document holds it."""
        return self.terms.get(term, (0, 0))[0]

    def frequency(self, term: str) -> int:
        return self.terms.get(term, (0, 0))[1]

    @property
    def numbers(self) -> Mapping[str, int]:
        return {term: number for term, (number, _) in self.terms.items()}

    def stats(self, terms: Collection[str]) -> CorpusStats:
        average = self.length / self.documents if self.documents else 0.0
        return CorpusStats(self.documents, average, {term: self.frequency(term) for term in terms})


def known(build: Build, terms: Collection[str]) -> Known:
    """These terms."""
    return Known.of(
        build.ask(
            f"""SELECT state.replaced, state.documents, state.length, found.*
                FROM {build.name}.state, (
                    SELECT array_agg(term), array_agg(number), array_agg(frequency)
                    FROM {build.name}.terms
                    WHERE term = ANY(string_to_array(%(terms)s, %(between)s))
                ) AS found""",
            {"terms": as_text(terms), "between": BETWEEN},
        )
    )


def as_text(terms: Collection[str]) -> str:
    """What ``string_to_array`` makes these of. Signs that are no letters, such as NUL, stand in
    none."""
    return BETWEEN.join(filter(str.isprintable, terms))


def beginning(build: Build, start: str) -> dict[str, tuple[int, int]]:
    """Number and frequency of the terms that begin so; for facts, which are few."""
    rows = build.ask(
        f"SELECT term, number, frequency FROM {build.name}.terms WHERE {_RANGE}",
        {"start": start, "end": _after(start)},
    )
    return {term: (number, frequency) for term, number, frequency in rows}


_RANGE = "term >= %(start)s::text AND term < %(end)s::text"


def _after(start: str) -> str:
    """The first text, by code points, after all those that begin with ``start``."""
    for at in range(len(start) - 1, -1, -1):
        code = ord(start[at]) + 1
        if code <= 0x10FFFF:
            return start[:at] + chr(0xE000 if 0xD800 <= code < 0xE000 else code)
    return chr(0x10FFFF)


def completions(build: Build, start: str, most: int) -> list[str]:
    """Words that begin so, the most frequent first.

    Frequencies of more digits come first, and PostgreSQL goes on to those of fewer only while
    there are too few.
    """
    if not is_word(start) or start.startswith(" ") or not start.isprintable():
        return []
    rows = build.ask(
        f"""SELECT term FROM generate_series(
                (SELECT max(digits) FROM {build.name}.terms), 1, -1
            ) AS size CROSS JOIN LATERAL (
                SELECT term FROM {build.name}.terms
                WHERE digits = size AND {_RANGE} AND left(term, 1) <> ALL(%(marks)s::text[])
                ORDER BY frequency DESC, term LIMIT %(most)s
            ) AS word LIMIT %(most)s""",
        {"start": start, "end": _after(start), "marks": _NO_WORD, "most": most},
    )
    return [word for (word,) in rows]


def neighbours(build: Build, word: str, most: int) -> list[str]:
    """As ``spelling.nearest`` over all words of the build."""
    allowed = spelling.edits(word)
    if not allowed or not word.isprintable():  # PostgreSQL holds no NUL and no half a letter
        return []
    sizes = range(len(word) - allowed, len(word) + allowed + 1)
    alike, values = _alike(word, allowed)
    rows = build.ask(
        f"""WITH alike AS MATERIALIZED (
                SELECT term FROM {build.name}.spellings WHERE ({alike})
                AND bit_count((letters # %(letters)s)::bit(32)) <= %(different)s
            )
            SELECT term, frequency FROM alike JOIN {build.name}.terms USING (term)""",
        {
            "letters": letters(word),
            "different": 2 * allowed,  # a wrong letter is one too many and one too few
            **{name: [f"{end}{n}" for end in ends for n in sizes] for name, ends in values.items()},
        },
    )
    return spelling.nearest(word, dict(rows), most)


def _alike(word: str, allowed: int) -> tuple[str, dict[str, set[str]]]:
    """The condition for words so near, and what it names.

    Texts with one edit between them have a shape in common. One edit: so have the first four
    letters, and the last four. Two, in words of eight letters or more: these ends lie apart, so
    one of them is whole, or there is one edit in each. Where letters are swapped across the middle
    of eight, the swap is undone first.
    """
    first, last = _first(word), _last(word)
    if allowed == 1:
        return ONE_EDIT, {"first": first, "last": last}
    if len(word) == 2 * HALF:
        swapped = word[: HALF - 1] + word[HALF] + word[HALF - 1] + word[HALF + 1 :]
        first, last = first | _first(swapped), last | _last(swapped)
    whole = {"start": {f"<{word[:HALF]}"}, "end": {f"{word[-HALF:]}>"}}
    return TWO_EDITS, {"first": first, "last": last, **whole}


def spelt(terms: Collection[str]) -> Iterator[tuple[str, int, list[str]]]:
    """Rows of SPELLINGS for those of the terms that a misspelt word may stand for."""
    for term in terms:
        if len(term) >= MISSPELT_FROM and is_word(term) and not term.startswith(" "):
            ends = sorted(_first(term) | _last(term))
            yield term, letters(term), [f"{end}{len(term)}" for end in ends]


def letters(word: str) -> int:
    """Which letters a word holds, as bits: an edit changes two of them at most."""
    bits = 0
    for letter in word:
        bits |= 1 << ord(letter) % 31
    return bits


def _first(word: str) -> set[str]:
    return {f"<{shape}" for shape in _shapes(word[:HALF])}


def _last(word: str) -> set[str]:
    return {f"{shape}>" for shape in _shapes(word[-HALF:])}


def _shapes(part: str) -> Iterator[str]:
    """The part itself, and without each of its letters."""
    yield part
    for at in range(len(part)):
        yield part[:at] + part[at + 1 :]
