"""The product as its search page uses it: analysis, index, tail, visible rows, on a database
that holds the same posts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import insert, update

from bench.search.data import NOW, RADIUS_KM, Post, Question
from bench.search.engine import LIMIT, REACHES_KM, bytes_below
from marketplace import create_app
from marketplace.accounts.models import Member
from marketplace.config import load_settings
from marketplace.db import db, gather_statistics, new_public_id, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.places import cells
from marketplace.search import completing, reading, service, sweeps
from marketplace.search.service import SearchRequest

ROWS_AT_ONCE = 2000


class Product:
    """``index_bytes`` tells the size of an index that lies elsewhere than in the folder."""

    def __init__(
        self,
        name: str,
        folder: Path,
        database_url: str = "",
        index_bytes: Callable[[], int] | None = None,
    ) -> None:
        self.name, self.folder, self.url = name, folder, database_url
        self._index_bytes = index_bytes
        self.settings = load_settings(
            {}, instance_dir=folder / "instance", database_url=database_url, log_level="CRITICAL"
        )
        self.app = create_app(self.settings, RATELIMIT_ENABLED=False)
        self.parts = self.app.extensions["marketplace"]
        with self.app.app_context():  # what was kept may come from before the last migration
            upgrade(directory=str(Path(self.app.root_path) / "migrations"))

    def fill(self, posts: Sequence[Post]) -> None:
        with self.app.app_context():
            _insert(posts)
            gather_statistics()  # as the worker does

    def build(self, posts: Sequence[Post]) -> None:
        with self.app.app_context():
            sweeps.rebuild(self.parts.search_index)
            with transaction() as session:
                session.execute(update(Listing).values(indexed_revision=Listing.revision))

    def add(self, post: Post) -> None:
        with self.app.app_context(), transaction() as session:
            session.add(Listing(**row_of(post) | {"updated_at": utcnow()}))

    def finds(self, word: str) -> list[int]:
        return self._ids(text=word)

    def size(self) -> int:
        return self._index_bytes() if self._index_bytes else bytes_below(self.settings.index_dir)

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.parts.search_index.close()

    def words(self, asked: Question) -> list[int]:
        return self._ids(text=" ".join(asked.words))

    def kind(self, asked: Question) -> list[int]:
        return self._ids(**_of_kind(asked))

    def near(self, asked: Question) -> list[int]:
        return self._ids(**_of_kind(asked), place=_place(asked), radius_km=RADIUS_KM)

    def nearest(self, asked: Question) -> list[int]:
        return self._ids(**_of_kind(asked) | {"text": ""}, place=_place(asked), sort="nearest")

    def newest(self, asked: Question) -> list[int]:
        return self._ids(**_of_kind(asked), sort="newest")

    def typo(self, asked: Question) -> list[int]:
        return self._ids(text=asked.misspelt)

    def complete(self, asked: Question) -> list[str]:
        with self.app.app_context():
            return completing.complete(self.parts, None, asked.start)

    def facets(self, asked: Question) -> list[int]:
        """The page with the numbers beside its filters."""
        near = {"place": _place(asked), "radius_km": RADIUS_KM, "count_within_km": REACHES_KM}
        return self._ids(**_of_kind(asked), **near)

    def _ids(self, **wanted: Any) -> list[int]:
        """As a request of its own: the session begins and ends with it."""
        with self.app.app_context():
            found = service.find(self.parts, None, SearchRequest(**wanted, limit=LIMIT))
            return [listing.id for listing in found.listings]


def _of_kind(asked: Question) -> dict[str, Any]:
    return {"text": " ".join(asked.words), "kinds": frozenset({asked.kind})}


def _place(asked: Question) -> cells.Place:
    return cells.Place.at(asked.cell)


def _insert(posts: Sequence[Post]) -> None:
    with transaction() as session:
        session.execute(
            insert(Member),
            [
                {"id": owner, "name": f"Tetangga {owner}", "email": None}
                for owner in sorted({post.owner_id for post in posts})
            ],
        )
    for start in range(0, len(posts), ROWS_AT_ONCE):
        with transaction() as session:
            session.execute(
                insert(Listing), [row_of(post) for post in posts[start : start + ROWS_AT_ONCE]]
            )


def row_of(post: Post) -> dict[str, Any]:
    """The columns of a published listing."""
    title, text = " ".join(post.title).capitalize()[:120], " ".join(post.text)
    return {
        "id": post.id,
        "public_id": new_public_id(),
        "owner_id": post.owner_id,
        "created_by_id": post.owner_id,
        "direction": post.direction,
        "kind": post.kind,
        "title": title,
        "description": text,
        "category": post.category,
        **{term: term == post.term for term in ("gift", "loan", "swap")},
        "state": "open",
        "published_at": post.published,
        "expires_at": post.expires,
        "created_at": post.published,
        "updated_at": NOW,
        **reading.analysed(title, text, "id")._asdict(),
        **cells.place_columns(cells.Place.at(post.cell, zone="Asia/Jakarta")),
    }
