"""The pages of conversations, as each member of the cast meets them."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction
from marketplace.listings.models import Listing
from marketplace.listings.service import fulfil_listing
from marketplace.messages import rules, service
from marketplace.messages.models import Conversation, Message
from tests import factories

As = Callable[[Member], FlaskClient]


@pytest.fixture
def offer(alice: Member) -> Listing:
    return factories.offer(alice, "Mesin jahit Singer")


@pytest.fixture
def running(bob: Member, offer: Listing) -> Conversation:
    return service.open_conversation(bob, offer.public_id, "Masih ada?")


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def messages() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Message.body).order_by(Message.id)))


# --- the first message ---------------------------------------------------------------------------


def test_the_first_page_suggests_a_text_to_edit(as_member: As, bob: Member, offer: Listing):
    text = page(as_member(bob), f"/listings/{offer.public_id}/conversations")
    assert "Write to Alice" in text
    assert re.search(r"<textarea[^>]*>\s*Hello Alice, I would like “Mesin jahit Singer”", text)


def test_a_request_is_answered_with_help(as_member: As, alice: Member, bob: Member):
    request = factories.request(bob, "Butuh tangga")
    text = page(as_member(alice), f"/listings/{request.public_id}/conversations")
    assert "Hello Bob, I can help with “Butuh tangga”" in text


def test_sending_the_first_message_leads_to_the_conversation(
    as_member: As, bob: Member, offer: Listing
):
    client = as_member(bob)
    answer = client.post(f"/listings/{offer.public_id}/conversations", data={"body": "Halo"})
    assert answer.status_code == 303
    assert re.match(r"/messages/[0-9a-z]{12}#latest", answer.location)
    assert "Halo" in page(client, answer.location)


def test_opening_again_leads_back(as_member: As, bob: Member, running: Conversation):
    client = as_member(bob)
    path = f"/listings/{running.listing.public_id}/conversations"
    for answer in (client.get(path), client.post(path), client.post(path, data={"body": "Lagi"})):
        assert answer.status_code == 303
        assert answer.location == f"/messages/{running.public_id}#latest"
    assert messages() == ["Masih ada?", "Lagi"]


def test_a_visitor_is_asked_to_sign_in_and_led_back(client: FlaskClient, offer: Listing):
    path = f"/listings/{offer.public_id}/conversations"
    for answer in (client.get(path), client.post(path, data={"body": "Halo"})):
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in")
    assert offer.public_id in client.get(path).location
    assert messages() == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (" ", "Please write a message first."),
        ("x" * (rules.BODY_MAX + 1), "This is too long: at most 4000 characters."),
    ],
)
def test_a_refused_first_message_is_explained_beside_the_field(
    as_member: As, bob: Member, offer: Listing, body: str, words: str
):
    answer = as_member(bob).post(f"/listings/{offer.public_id}/conversations", data={"body": body})
    assert answer.status_code == 422
    text = unescape(answer.text)
    assert "<title>Error: " in text
    assert re.search(rf'id="body-error".*{re.escape(words)}', text)
    assert body.strip()[:100] in text


def test_ones_own_listing_cannot_be_answered(as_member: As, alice: Member, offer: Listing):
    path = f"/listings/{offer.public_id}/conversations"
    assert as_member(alice).get(path).status_code == 403
    assert as_member(alice).post(path, data={"body": "Halo"}).status_code == 403


def test_a_closed_listing_is_a_conflict(as_member: As, alice: Member, bob: Member, offer: Listing):
    fulfil_listing(alice, offer.public_id)
    path = f"/listings/{offer.public_id}/conversations"
    assert as_member(bob).get(path).status_code == 409
    assert as_member(bob).post(path, data={"body": "Halo"}).status_code == 409


def test_an_unknown_listing_is_not_found(as_member: As, bob: Member):
    assert as_member(bob).get("/listings/000000000000/conversations").status_code == 404


# --- one conversation ----------------------------------------------------------------------------


def test_both_read_and_answer(as_member: As, alice: Member, bob: Member, running: Conversation):
    path = f"/messages/{running.public_id}"
    text = page(as_member(alice), path)
    assert "Masih ada?" in text
    assert "with Bob" in text
    answer = as_member(alice).post(path, data={"body": "Masih, Pak"})
    assert (answer.status_code, answer.location) == (303, f"{path}#latest")
    text = page(as_member(bob), path)
    assert "Masih, Pak" in text
    assert "with Alice" in text


def test_reading_clears_the_unread_count(
    as_member: As, alice: Member, bob: Member, running: Conversation
):
    client = as_member(alice)
    assert "1 new message" in page(client, "/messages")
    page(client, f"/messages/{running.public_id}")
    assert "new message" not in page(client, "/messages")
    assert ", read" in page(as_member(bob), f"/messages/{running.public_id}")


def test_member_text_stays_text(as_member: As, bob: Member, running: Conversation):
    service.reply(bob, running.public_id, "<script>alert(1)</script>\nhttps://example.org/a?b")
    answer = as_member(bob).get(f"/messages/{running.public_id}")
    assert "<script>alert" not in answer.text
    assert 'href="https://example.org/a?b" rel="nofollow ugc noopener"' in answer.text


def test_a_visitor_signs_in_first(client: FlaskClient, running: Conversation):
    path = f"/messages/{running.public_id}"
    for answer in (client.get(path), client.get("/messages"), client.post(path)):
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in")
    assert running.public_id in client.get(path).location


def test_carol_and_staff_find_nothing(
    as_member: As, carol: Member, staff: Member, running: Conversation
):
    path = f"/messages/{running.public_id}"
    for stranger in (carol, staff):
        client = as_member(stranger)
        assert client.get(path).status_code == 404
        assert client.post(path, data={"body": "Halo"}).status_code == 404
        assert client.post(f"{path}/fulfilment").status_code == 404
    assert messages() == ["Masih ada?"]


def test_an_empty_reply_is_explained_and_what_was_typed_is_kept(
    as_member: As, alice: Member, running: Conversation
):
    client = as_member(alice)
    answer = client.post(f"/messages/{running.public_id}", data={"body": ""})
    assert answer.status_code == 422
    assert "Please write a message first." in answer.text
    assert "<title>Error: " in answer.text
    long = "y" * (rules.BODY_MAX + 1)
    answer = client.post(f"/messages/{running.public_id}", data={"body": long})
    assert answer.status_code == 422
    assert long in answer.text


def test_a_block_is_said_neutrally_to_both(
    as_member: As, alice: Member, bob: Member, running: Conversation
):
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    path = f"/messages/{running.public_id}"
    texts = [page(as_member(one), path) for one in (alice, bob)]
    for text in texts:
        assert "New messages are not possible in this conversation at present." in text
        assert "<textarea" not in text
        assert "block" not in text.lower()
    assert as_member(bob).post(path, data={"body": "Halo"}).status_code == 409


def test_the_owner_closes_the_listing_from_the_conversation(
    as_member: As, alice: Member, bob: Member, running: Conversation
):
    path = f"/messages/{running.public_id}"
    assert "Mark as given" in page(as_member(alice), path)
    assert "Mark as given" not in page(as_member(bob), path)
    answer = as_member(alice).post(f"{path}/fulfilment")
    assert answer.status_code == 303
    text = page(as_member(bob), path)
    assert "This has been given away. You can go on writing here." in text
    assert "<textarea" in text
    assert as_member(alice).post(f"{path}/fulfilment").status_code == 409


def test_what_changes_something_refuses_get(as_member: As, alice: Member, running: Conversation):
    assert as_member(alice).get(f"/messages/{running.public_id}/fulfilment").status_code == 405


def test_every_post_needs_its_token(
    make_app: Callable[..., Flask], alice: Member, running: Conversation
):
    app = make_app(WTF_CSRF_ENABLED=True)
    listing = running.listing.public_id
    with app.app_context():
        client = factories.sign_in(app, alice)
    for path in (
        f"/messages/{running.public_id}",
        f"/messages/{running.public_id}/fulfilment",
        f"/listings/{listing}/conversations",
    ):
        assert client.post(path, data={"body": "Halo"}).status_code == 400
    assert messages() == ["Masih ada?"]


# --- the inbox -----------------------------------------------------------------------------------


def test_the_inbox_shows_who_what_and_the_last_words(
    as_member: As, alice: Member, bob: Member, running: Conversation
):
    text = page(as_member(alice), "/messages")
    assert "Bob" in text
    assert "Mesin jahit Singer" in text
    assert "Masih ada?" in text
    assert "You: Masih ada?" in page(as_member(bob), "/messages")


def test_an_empty_inbox_teaches(as_member: As, carol: Member):
    text = page(as_member(carol), "/messages")
    assert "No messages yet" in text
    assert 'href="/search"' in text


def test_a_long_inbox_leads_on(as_member: As, alice: Member, offer: Listing):
    for number in range(21):
        asker = factories.member(f"Tetangga {number}")
        service.open_conversation(asker, offer.public_id, "Halo")
    client = as_member(alice)
    assert "Tetangga 0" not in page(client, "/messages").replace("Tetangga 0 ", "")
    assert "/messages?page=2" in page(client, "/messages")
    assert "Tetangga 0" in page(client, "/messages?page=2")


def test_the_badge_counts_what_waits(as_member: As, alice: Member, running: Conversation):
    assert re.search(r'count-badge">1<', page(as_member(alice), "/about"))


# --- the action on the listing page --------------------------------------------------------------


def test_the_main_action_leads_to_the_first_message(
    client: FlaskClient, as_member: As, alice: Member, bob: Member, offer: Listing
):
    path, target = f"/listings/{offer.public_id}", f"/listings/{offer.public_id}/conversations"
    assert f'href="{target}"' in page(client, path)
    assert f'href="{target}"' in page(as_member(bob), path)
    assert target not in page(as_member(alice), path)


def test_the_main_action_leads_back_to_a_running_conversation(
    as_member: As, bob: Member, running: Conversation
):
    text = page(as_member(bob), f"/listings/{running.listing.public_id}")
    assert f'href="/messages/{running.public_id}"' in text


def test_nothing_is_stored_by_looking(as_member: As, bob: Member, offer: Listing):
    page(as_member(bob), f"/listings/{offer.public_id}/conversations")
    assert db.session.scalar(select(func.count(Conversation.id))) == 0
