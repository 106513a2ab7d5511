"""Whoosh as its manual suggests: ``And`` of terms and ranges, ``sortedby``, ``groupedby``."""

import math
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)
    from whoosh import fields, query, sorting
    from whoosh.analysis import SpaceSeparatedTokenizer
    from whoosh.index import create_in, exists_in, open_dir

from bench.search.data import RADIUS_KM, TITLE_WEIGHT, Post, Question
from bench.search.engine import LIMIT, bytes_below, nearest_first


class Naive:
    name = "naive Whoosh"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "index"
        self.folder.mkdir(exist_ok=True)
        if exists_in(str(self.folder)):
            self.index = open_dir(str(self.folder))
            return
        number = fields.NUMERIC(float, stored=True)
        words = SpaceSeparatedTokenizer()
        self.index = create_in(
            str(self.folder),
            fields.Schema(
                id=fields.ID(stored=True, unique=True),
                title=fields.TEXT(words, field_boost=TITLE_WEIGHT),
                text=fields.TEXT(words),
                kind=fields.ID(sortable=True),
                category=fields.ID(sortable=True),
                term=fields.ID(sortable=True),
                direction=fields.ID(sortable=True),
                open=fields.ID,
                latitude=number,
                longitude=number,
                published=fields.NUMERIC(int, bits=64, sortable=True),
            ),
        )

    def build(self, posts: Iterable[Post]) -> None:
        writer = self.index.writer(limitmb=256)
        for post in posts:
            writer.add_document(**_fields(post))
        writer.commit()

    def add(self, post: Post) -> None:
        writer = self.index.writer()
        writer.update_document(**_fields(post))
        writer.commit()

    def finds(self, word: str) -> list[int]:
        return self._ids(_said(word))

    def size(self) -> int:
        return bytes_below(self.folder)

    def close(self) -> None:
        self.index.close()

    def words(self, asked: Question) -> list[int]:
        return self._ids(_said(*asked.words))

    def kind(self, asked: Question) -> list[int]:
        return self._ids(_of_kind(asked))

    def near(self, asked: Question) -> list[int]:
        return self._ids(_near(asked))

    def nearest(self, asked: Question) -> list[int]:
        with self.index.searcher() as searcher:
            found = searcher.search(query.And(_facts(asked)), limit=None)
            rows = [hit.fields() for hit in found]
        places = [(int(row["id"]), row["latitude"], row["longitude"]) for row in rows]
        return nearest_first(places, asked)

    def newest(self, asked: Question) -> list[int]:
        return self._ids(_of_kind(asked), sortedby="published", reverse=True)

    def complete(self, asked: Question) -> list[str]:
        with self.index.searcher() as searcher:
            reader = searcher.reader()
            found = [
                (-reader.doc_frequency("text", word), word.decode())
                for word in reader.expand_prefix("text", asked.start)
            ]
        return [word for _, word in sorted(found)[:10]]

    def prefix(self, asked: Question) -> list[int]:
        return self._ids(_either(lambda field: query.Prefix(field, asked.start)))

    def typo(self, asked: Question) -> list[int]:
        return self._ids(
            _either(lambda field: query.FuzzyTerm(field, asked.misspelt, prefixlength=1))
        )

    def facets(self, asked: Question) -> dict[str, dict[str, int]]:
        """Counts within all filters: those of other choices would need a search for each."""
        by = [sorting.FieldFacet(name) for name in ("kind", "category", "term", "direction")]
        with self.index.searcher() as searcher:
            groups = {facet.fieldname: facet for facet in by}
            found = searcher.search(
                _near(asked), limit=LIMIT, groupedby=groups, maptype=sorting.Count
            )
            return {name: dict(found.groups(name)) for name in groups}

    def _ids(self, wanted: Any, **options: Any) -> list[int]:
        with self.index.searcher() as searcher:
            return [int(hit["id"]) for hit in searcher.search(wanted, limit=LIMIT, **options)]


def _fields(post: Post) -> dict[str, Any]:
    return {
        "id": str(post.id),
        "title": " ".join(post.title),
        "text": " ".join(post.text),
        "kind": post.kind,
        "category": post.category,
        "term": post.term,
        "direction": post.direction,
        "open": "yes" if post.is_open else "no",
        "latitude": post.latitude,
        "longitude": post.longitude,
        "published": int(post.published.timestamp()),
    }


def _either(of: Any) -> Any:
    return query.Or([of("title"), of("text")])


def _said(*words: str) -> Any:
    return query.Or([query.Term(name, word) for word in words for name in ("title", "text")])


def _facts(asked: Question) -> list[Any]:
    return [query.Term("kind", asked.kind), query.Term("open", "yes")]


def _of_kind(asked: Question) -> Any:
    return query.And([_said(*asked.words), *_facts(asked)])


def _near(asked: Question) -> Any:
    up = RADIUS_KM / 111.2
    side = up / math.cos(math.radians(asked.latitude))
    box = [
        query.NumericRange("latitude", asked.latitude - up, asked.latitude + up),
        query.NumericRange("longitude", asked.longitude - side, asked.longitude + side),
    ]
    return query.And([_said(*asked.words), *_facts(asked), *box])
