"""SQLite as its manual suggests: FTS5 with bm25, an R-tree for places, a table of facts."""

import math
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from bench.search.data import RADIUS_KM, TITLE_WEIGHT, Post, Question
from bench.search.engine import LIMIT, REACHES_KM, nearest_first

TABLES = """
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, kind TEXT, category TEXT, term TEXT, direction TEXT,
    open INTEGER, latitude REAL, longitude REAL, published INTEGER
);
CREATE INDEX facts ON posts (kind, open, published);
CREATE VIRTUAL TABLE places USING rtree (id, south, north, west, east);
"""
WORDS = """
CREATE VIRTUAL TABLE words USING fts5 (title, text, content='', prefix='3',
    tokenize="unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE spoken USING fts5vocab (words, row);
"""
NEAR = """near AS MATERIALIZED (
    SELECT id FROM places WHERE south >= ? AND north <= ? AND west >= ? AND east <= ?)"""
RANK = f"bm25(words, {TITLE_WEIGHT}, 1.0)"


class Facts:
    """The table of facts and the places, for whatever has the words."""

    def __init__(self, path: Path) -> None:
        self.path, is_new = path, not path.exists()
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA cache_size = -262144")
        if is_new:
            self.db.executescript(TABLES)

    def put(self, posts: list[Post]) -> None:
        self.db.executemany(
            "INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [_row(post) for post in posts]
        )
        self.db.executemany(
            "INSERT INTO places VALUES (?, ?, ?, ?, ?)",
            [(p.id, p.latitude, p.latitude, p.longitude, p.longitude) for p in posts],
        )

    def ids(self, sql: str, *given: object) -> list[int]:
        return [row[0] for row in self.db.execute(sql, given)]

    def size(self) -> int:
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size

    def close(self) -> None:
        self.db.close()


class SqliteText(Facts):
    name = "FTS5 + R-tree"

    def __init__(self, folder: Path) -> None:
        is_new = not (folder / "text.sqlite").exists()
        super().__init__(folder / "text.sqlite")
        if is_new:
            self.db.executescript(WORDS)

    def build(self, posts: Iterable[Post]) -> None:
        self.db.execute("BEGIN")
        self._put(list(posts))
        self.db.execute("COMMIT")
        self.db.execute("INSERT INTO words (words) VALUES ('optimize')")
        self.db.execute("ANALYZE")

    def add(self, post: Post) -> None:
        self.db.execute("BEGIN")
        self._put([post])
        self.db.execute("COMMIT")

    def _put(self, posts: list[Post]) -> None:
        self.put(posts)
        self.db.executemany(
            "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)",
            [(p.id, " ".join(p.title), " ".join(p.text)) for p in posts],
        )

    def finds(self, word: str) -> list[int]:
        return self._ranked(_said(word))

    def _ranked(self, said: str) -> list[int]:
        return self.ids(
            f"SELECT rowid FROM words WHERE words MATCH ? ORDER BY {RANK} LIMIT {LIMIT}", said
        )

    def words(self, asked: Question) -> list[int]:
        return self._ranked(_said(*asked.words))

    def kind(self, asked: Question, order: str = RANK) -> list[int]:
        return self.ids(
            f"""SELECT posts.id FROM words CROSS JOIN posts ON posts.id = words.rowid
            WHERE words MATCH ? AND kind = ? AND open ORDER BY {order} LIMIT {LIMIT}""",
            _said(*asked.words),
            asked.kind,
        )

    def near(self, asked: Question) -> list[int]:
        """The plus keeps FTS5 from being asked anew for each place: 1.4 instead of 35 ms."""
        return self.ids(
            f"""WITH {NEAR} SELECT posts.id
            FROM words CROSS JOIN posts ON posts.id = words.rowid
            WHERE words MATCH ? AND +words.rowid IN (SELECT id FROM near) AND kind = ? AND open
            ORDER BY {RANK} LIMIT {LIMIT}""",
            *box(asked, RADIUS_KM),
            _said(*asked.words),
            asked.kind,
        )

    def nearest(self, asked: Question) -> list[int]:
        """Boxes that grow until a page is full."""
        for km in (1, 2, 4, 8, 16, 32, 64, 128, 1000):
            rows = self.db.execute(
                f"""WITH {NEAR} SELECT posts.id, latitude, longitude
                FROM near CROSS JOIN posts USING (id) WHERE kind = ? AND open""",
                (*box(asked, km), asked.kind),
            ).fetchall()
            if len(rows) >= LIMIT:
                break
        return nearest_first(rows, asked)

    def newest(self, asked: Question) -> list[int]:
        return self.kind(asked, "published DESC")

    def complete(self, asked: Question) -> list[str]:
        found = self.db.execute(
            "SELECT term FROM spoken WHERE term >= ? AND term < ? ORDER BY doc DESC LIMIT 10",
            (asked.start, asked.start + "\U0010ffff"),
        )
        return [row[0] for row in found]

    def prefix(self, asked: Question) -> list[int]:
        return self._ranked(f'"{asked.start}" *')

    def facets(self, asked: Question) -> list[tuple[object, ...]]:
        """Each without its own filter, as ours; the words are looked up once."""
        kept = "open AND kind = :kind"
        inside = (
            "latitude BETWEEN :south{0} AND :north{0} AND longitude BETWEEN :west{0} AND :east{0}"
        )
        near = inside.format(1)
        parts = [
            f"SELECT 'kind', kind, count(*) FROM found WHERE open AND {near} GROUP BY kind",
            *(
                f"SELECT '{name}', {name}, count(*) FROM found WHERE {kept} AND {near} GROUP BY 2"
                for name in ("category", "term", "direction")
            ),
            *(
                f"SELECT 'km', {n}, count(*) FROM found WHERE {kept} AND {inside.format(n)}"
                for n in range(len(REACHES_KM))
            ),
        ]
        given: dict[str, object] = {"said": _said(*asked.words), "kind": asked.kind}
        for n, km in enumerate(REACHES_KM):
            sides = zip(("south", "north", "west", "east"), box(asked, km), strict=True)
            given |= {f"{side}{n}": value for side, value in sides}
        return self.db.execute(
            f"""WITH found AS MATERIALIZED (
                SELECT posts.* FROM words CROSS JOIN posts ON posts.id = words.rowid
                WHERE words MATCH :said) {" UNION ALL ".join(parts)}""",
            given,
        ).fetchall()


def box(asked: Question | Post, km: float) -> tuple[float, float, float, float]:
    """South, north, west, east."""
    up = km / 111.2
    side = up / math.cos(math.radians(asked.latitude))
    north, east = asked.latitude, asked.longitude
    return north - up, north + up, east - side, east + side


def _said(*words: str) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def _row(post: Post) -> tuple[object, ...]:
    return (
        post.id, post.kind, post.category, post.term, post.direction, post.is_open,
        post.latitude, post.longitude, int(post.published.timestamp()),
    )  # fmt: skip
