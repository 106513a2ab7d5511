"""Words and phrases that say nothing about a thing: glue, asking, offering, politeness. Pure.

They are read once from ``stopwords.txt`` and ``stop_phrases.txt``.
"""

from collections.abc import Iterator
from pathlib import Path


def _lines(name: str) -> Iterator[list[str]]:
    for line in (Path(__file__).parent / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split()


WORDS = frozenset(word for line in _lines("stopwords.txt") for word in line)
PHRASES = frozenset(tuple(line) for line in _lines("stop_phrases.txt"))
# Behind these a query says what the thing is for.
PURPOSE = frozenset(
    ("untuk", "buat", "bagi", "kanggo", "kagem", "keur", "pikeun", "kaanggo", "for", "to")
)
# Words that go with anything; a query is rarely about them.
SOFT = frozenset(word for line in _lines("soft_words.txt") for word in line)
LONGEST_PHRASE = max(len(phrase) for phrase in PHRASES)
