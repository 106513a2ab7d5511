"""The product on a database of posts that are matched: what its sweep and its form do."""

import random
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update

from bench.matching import data
from bench.search.data import SEED, Post
from bench.search.product import ROWS_AT_ONCE, Product
from marketplace.accounts.models import Member
from marketplace.db import gather_statistics, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import sweeps as matching
from marketplace.places import cells, gazetteer
from marketplace.search import sweeps as search
from tests import factories

FRAGMENT = "/listings/new/fitting"


class Site(Product):
    """As ``bench.search`` has it, with everything that matching reads."""

    def fill(self, posts: Sequence[Post]) -> None:
        with self.app.app_context():
            gazetteer.load_sample()
            for table, rows in data.rows(posts):
                _insert(table, rows)
            gather_statistics()  # as the worker does

    def publish(self, post: Post) -> None:
        """A new post goes up, and the index knows it: it waits for nothing but being matched."""
        with self.app.app_context():
            owners = select(func.max(Member.id)).where(Member.erased_at.is_(None))
            with transaction() as session:
                most = session.scalar(owners) or 1
                row = data.listing_row(post) | {"owner_id": 1 + post.owner_id % most}
                row |= {"created_by_id": row["owner_id"], "published_at": utcnow()}
                session.add(Listing(**row | {"matched_revision": 0, "updated_at": utcnow()}))
            self._index()

    def match(self, _post: Post | None = None) -> int:
        """One batch of the sweep: of how many posts the matches were calculated."""
        with self.app.app_context():
            return matching.refresh_batch(self.parts.search_index)

    def change(self, count: int) -> None:
        """So many open posts change all at once, and the index knows it."""
        with self.app.app_context():
            is_open = Listing.open_now(utcnow())
            with transaction() as session:
                ids = session.scalars(select(Listing.id).where(is_open)).all()
                chosen = random.Random(SEED).sample(ids, min(count, len(ids)))
                session.execute(
                    update(Listing)
                    .where(Listing.id.in_(chosen))
                    .values(revision=Listing.revision + 1, updated_at=utcnow())
                )
            self._index()

    def tell(self) -> int:
        """One batch of the sweep that tells the owners."""
        with self.app.app_context():
            return matching.tell(self.parts)

    def writer(self) -> FlaskClient:
        """A browser in which a member writes posts."""
        self.app.config["WTF_CSRF_ENABLED"] = False
        with self.app.app_context(), transaction() as session:
            return factories.sign_in(self.app, session.get_one(Member, 1))

    def _index(self) -> None:
        while search.sync(self.parts):
            pass


def typed(post: Post) -> list[dict[str, Any]]:
    """The form of a post while it is written: the title, with a category, with its text."""
    form = {
        "direction": post.direction,
        "kind": post.kind,
        "title": " ".join(post.title),
        "terms": post.term,
        "place_cell": cells.to_text(post.cell),
    }
    with_category = form | {"category": post.category}
    return [form, with_category, with_category | {"description": " ".join(post.text)}]


def _insert(table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        with transaction() as session:
            session.execute(insert(table), some)
