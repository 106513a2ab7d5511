"""One commit of a build, in memory: what is searched until the next commit. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush

from marketplace.search import spelling
from marketplace.search.port import CorpusStats
from marketplace.search.segments import View

ANSWERS_KEPT = 500  # completions and neighbours, until the next commit


class Snapshot:
    """Segments with what is alive in them. ``build`` and ``generation`` name the commit."""

    def __init__(self, build: str, generation: int, views: tuple[View, ...]) -> None:
        self.build, self.generation, self.views = build, generation, views
        self.documents = sum(map(len, views))
        length = sum(view.length for view in views)
        self.average_length = length / self.documents if self.documents else 0.0
        self._completions: dict[tuple[str, int], tuple[str, ...]] = {}
        self._neighbours: dict[tuple[str, int], tuple[str, ...]] = {}

    def by_segment(self) -> Mapping[str, View]:
        return {view.segment.name: view for view in self.views}

    def frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """How many documents hold each of them."""
        found = dict.fromkeys(terms, 0)
        for view in self.views:
            view.count(found)
        return found

    def frequency(self, term: str) -> int:
        return self.frequencies((term,))[term]

    def stats(self, terms: Collection[str]) -> CorpusStats:
        return CorpusStats(self.documents, self.average_length, self.frequencies(terms))

    def completions(self, start: str, most: int) -> list[str]:
        """Living words that begin so, the most frequent first."""
        return _once(self._completions, (start, most), self._complete)

    def neighbours(self, word: str, most: int) -> list[str]:
        """Living words that this one may be a misspelling of."""
        return _once(self._neighbours, (word, most), self._similar)

    def _complete(self, start: str, most: int) -> Iterator[str]:
        """What a segment notes of a word counts its dead documents too: never too few. So the
        living ones are counted only for words whose turn it is by that number."""
        noted: Counter[str] = Counter()
        for view in self.views:
            noted.update(dict(view.segment.vocabulary.beginning(start)))
        is_exact = not any(view.deleted for view in self.views)
        waiting = [(-number, word, is_exact) for word, number in noted.items()]
        heapify(waiting)
        while waiting and most:
            _, word, is_exact = heappop(waiting)
            if is_exact:
                most -= 1
                yield word
            elif number := self.frequency(word):
                heappush(waiting, (-number, word, True))

    def _similar(self, word: str, most: int) -> list[str]:
        similar = {one: 0 for view in self.views for one in view.segment.vocabulary.similar(word)}
        close = spelling.nearest(word, similar, len(similar))
        living = {one: number for one in close if (number := self.frequency(one))}
        return spelling.nearest(word, living, most)

    def revisions(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for view in self.views:
            ids, revisions = view.segment.ids[view.live], view.segment.revisions[view.live]
            found |= zip(ids.tolist(), revisions.tolist(), strict=True)
        return found

    def held(self, ids: Collection[int]) -> dict[int, tuple[int, int]]:
        """Of the living documents with these ids: the engine's number and the revision."""
        base, found = 0, {}
        for view in self.views:
            segment = view.segment
            for at in segment.numbers_of(ids).tolist():
                if view.live[at]:
                    found[int(segment.ids[at])] = (base + at, int(segment.revisions[at]))
            base += len(segment)
        return found


def _once(
    kept: dict[tuple[str, int], tuple[str, ...]],
    asked: tuple[str, int],
    find: Callable[[str, int], Iterable[str]],
) -> list[str]:
    """What ``find`` finds, kept until the next commit unless there is too much."""
    found = kept.get(asked)
    if found is None:
        if len(kept) >= ANSWERS_KEPT:
            kept.clear()
        kept[asked] = found = tuple(find(*asked))
    return list(found)
