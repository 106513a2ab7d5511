"""How others look for a counterpart of a new post, on the same posts and the same machine.

Each answers with the ids of twenty open posts of the other direction, best first.
"""

from collections.abc import Iterable
from pathlib import Path

from bench.search.data import Post
from bench.search.engine import LIMIT
from bench.search.postgres_peers import TextAndPlaces
from bench.search.sqlite_text import NEAR, Facts, box
from bench.search.word_table import SCORE, WordTable

OTHER = {"offer": "request", "request": "offer"}
REACH_KM = 10.0  # what the site proposes to its members


class ExactWords(WordTable):
    """Posts that say a word of the title, in the very form, as Freegle looks for them: for one
    side only, the next day."""

    name = "exact words"

    def match(self, post: Post) -> list[int]:
        words = ", ".join("?" * len(post.title))
        return self.ids(
            f"""SELECT said.post FROM words CROSS JOIN said ON said.word = words.id
            CROSS JOIN posts ON posts.id = said.post
            WHERE words.word IN ({words}) AND direction = ? AND open {SCORE} LIMIT {LIMIT}""",
            *post.title,
            OTHER[post.direction],
        )


class Radius(Facts):
    """The newest within reach, whatever they say, as Shareish proposes them; an R-tree is the
    quickest way to it."""

    name = "radius only"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "places.sqlite")

    def build(self, posts: Iterable[Post]) -> None:
        self.db.execute("BEGIN")
        self.put(list(posts))
        self.db.execute("COMMIT")
        self.db.execute("ANALYZE")

    def match(self, post: Post) -> list[int]:
        return self.ids(
            f"""WITH {NEAR} SELECT posts.id FROM near CROSS JOIN posts ON posts.id = near.id
            WHERE direction = ? AND open ORDER BY published DESC LIMIT {LIMIT}""",
            *box(post, REACH_KM),
            OTHER[post.direction],
        )


class TextAndTrigrams(TextAndPlaces):
    """Rank of the words and likeness of the titles, as Couchers and Circulate look for them."""

    name = "tsvector + trigrams"
    tables = f"{TextAndPlaces.tables} CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    indexes = f"{TextAndPlaces.indexes} CREATE INDEX ON posts USING gin (title gin_trgm_ops);"

    def match(self, post: Post) -> list[int]:
        return self._ids(
            f"""SELECT id FROM posts WHERE direction = %(other)s AND open
            AND (words @@ {self.said} OR title %% %(title)s)
            ORDER BY ts_rank(words, {self.said}) + similarity(title, %(title)s) DESC
            LIMIT {LIMIT}""",
            said=" | ".join(post.title),
            title=" ".join(post.title),
            other=OTHER[post.direction],
        )
