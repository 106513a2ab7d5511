"""PostgreSQL as others use it: tsvector with ts_rank and PostGIS, and similarity of trigrams."""

from collections.abc import Iterable

import psycopg

from bench.search.data import RADIUS_KM, Post, Question
from bench.search.engine import LIMIT, REACHES_KM

POST = """
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE TABLE posts (
    id bigint PRIMARY KEY, title text NOT NULL, text text NOT NULL, kind text NOT NULL,
    category text NOT NULL, term text NOT NULL, direction text NOT NULL, open boolean NOT NULL,
    place geography(Point) NOT NULL, published timestamptz NOT NULL
);
"""
COPY = "COPY posts (id, title, text, kind, category, term, direction, open, place, published) "


class Posts:
    """The table of posts; ``tables`` adds to it, ``indexes`` are made when it is filled."""

    tables = ""
    indexes = ""
    relations: tuple[str, ...] = ("posts",)
    settings = ""

    def __init__(self, url: str) -> None:
        self.url = url
        self.db = psycopg.connect(url, autocommit=True, prepare_threshold=None)
        if not self.db.execute("SELECT to_regclass('posts')").fetchone()[0]:
            self.db.execute(POST + self.tables)
        self.db.execute(self.settings or "SELECT 1")

    def build(self, posts: Iterable[Post]) -> None:
        with self.db.cursor() as cursor, cursor.copy(COPY + "FROM STDIN") as copy:
            for post in posts:
                copy.write_row(_row(post))
        self.db.execute(self.indexes)
        self.db.execute("VACUUM ANALYZE posts")

    def add(self, post: Post) -> None:
        self.db.execute(
            "INSERT INTO posts (id, title, text, kind, category, term, direction, open, place, "
            "published) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            _row(post),
        )

    def size(self) -> int:
        sizes = " + ".join(f"pg_total_relation_size('{name}')" for name in self.relations)
        return self._one(f"SELECT {sizes}")

    def close(self) -> None:
        self.db.close()

    def _one(self, sql: str) -> int:
        return int(self.db.execute(sql).fetchone()[0])

    def _ids(self, sql: str, asked: Question | None = None, **given: object) -> list[int]:
        if asked:
            given |= {"kind": asked.kind, "north": asked.latitude, "east": asked.longitude}
        return [row[0] for row in self.db.execute(sql, given)]


HERE = "ST_MakePoint(%(east)s, %(north)s)::geography"


class TextAndPlaces(Posts):
    """Weighted tsvector (title A, text B) with a GIN index, geography with a GiST index."""

    name = "tsvector + PostGIS"
    tables = """
    ALTER TABLE posts ADD COLUMN words tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', text), 'B')
    ) STORED;
    """
    indexes = """
    CREATE INDEX ON posts USING gin (words);
    CREATE INDEX ON posts USING gist (place);
    CREATE INDEX ON posts (kind, open, published);
    """
    said = "to_tsquery('simple', %(said)s)"

    def finds(self, word: str) -> list[int]:
        return self._ids(f"SELECT id FROM posts WHERE words @@ {self.said}", said=word)

    def words(self, asked: Question) -> list[int]:
        return self._ranked("true", asked, " | ".join(asked.words))

    def kind(self, asked: Question) -> list[int]:
        return self._ranked("kind = %(kind)s AND open", asked, " | ".join(asked.words))

    def near(self, asked: Question) -> list[int]:
        within = f"ST_DWithin(place, {HERE}, {RADIUS_KM * 1000})"
        return self._ranked(
            f"kind = %(kind)s AND open AND {within}", asked, " | ".join(asked.words)
        )

    def nearest(self, asked: Question) -> list[int]:
        return self._ids(
            f"SELECT id FROM posts WHERE kind = %(kind)s AND open "
            f"ORDER BY place <-> {HERE} LIMIT {LIMIT}",
            asked,
        )

    def newest(self, asked: Question) -> list[int]:
        return self._ids(
            f"SELECT id FROM posts WHERE words @@ {self.said} AND kind = %(kind)s AND open "
            f"ORDER BY published DESC LIMIT {LIMIT}",
            asked,
            said=" | ".join(asked.words),
        )

    def prefix(self, asked: Question) -> list[int]:
        return self._ranked("true", asked, f"{asked.start}:*")

    def facets(self, asked: Question) -> list[tuple[object, ...]]:
        """Each without its own filter, as ours; the words are looked up once."""
        kept = "open AND kind = %(kind)s"
        near = f"ST_DWithin(place, {HERE}, {RADIUS_KM * 1000})"
        parts = [
            f"SELECT 'kind', kind, count(*) FROM found WHERE open AND {near} GROUP BY 2",
            *(
                f"SELECT '{name}', {name}, count(*) FROM found WHERE {kept} AND {near} GROUP BY 2"
                for name in ("category", "term", "direction")
            ),
            *(
                f"SELECT 'km', '{km}', count(*) FROM found "
                f"WHERE {kept} AND ST_DWithin(place, {HERE}, {km * 1000})"
                for km in REACHES_KM
            ),
        ]
        return self.db.execute(
            f"WITH found AS MATERIALIZED (SELECT * FROM posts WHERE words @@ {self.said}) "
            + " UNION ALL ".join(parts),
            {"said": " | ".join(asked.words), "kind": asked.kind, "north": asked.latitude,
             "east": asked.longitude},
        ).fetchall()  # fmt: skip

    def _ranked(self, where: str, asked: Question, said: str) -> list[int]:
        return self._ids(
            f"SELECT id FROM posts WHERE words @@ {self.said} AND {where} "
            f"ORDER BY ts_rank(words, {self.said}) DESC LIMIT {LIMIT}",
            asked,
            said=said,
        )


class Trigrams(Posts):
    """Similarity of words in the title (pg_trgm), with a GIN index."""

    name = "trigrams"
    tables = "CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    indexes = """
    CREATE INDEX ON posts USING gin (title gin_trgm_ops);
    CREATE INDEX ON posts USING gist (place);
    """
    settings = "SET pg_trgm.word_similarity_threshold = 0.5"

    def finds(self, word: str) -> list[int]:
        return self._ids(
            "SELECT id FROM posts WHERE title LIKE %(said)s ORDER BY id DESC LIMIT 20",
            said=f"%{word}%",
        )

    def prefix(self, asked: Question) -> list[int]:
        return self._ids(
            f"SELECT id FROM posts WHERE title LIKE %(said)s LIMIT {LIMIT}", said=f"%{asked.start}%"
        )

    def typo(self, asked: Question) -> list[int]:
        return self._ids(
            "SELECT id FROM posts WHERE %(said)s <%% title "
            f"ORDER BY word_similarity(%(said)s, title) DESC LIMIT {LIMIT}",
            said=asked.misspelt,
        )


def _row(post: Post) -> tuple[object, ...]:
    return (
        post.id, " ".join(post.title), " ".join(post.text), post.kind, post.category, post.term,
        post.direction, post.is_open, f"SRID=4326;POINT({post.longitude} {post.latitude})",
        post.published,
    )  # fmt: skip
