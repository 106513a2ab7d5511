"""Rankings of a judged collection by the engines of the product, and by plain BM25 of stems or of
the very words.

An engine of its own is built for each trial and is gone afterwards: the site's index and database
are left alone.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from marketplace.listings import language
from marketplace.search import asking, scoring
from marketplace.search.analysis import document_terms
from marketplace.search.evaluation import DEPTH, Collection, Rankings, Text
from marketplace.search.memory_index import MemoryIndex
from marketplace.search.port import SHORT_POSTS, Document, Query, SearchIndex, Weights
from marketplace.search.stems import stem, stems
from marketplace.search.steps import in_steps
from marketplace.search.stopwords import WORDS
from marketplace.search.tokens import tokens

ENGINES = ("whoosh", "postgres", "memory", "bm25", "bm25-all", "exact")
NOW = datetime(2026, 1, 1, tzinfo=UTC)  # all texts are as new and as near as each other
# As most engines have it by default; --k1 and --b change it as they change ours.
PLAIN = Weights(k1=1.2, b=0.75, nearness=0.0, freshness=0.0)
Split = Callable[[str, bool], list[str]]  # a text into terms; whether it is a whole post
WORDS_ALONE = replace(SHORT_POSTS, nearness=0.0, freshness=0.0)


def rankings(
    collection: Collection,
    engine: str,
    database: str = "",
    *,
    k1: float | None = None,
    b: float | None = None,
    depth: int = DEPTH,
) -> Rankings:
    """What ``engine`` answers to each judged query, the first ``depth``. ``database``: URL of the
    PostgreSQL server on which the engine postgres may make a database for the while. ``k1`` and
    ``b``: None leaves them as they are for short posts, for those of PLAINLY as most engines have
    them."""
    plain = PLAINLY.get(engine)
    weights = PLAIN if plain else WORDS_ALONE
    weights = replace(weights, k1=weights.k1 if k1 is None else k1, b=weights.b if b is None else b)
    words_of: Callable[[Text], dict[str, float]] = _words
    ask: Callable[[SearchIndex, Query, str], list[int]] = _answer
    if plain:
        words_of, ask = partial(_plain_words, plain), partial(_plain_answer, plain)
    query = Query(now=NOW, weights=weights, limit=depth)
    ids = {number: text.id for number, text in enumerate(collection.documents, 1)}
    with _index(engine, database) as index:
        index.rebuild(_documents(collection.documents, words_of))
        return {
            name: [ids[one] for one in ask(index, query, text)]
            for name, text in collection.queries.items()
        }


def _documents(
    texts: Iterable[Text], words_of: Callable[[Text], dict[str, float]]
) -> Iterator[Document]:
    for number, text in enumerate(texts, 1):
        yield Document(
            id=number,
            revision=1,
            owner_id=1,
            direction="offer",
            kind="goods",
            words=words_of(text),
            published_at=NOW,
        )


def _words(text: Text) -> dict[str, float]:
    """As a listing is analysed when it is posted."""
    spoken = language.guess(f"{text.title} {text.body}", "id")
    return document_terms(text.title, text.body, spoken)


def _plain_words(split: Split, text: Text) -> dict[str, float]:
    return dict(Counter(split(f"{text.title} {text.body}", True)))


def _plain_answer(split: Split, index: SearchIndex, query: Query, text: str) -> list[int]:
    groups = tuple(((term, 1.0),) for term in dict.fromkeys(split(text, False)))
    return [hit.id for hit in index.search(replace(query, groups=groups)).hits] if groups else []


def _stems(text: str, whole: bool) -> list[str]:
    """The Snowball stems of all words but the stop words; a query's in both languages, unless its
    language can be told."""
    spoken = language.guess(text, "id" if whole else "")
    languages = (spoken,) if spoken else ("id", "en")
    return [stem for word in _written(text, whole) for stem in stems(word, languages)]


def _all_stems(text: str, whole: bool) -> list[str]:
    """The English Snowball stems of all words, as an engine has them that knows no more."""
    return [stem(word, "en") for word in tokens(text)]


def _written(text: str, whole: bool) -> list[str]:
    """All words but the stop words, as they are written."""
    return [word for word in tokens(text) if word not in WORDS]


PLAINLY: dict[str, Split] = {"bm25": _stems, "bm25-all": _all_stems, "exact": _written}


def _answer(index: SearchIndex, query: Query, text: str) -> list[int]:
    """As the search page asks, all the way down to what holds the least of the words."""
    asked = asking.understand(text)
    asked = asking.mend(
        asked, lambda terms: index.stats(terms).frequencies, index.neighbours, bool
    )  # nothing of a collection is hidden
    query = replace(query, groups=asked.groups, excluded_terms=asked.unwanted_terms)
    if not query.groups:
        return []
    stats = index.stats(scoring.terms_of(query.groups))
    plan = scoring.plan(query.groups, stats, query.weights)
    return [hit.id for hit in in_steps(index.search, query, plan, enough=query.limit).results.hits]


@contextmanager
def _index(engine: str, database: str) -> Iterator[SearchIndex]:
    if engine == "whoosh":
        from marketplace.search.whoosh_index import WhooshIndex

        with tempfile.TemporaryDirectory(prefix="lumbung-evaluate-") as folder:
            index = WhooshIndex(Path(folder))
            yield index
            index.close()
    elif engine == "postgres":
        from marketplace.search.postgres_index import PostgresIndex
        from marketplace.search.postgres_scratch import scratch

        with scratch(database) as url:
            shared = PostgresIndex(url)
            yield shared
            shared.close()
    else:
        yield MemoryIndex()
