"""One commit of a build, in memory: what is searched until the next commit. Pure."""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from marketplace.search import spelling
from marketplace.search.port import CorpusStats
from marketplace.search.segments import Segment, View


@dataclass(slots=True)
class Snapshot:
    """Segments with what is alive in them. ``build`` and ``generation`` name the commit."""

    build: str
    generation: int
    views: tuple[View, ...]
    documents: int = field(init=False)
    average_length: float = field(init=False)
    _frequencies: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.documents = sum(int(np.count_nonzero(view.live)) for view in self.views)
        length = sum(float(view.segment.lengths[view.live].sum()) for view in self.views)
        self.average_length = length / self.documents if self.documents else 0.0

    def segments(self) -> Mapping[str, Segment]:
        return {view.segment.name: view.segment for view in self.views}

    def stats(self, terms: Collection[str]) -> CorpusStats:
        """Counted once per term and commit."""
        for term in terms:
            if term not in self._frequencies:
                self._frequencies[term] = sum(view.frequency(term) for view in self.views)
        frequencies = {term: self._frequencies[term] for term in terms}
        return CorpusStats(self.documents, self.average_length, frequencies)

    def completions(self, start: str, most: int) -> list[str]:
        """Living words that begin so, the most frequent first."""
        found = set()
        for view in self.views:
            words = view.segment.words
            found |= set(
                words[bisect_left(words, start) : bisect_left(words, start + "\U0010ffff")]
            )
        living = self.stats(found).frequencies
        ranked = sorted((-number, word) for word, number in living.items() if number)
        return [word for _, word in ranked[:most]]

    def neighbours(self, word: str, most: int) -> list[str]:
        """Living words that this one may be a misspelling of."""
        all_words = {other: 0 for view in self.views for other in view.segment.words}
        close = spelling.nearest(word, all_words, len(all_words))
        living = {one: n for one, n in self.stats(close).frequencies.items() if n}
        return spelling.nearest(word, living, most)

    def revisions(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for view in self.views:
            ids, revisions = view.segment.ids[view.live], view.segment.revisions[view.live]
            found |= zip(ids.tolist(), revisions.tolist(), strict=True)
        return found

    def held(self, ids: Collection[int]) -> dict[int, tuple[int, int]]:
        """Of the living documents with these ids: the engine's number and the revision."""
        wanted, base = np.array(sorted(ids), np.int64), 0
        found: dict[int, tuple[int, int]] = {}
        for view in self.views:
            segment = view.segment
            for at in np.flatnonzero(np.isin(segment.ids, wanted) & view.live).tolist():
                found[int(segment.ids[at])] = (base + at, int(segment.revisions[at]))
            base += len(segment)
        return found
