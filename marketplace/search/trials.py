"""Rankings of a judged collection by the engines of the product, and by plain BM25 with stems.

An engine of its own is built for each trial and is gone afterwards: the site's index and database
are left alone.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from marketplace.listings import language
from marketplace.search import asking, scoring
from marketplace.search.analysis import document_terms
from marketplace.search.evaluation import DEPTH, Collection, Rankings, Text
from marketplace.search.memory_index import MemoryIndex
from marketplace.search.port import SHORT_POSTS, Document, Query, SearchIndex, Weights
from marketplace.search.stems import stems
from marketplace.search.steps import in_steps
from marketplace.search.stopwords import WORDS
from marketplace.search.tokens import tokens

ENGINES = ("whoosh", "postgres", "memory", "bm25")
NOW = datetime(2026, 1, 1, tzinfo=UTC)  # all texts are as new and as near as each other
# As most engines have it by default; --k1 and --b change it as they change ours.
PLAIN = Weights(k1=1.2, b=0.75, nearness=0.0, freshness=0.0)
WORDS_ALONE = replace(SHORT_POSTS, nearness=0.0, freshness=0.0)


def rankings(
    collection: Collection,
    engine: str,
    database: str = "",
    *,
    k1: float | None = None,
    b: float | None = None,
) -> Rankings:
    """What ``engine`` answers to each judged query. ``database``: URL of the PostgreSQL server on
    which the engine postgres may make a database for the while. ``k1`` and ``b``: None leaves
    them as they are for short posts, those of bm25 as most engines have them."""
    plain = engine == "bm25"
    weights = PLAIN if plain else WORDS_ALONE
    weights = replace(weights, k1=weights.k1 if k1 is None else k1, b=weights.b if b is None else b)
    words_of, answer = (_plain_words, _plain_answer) if plain else (_words, _answer)
    ids = {number: text.id for number, text in enumerate(collection.documents, 1)}
    with _index(engine, database) as index:
        index.rebuild(_documents(collection.documents, words_of))
        return {
            name: [ids[one] for one in answer(index, text, weights)]
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


def _plain_words(text: Text) -> dict[str, float]:
    return dict(Counter(_stems(f"{text.title} {text.body}", whole=True)))


def _stems(text: str, whole: bool) -> list[str]:
    """The Snowball stems of all words but the stop words; a query's in both languages, unless its
    language can be told."""
    spoken = language.guess(text, "id" if whole else "")
    languages = (spoken,) if spoken else ("id", "en")
    return [stem for word in tokens(text) if word not in WORDS for stem in stems(word, languages)]


def _answer(index: SearchIndex, text: str, weights: Weights) -> list[int]:
    """As the search page asks, all the way down to what holds the least of the words."""
    asked = asking.understand(text)
    asked = asking.mend(
        asked, lambda terms: index.stats(terms).frequencies, index.neighbours, bool
    )  # nothing of a collection is hidden
    query = Query(
        now=NOW,
        groups=asked.groups,
        excluded_terms=asked.unwanted_terms,
        weights=weights,
        limit=DEPTH,
    )
    if not query.groups:
        return []
    plan = scoring.plan(query.groups, index.stats(scoring.terms_of(query.groups)), weights)
    return [hit.id for hit in in_steps(index.search, query, plan, enough=DEPTH).results.hits]


def _plain_answer(index: SearchIndex, text: str, weights: Weights) -> list[int]:
    groups = tuple(((stem, 1.0),) for stem in dict.fromkeys(_stems(text, whole=False)))
    if not groups:
        return []
    query = Query(now=NOW, groups=groups, weights=weights, limit=DEPTH)
    return [hit.id for hit in index.search(query).hits]


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
