"""The words of one stored segment: which begin so, and which one may be a misspelling of. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from marketplace.search import spelling

AFTER_ALL = "\U0010ffff"
SIGNS = 64  # a word's letters are noted in as many bits


class Vocabulary:
    """Words in the order of the alphabet, and how many documents of the segment hold each."""

    def __init__(self, words: Sequence[str], frequencies: Sequence[int]) -> None:
        self.words, self._frequencies = words, frequencies

    def beginning(self, start: str) -> list[tuple[str, int]]:
        """Words that begin so, each with how many documents hold it."""
        first = bisect_left(self.words, start)
        last = bisect_left(self.words, start + AFTER_ALL)
        return list(zip(self.words[first:last], self._frequencies[first:last], strict=True))

    def similar(self, word: str) -> list[str]:
        """Words within the edits that ``spelling`` forgives, and some others.

        An edit changes a length by one at most and adds or takes at most two letters: what differs
        more is out before any distance is measured, which leaves some hundredths.
        """
        forgiven = spelling.edits(word)
        if not forgiven or not self.words:
            return []
        lengths, signs = self._shapes
        (sign,) = _signs([word])
        near = np.flatnonzero(np.abs(lengths - len(word)) <= forgiven)
        near = near[np.bitwise_count(signs[near] ^ sign) <= 2 * forgiven]
        return [self.words[at] for at in near.tolist()]

    @cached_property
    def _shapes(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        return np.array([len(word) for word in self.words], np.int64), _signs(self.words)


def _signs(words: Sequence[str]) -> NDArray[np.uint64]:
    """For each word (none is empty) the set of its letters, as bits."""
    codes = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
    bits = np.left_shift(np.uint64(1), (codes % SIGNS).astype(np.uint64))
    ends = np.cumsum([len(word) for word in words])
    found: NDArray[np.uint64] = np.bitwise_or.reduceat(bits, np.concatenate(([0], ends[:-1])))
    return found
