"""What offers say, as arrays: terms as numbers, and what each counts. Pure."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TF_HALF = 1.2  # weight at which one term of the offer counts half, before the cap
TF_RISE = 1.6  # so that a word in the offer's title counts fully, one in its text for 0.7


class Codes(dict[str, int]):
    """Texts as small numbers: the same text always the same number."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def saturated(weights: Floats) -> Floats:
    """What a term counts in an offer: saying it again hardly says more. BM25 (Robertson and
    Zaragoza 2009) without the length term: a long offer that says more must not fit less."""
    return np.minimum(1.0, TF_RISE * weights / (weights + TF_HALF))


class Said:
    """Every term that some offers say, as flat arrays: whose it is, which, and what it counts."""

    def __init__(self, each: Sequence[Mapping[str, float]], codes: Codes) -> None:
        self.size, self.codes = len(each), codes
        named = [sorted(words.items()) for words in each]
        flat = list(chain.from_iterable(named))
        self.rows = repeated([len(terms) for terms in named])
        self.terms = np.array([codes[term] for term, _ in flat], np.int64)
        self.counts = saturated(np.array([weight for _, weight in flat], np.float64))
        self._meant = np.array(
            [term[0] in (CONCEPT_MARK, BELOW_MARK) for term, _ in flat], np.bool_
        )

    @cached_property
    def meant(self) -> tuple[Numbers, Numbers, Floats]:
        """Only what they mean."""
        return self.rows[self._meant], self.terms[self._meant], self.counts[self._meant]


def repeated(lengths: list[int]) -> Numbers:
    """0 as often as the first says, 1 as often as the second ..."""
    return np.repeat(np.arange(len(lengths)), np.array(lengths, np.int64))


def summed(rows: Numbers, values: Floats, size: int) -> Floats:
    """The sum of the values of each row, in the order in which they stand."""
    return np.bincount(rows, values, size).astype(np.float64, copy=False)
