"""What a page asks for by itself: only what is new, cheaply, and as no visit."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.models import Member, SignIn
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import meetings, proposals
from marketplace.exchanges import service as exchanges
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.service import Wish, ask
from marketplace.messages import service, talks
from marketplace.messages.hiding import hide_message
from marketplace.messages.models import Conversation, Message
from marketplace.messages.service import open_conversation, reply
from tests import factories
from tests.messages.test_many import counted

As = Callable[[Member], FlaskClient]


@pytest.fixture
def running(alice: Member, bob: Member) -> Conversation:
    return open_conversation(bob, factories.offer(alice).public_id, "Masih ada?")


def address(client: FlaskClient, conversation: Conversation, **changed: object) -> str:
    """The address that the script of the page would ask."""
    page = unescape(client.get(f"/messages/{conversation.public_id}").text)
    found = dict(re.findall(r' data-(news|after|shown|step|stand|read)="([^"]*)"', page))
    news = found.pop("news")
    values = "&".join(f"{name}={value}" for name, value in (found | changed).items())
    return f"{news}?{values}"


def unread(member: Member) -> int:
    db.session.rollback()
    return service.unread_count(member)


def test_nothing_new_is_nothing_to_read(as_member: As, bob: Member, running: Conversation):
    client = as_member(bob)
    answer = client.get(address(client, running))
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_new_message_comes_as_it_stands_on_the_page(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    client = as_member(bob)
    asked = address(client, running)
    reply(alice, running.public_id, "Masih, Pak")
    answer = client.get(asked)
    assert answer.status_code == 200
    (item,) = re.findall(r'<li class="message".*?</li>', answer.text, re.DOTALL)
    assert "Masih, Pak" in item
    assert "Masih ada?" not in answer.text
    assert item in client.get(f"/messages/{running.public_id}").text
    assert "data-part" not in answer.text  # the exchange did not move
    after = re.search(r'data-after="(\d+)"', answer.text).group(1)
    assert client.get(re.sub(r"after=\d+", f"after={after}", asked)).status_code == 204


def test_the_other_has_read_it(as_member: As, alice: Member, bob: Member, running: Conversation):
    client = as_member(bob)
    asked = address(client, running)
    service.mark_read(alice, running, talks.latest_id(running))
    answer = client.get(asked)
    assert answer.status_code == 200
    assert f'data-read="{talks.latest_id(running)}"' in answer.text


def test_a_step_of_the_exchange_comes_with_what_it_changes(
    as_member: As, alice: Member, bob: Member
) -> None:
    exchange: Exchange = ask(bob, factories.offer(alice).public_id, Wish(), "Halo")
    client = as_member(bob)
    asked = address(client, exchange.conversation)
    exchanges.promise(alice, exchange.public_id)
    text = unescape(client.get(asked).text)
    assert "Promised: as a gift" in text
    assert 'data-part="exchange"' in text
    assert "Thank you very much." in text  # the quick answers of the new state
    assert "Halo" not in text


def test_a_proposal_of_a_meeting_comes_by_itself_and_so_does_its_answer(
    as_member: As, alice: Member, bob: Member
) -> None:
    exchange: Exchange = ask(bob, factories.offer(alice).public_id, Wish(), "Halo")
    exchanges.promise(alice, exchange.public_id)
    client = as_member(bob)
    asked = address(client, exchange.conversation)
    day = (utcnow() + timedelta(days=2)).date().isoformat()
    draft = proposals.Draft(day=day, clock="09:00", place="Perpustakaan desa")
    proposal = meetings.propose(alice, exchange.public_id, draft)
    text = client.get(asked).text
    assert "Perpustakaan desa" in text
    assert "<li" not in text.partition("data-part")[0]  # no line: nothing happened yet
    asked = address(client, exchange.conversation)
    meetings.withdraw(alice, exchange.public_id, proposal.public_id)
    text = client.get(asked).text
    assert 'data-part="exchange"' in text
    assert "Perpustakaan desa" not in text


def test_only_what_was_shown_is_marked_as_read(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    client = as_member(bob)
    asked = address(client, running)
    reply(alice, running.public_id, "Masih, Pak")
    client.get(asked)
    assert unread(bob) == 1  # fetched, but the page has not shown it yet
    latest = talks.latest_id(running)
    client.get(re.sub(r"shown=\d+", f"shown={latest}", asked))
    assert unread(bob) == 0
    reply(alice, running.public_id, "Kapan?")
    client.get(re.sub(r"shown=\d+", "shown=999999", asked))
    assert service.read_mark(running, bob).read_message_id == talks.latest_id(running)


def test_it_costs_few_queries_and_no_writing(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    client = as_member(bob)
    asked = address(client, running)
    with counted() as statements:
        assert client.get(asked).status_code == 204
    assert len(statements) <= 4
    assert all(one.startswith("SELECT") for one in statements)


def test_it_is_no_visit(app: Flask, as_member: As, bob: Member, running: Conversation) -> None:
    client = as_member(bob)
    with client.session_transaction() as cookie:
        cookie.permanent = True  # as after signing in
    asked = address(client, running)
    before = utcnow() - timedelta(hours=1)
    with transaction() as session:
        session.query(SignIn).update({"last_seen_at": before})
    answer = client.get(asked)
    assert "Set-Cookie" not in answer.headers
    db.session.rollback()
    assert set(db.session.scalars(select(SignIn.last_seen_at))) == {before}
    assert "Set-Cookie" in client.get("/messages").headers
    db.session.rollback()
    assert max(db.session.scalars(select(SignIn.last_seen_at))) > before


def test_carol_staff_and_visitors_get_nothing(
    app: Flask, as_member: As, carol: Member, staff: Member, running: Conversation
) -> None:
    path = f"/messages/{running.public_id}/news?after=0"
    for stranger in (carol, staff):
        assert as_member(stranger).get(path).status_code == 404
    assert app.test_client().get(path).status_code == 303


def test_what_moderators_hid_comes_without_its_words(
    as_member: As, alice: Member, bob: Member, staff: Member, running: Conversation
) -> None:
    client = as_member(bob)
    asked = address(client, running)
    reply(alice, running.public_id, "Kata kasar")
    hide_message(staff, db.session.scalars(select(Message).order_by(Message.id.desc())).first())
    text = client.get(asked).text
    assert "Kata kasar" not in text
    assert "Hidden by the moderators" in text


def test_many_new_messages_come_a_page_at_a_time(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    client = as_member(bob)
    asked = address(client, running)
    for number in range(talks.MESSAGES_SHOWN + 3):
        reply(alice, running.public_id, f"Pesan {number}")
    first = client.get(asked).text
    after = re.search(r'data-after="(\d+)"', first).group(1)
    second = client.get(re.sub(r"after=\d+", f"after={after}", asked)).text
    assert first.count('class="message"') == talks.MESSAGES_SHOWN
    assert second.count('class="message"') == 3


def test_an_earlier_page_does_not_ask(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    for number in range(talks.MESSAGES_SHOWN + 3):
        reply(alice, running.public_id, f"Pesan {number}")
    earlier = talks.talk(bob, running).earlier
    page = as_member(bob).get(f"/messages/{running.public_id}?before={earlier}").text
    assert "data-news" not in page
    assert "To the latest messages" in page
