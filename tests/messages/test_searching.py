"""Search in one's own messages finds them, marks the words, and never looks at anybody else's."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text

from marketplace.accounts.models import Member
from marketplace.db import db, is_postgresql
from marketplace.messages import searching
from marketplace.messages.hiding import hide_message
from marketplace.messages.models import Conversation, Message
from marketplace.messages.service import open_conversation, reply
from tests import factories
from tests.messages import many
from tests.messages.test_many import counted

As = Callable[[Member], FlaskClient]


@pytest.fixture
def running(alice: Member, bob: Member) -> Conversation:
    conversation = open_conversation(
        bob, factories.offer(alice, "Mesin jahit").public_id, "Apakah jarumnya lengkap?"
    )
    reply(alice, conversation.public_id, "Lengkap, Pak. Benangnya juga 100% baru.")
    return conversation


def found(member: Member, query: str) -> list[str]:
    return [hit.message.body for hit in searching.search(member, query).hits]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("jarum", 1),
        ("JARUMNYA", 1),
        ("lengkap", 2),
        ("lengkap benang", 1),
        ("lengkap mesin", 2),  # a word of the message, a word of the title
        ("mesin", 1),  # the title alone: the last message stands for the conversation
        ("kulkas", 0),
        ("lengkap kulkas", 0),
        ("100%", 1),
        ("10_%", 0),
        ("%", 1),
        ("_", 0),
        ("/", 0),
        ("'; DROP TABLE messages; --", 0),
        ("  ", 0),
    ],
)
def test_every_word_must_occur_and_a_sign_is_just_a_sign(
    bob: Member, running: Conversation, query: str, hits: int
) -> None:
    assert len(found(bob, query)) == hits


def test_the_name_of_the_other_is_found_and_ones_own_is_not(
    alice: Member, bob: Member, running: Conversation
) -> None:
    assert len(found(alice, "bob")) == 1
    assert found(bob, "bob") == []


def test_nothing_of_others_is_ever_found(
    alice: Member, carol: Member, staff: Member, running: Conversation
) -> None:
    for stranger in (carol, staff):
        for query in ("jarum", "mesin", "alice", "bob", "%"):
            assert found(stranger, query) == []
    other = open_conversation(carol, running.listing.public_id, "Jarumnya ukuran berapa?")
    assert found(carol, "jarum") == ["Jarumnya ukuran berapa?"]
    assert other.id in {hit.conversation.id for hit in searching.search(alice, "jarum").hits}


def test_what_is_hidden_is_not_found(bob: Member, staff: Member, running: Conversation) -> None:
    message = db.session.scalars(select(Message).where(Message.body.contains("jarum"))).one()
    hide_message(staff, message)
    assert found(bob, "jarum") == []
    last = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert last is not None
    hide_message(staff, last)
    (hit,) = searching.search(bob, "mesin").hits  # the conversation is, without the words
    assert hit.pieces == []


def test_the_words_are_marked_in_what_stands_around_them() -> None:
    text = "x " * 100 + "Jarumnya <b>lengkap</b>, jarum cadangan juga" + " y" * 200
    pieces = searching.marked(text, ["jarum"])
    assert [one.text for one in pieces if one.found] == ["Jarum", "jarum"]
    whole = "".join(one.text for one in pieces)
    assert whole.startswith("…")
    assert whole.endswith("…")
    assert len(whole) < 250
    assert "".join(one.text for one in searching.marked("Halo", ["xyz"])) == "Halo"
    letters = searching.marked("a b a b a b a b a", ["a"])
    assert sum(one.found for one in letters) == searching.MARKS_MAX
    assert "".join(one.text for one in letters) == "a b a b a b a b a"


def test_the_page_shows_marks_and_leads_to_the_message(
    as_member: As, bob: Member, running: Conversation
) -> None:
    page = as_member(bob).get("/messages?q=JARUM+<b>").text
    assert (
        "<b>" not in re.search(r"<main.*</main>", page, re.DOTALL).group().replace("</b>", "")
        or "&lt;b&gt;" in page
    )
    page = as_member(bob).get("/messages?q=jarum").text
    assert "<mark>jarum</mark>nya lengkap?" in page
    link = unescape(re.search(r'href="(/messages/\w+\?at=\d+#m\d+)"', page).group(1))
    there = as_member(bob).get(link.partition("#")[0])
    assert f'id="{link.partition("#")[2]}"' in there.text


def test_a_message_long_ago_is_shown_with_what_followed(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    for number in range(60):
        reply(alice, running.public_id, f"Pesan {number}.")
    (hit,) = searching.search(bob, "jarum").hits
    page = as_member(bob).get(f"/messages/{running.public_id}?at={hit.message.id}").text
    assert f'id="m{hit.message.id}"' in page
    assert "Pesan 3." in page
    assert "Pesan 59." not in page
    assert "To the latest messages" in page


def test_nothing_found_teaches(as_member: As, bob: Member, running: Conversation) -> None:
    page = as_member(bob).get("/messages?q=kulkas").text
    assert "Nothing found" in page
    assert 'value="kulkas"' in page


def test_an_empty_query_shows_the_inbox(as_member: As, bob: Member, running: Conversation):
    assert "You: " not in as_member(bob).get("/messages?q=+").text
    assert "Lengkap, Pak." in as_member(bob).get("/messages?q=+").text


def test_a_visitor_signs_in_first(app: Flask, running: Conversation) -> None:
    assert app.test_client().get("/messages?q=jarum").status_code == 303


@contextmanager
def messages_loaded() -> Iterator[list[Message]]:
    loaded: list[Message] = []

    def note(message: Message, _: object) -> None:
        loaded.append(message)

    event.listen(Message, "load", note)
    yield loaded
    event.remove(Message, "load", note)


def rows_read() -> int:
    """What PostgreSQL has read from tables in this transaction."""
    read = text(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
    )
    return int(db.session.scalar(read) or 0)


@contextmanager
def work_counted() -> Iterator[list[int]]:
    """How much the database does meanwhile: rows read, or hundreds of steps of SQLite."""
    done: list[int] = []
    if is_postgresql():
        before = rows_read()
        yield done
        done.append(rows_read() - before)
        return
    connection = db.session.connection().connection.driver_connection
    assert connection is not None
    connection.set_progress_handler(lambda: done.append(1), 100)
    yield done
    connection.set_progress_handler(None, 0)


def test_ten_thousand_messages_are_searched_with_ten_times_the_work_of_a_thousand(
    alice: Member, bob: Member
) -> None:
    """Not with the square of it, nor with more questions; a page of them alone is loaded."""
    questions, work = [], []
    for who, conversations in ((bob, many.CONVERSATIONS // 10), (alice, many.CONVERSATIONS)):
        many.fill(who, conversations=conversations)
        with work_counted() as done, messages_loaded() as loaded, counted() as statements:
            found = searching.search(who, "nomor buku", page=3)
        assert found.total == conversations * many.EACH
        assert len(found.hits) == len(loaded) == searching.PER_PAGE
        questions.append(len(statements))
        work.append(sum(done))
    assert questions[0] == questions[1] <= 5
    assert 0 < work[1] < 15 * work[0]
    assert searching.search(alice, "tetangga").total == many.CONVERSATIONS
    assert searching.search(alice, "nomor 9999").total == 1


def test_what_is_found_comes_in_pages(as_member: As, bob: Member, running: Conversation) -> None:
    many.fill(bob, conversations=1, each=4 * searching.PER_PAGE)
    page = as_member(bob).get("/messages?q=nomor+buku&page=3").text
    assert f"{4 * searching.PER_PAGE} messages found" in page
    assert "/messages?q=nomor+buku&amp;page=4" in page
    assert page.count('class="rows__main"') == searching.PER_PAGE
