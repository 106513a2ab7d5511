"""An inbox of five hundred conversations is as light as one of twenty."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from flask.testing import FlaskClient
from sqlalchemy import event

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.messages.models import ReadMark
from tests.messages import many

As = Callable[[Member], FlaskClient]
NODES_MAX = 400
HTML_BYTES_MAX = 10 * 1024
QUERIES_MAX = 20


class Nodes(HTMLParser):
    """Counts elements, as a browser would."""

    count = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.count += 1


def nodes(html: str) -> int:
    parser = Nodes()
    parser.feed(html)
    return parser.count


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*args: object) -> None:
        if str(args[2]).startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
            statements.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_the_inbox_keeps_its_budget_and_its_number_of_queries(
    as_member: As, alice: Member, bob: Member
) -> None:
    many.fill(bob, conversations=25, each=2)
    many_queries = []
    for who in (bob, alice):
        if who is alice:
            many.fill(alice)
        client = as_member(who)
        with counted() as statements:
            page = client.get("/messages")
        many_queries.append(len(statements))
        assert page.text.count('class="rows__main"') == 20
        assert nodes(page.text) <= NODES_MAX
        assert len(gzip.compress(page.data)) <= HTML_BYTES_MAX
    assert many_queries[0] == many_queries[1] <= QUERIES_MAX


def test_a_long_conversation_keeps_its_budget_and_its_number_of_queries(
    as_member: As, alice: Member
) -> None:
    short, long = many.fill(alice, conversations=2, each=500)
    with transaction() as session:
        session.query(ReadMark).update({"read_message_id": 10**6})
        session.execute(db.text("DELETE FROM messages WHERE conversation_id = :id AND id > 12"),
                        {"id": short.id})  # fmt: skip
    found = []
    for one in (short, long):
        client = as_member(alice)
        with counted() as statements:
            page = client.get(f"/messages/{one.public_id}")
        found.append(len(statements))
        assert nodes(page.text) <= NODES_MAX, nodes(page.text)
        assert len(gzip.compress(page.data)) <= HTML_BYTES_MAX
    assert found[0] >= found[1] - 1
    assert max(found) <= 30
