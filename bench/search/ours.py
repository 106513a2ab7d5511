"""The product's adapters, asked with the words as they are written, as the others are."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bench.search.data import NOW, RADIUS_KM, Post, Question
from bench.search.engine import LIMIT, REACHES_KM, bytes_below
from marketplace.places import cells
from marketplace.search.port import Facets, Query, Reach, SearchIndex
from marketplace.search.whoosh_index import WhooshIndex

PREFIX_WORDS = 50  # the most frequent words that begin so are looked for
LIKELY = 3  # so many words are tried instead of a misspelt one


class Ours:
    """One adapter behind the port."""

    def __init__(self, name: str, index: SearchIndex) -> None:
        self.name, self.index = name, index

    def build(self, posts: Iterable[Post]) -> None:
        self.index.rebuild(post.document for post in posts)

    def add(self, post: Post) -> None:
        self.index.apply([post.document])

    def finds(self, word: str) -> list[int]:
        return self._ids(_any(word))

    def close(self) -> None:
        self.index.close()

    def words(self, asked: Question) -> list[int]:
        return self._ids(_any(*asked.words))

    def kind(self, asked: Question) -> list[int]:
        return self._ids(_of_kind(asked))

    def near(self, asked: Question) -> list[int]:
        return self._ids(_near(asked))

    def nearest(self, asked: Question) -> list[int]:
        return self._ids(replace(_of_kind(asked), groups=(), sort="nearest", origin=asked.cell))

    def newest(self, asked: Question) -> list[int]:
        return self._ids(replace(_of_kind(asked), sort="newest", needed=0.0))

    def complete(self, asked: Question) -> list[str]:
        return self.index.completions(asked.start, 10)

    def prefix(self, asked: Question) -> list[int]:
        words = self.index.completions(asked.start, PREFIX_WORDS)
        return self._ids(replace(_any(), groups=(tuple((word, 1.0) for word in words),)))

    def typo(self, asked: Question) -> list[int]:
        words = self.index.neighbours(asked.misspelt, LIKELY)
        return self._ids(replace(_any(), groups=(tuple((word, 1.0) for word in words),)))

    def facets(self, asked: Question) -> Facets:
        reaches = [_reach(asked, km) for km in REACHES_KM]
        return self.index.facets(_near(asked), reaches)

    def _ids(self, query: Query) -> list[int]:
        return [hit.id for hit in self.index.search(query).hits]


class Embedded(Ours):
    """Whoosh, in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__("whoosh", WhooshIndex(folder / "index"))
        self.folder = folder

    def size(self) -> int:
        return bytes_below(self.folder)


def _any(*words: str) -> Query:
    return Query(now=NOW, groups=tuple(((word, 1.0),) for word in words), limit=LIMIT)


def _of_kind(asked: Question) -> Query:
    return replace(_any(*asked.words), kinds=frozenset({asked.kind}))


def _near(asked: Question) -> Query:
    return replace(_of_kind(asked), reach=_reach(asked, RADIUS_KM), origin=asked.cell)


def _reach(asked: Question, km: float) -> Reach:
    return Reach(*cells.cover(asked.cell, km))
