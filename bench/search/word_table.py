"""A table of words and one of who says them, as Freegle does it: SQL only.

A misspelt word is looked for by sound (Soundex) and by edit distance among the words that begin
alike; what holds more of the words comes first, then the newest. On SQLite both functions are
registered: the distance is that of rapidfuzz, quicker than the SQL function that it stands for.
"""

from collections.abc import Iterable
from pathlib import Path

from rapidfuzz.distance import OSA

from bench.search.data import RADIUS_KM, Post, Question
from bench.search.engine import LIMIT
from bench.search.sqlite_text import NEAR, Facts, box

TABLES = """
CREATE TABLE words (
    id INTEGER PRIMARY KEY, word TEXT UNIQUE, start TEXT, sound TEXT, popularity INTEGER
);
CREATE INDEX starts ON words (start);
CREATE INDEX sounds ON words (sound);
CREATE TABLE said (word INTEGER, post INTEGER, published INTEGER, PRIMARY KEY (word, post))
WITHOUT ROWID;
CREATE INDEX by_post ON said (post);
"""
SCORE = "GROUP BY said.post ORDER BY count(*) DESC, max(said.published) DESC"
CODES = {
    letter: str(code)
    for code, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1)
    for letter in letters
}


class WordTable(Facts):
    name = "word table"

    def __init__(self, folder: Path) -> None:
        is_new = not (folder / "words.sqlite").exists()
        super().__init__(folder / "words.sqlite")
        self.db.create_function("soundex", 1, soundex, deterministic=True)
        self.db.create_function("edits", 2, OSA.distance, deterministic=True)
        if is_new:
            self.db.executescript(TABLES)

    def build(self, posts: Iterable[Post]) -> None:
        self.db.execute("BEGIN")
        self._put(list(posts))
        self.db.execute("COMMIT")
        self.db.execute("ANALYZE")

    def add(self, post: Post) -> None:
        self.db.execute("BEGIN")
        self._put([post])
        self.db.execute("COMMIT")

    def _put(self, posts: list[Post]) -> None:
        self.put(posts)
        pairs = [
            (word, post.id, int(post.published.timestamp()))
            for post in posts
            for word in {*post.title, *post.text}
        ]
        self.db.executemany(
            """INSERT INTO words (word, start, sound, popularity)
            VALUES (?1, substr(?1, 1, 3), soundex(?1), 1)
            ON CONFLICT (word) DO UPDATE SET popularity = popularity + 1""",
            [(word,) for word, _, _ in pairs],
        )
        self.db.executemany(
            "INSERT OR IGNORE INTO said SELECT id, ?2, ?3 FROM words WHERE word = ?1", pairs
        )

    def finds(self, word: str) -> list[int]:
        return self._found("words.word = ?", word)

    def _found(self, chosen: str, *given: object) -> list[int]:
        return self.ids(
            f"""SELECT said.post FROM words CROSS JOIN said ON said.word = words.id
            WHERE {chosen} {SCORE} LIMIT {LIMIT}""",
            *given,
        )

    def words(self, asked: Question) -> list[int]:
        return self._found("words.word IN (?, ?)", *asked.words)

    def kind(self, asked: Question, order: str = SCORE) -> list[int]:
        return self.ids(
            f"""SELECT said.post FROM words CROSS JOIN said ON said.word = words.id
            CROSS JOIN posts ON posts.id = said.post
            WHERE words.word IN (?, ?) AND kind = ? AND open {order} LIMIT {LIMIT}""",
            *asked.words,
            asked.kind,
        )

    def near(self, asked: Question) -> list[int]:
        return self.ids(
            f"""WITH {NEAR} SELECT said.post
            FROM words CROSS JOIN said ON said.word = words.id
            CROSS JOIN posts ON posts.id = said.post
            WHERE words.word IN (?, ?) AND said.post IN (SELECT id FROM near)
            AND kind = ? AND open {SCORE} LIMIT {LIMIT}""",
            *box(asked, RADIUS_KM),
            *asked.words,
            asked.kind,
        )

    def newest(self, asked: Question) -> list[int]:
        return self.kind(asked, "GROUP BY said.post ORDER BY max(said.published) DESC")

    def complete(self, asked: Question) -> list[str]:
        found = self.db.execute(
            "SELECT word FROM words WHERE start = ? ORDER BY popularity DESC LIMIT 10",
            (asked.start,),
        )
        return [row[0] for row in found]

    def prefix(self, asked: Question) -> list[int]:
        return self._found("words.start = ?", asked.start)

    def typo(self, asked: Question) -> list[int]:
        return self.ids(
            f"""WITH likely AS MATERIALIZED (
                SELECT id FROM words WHERE sound = soundex(?1)
                UNION SELECT id FROM words WHERE edits(word, ?1) < 2)
            SELECT said.post FROM likely CROSS JOIN said ON said.word = likely.id
            {SCORE} LIMIT {LIMIT}""",
            asked.misspelt,
        )


def soundex(word: str) -> str:
    """Russell and Odell (1918), as MySQL has it: first letter and digits of the consonants."""
    found, last = word[:1], CODES.get(word[:1], "")
    for letter in word[1:]:
        code = CODES.get(letter, "")
        if code and code != last:
            found += code
        last = code
    return found.upper().ljust(4, "0")
