"""Two members of whom one has blocked the other find each other nowhere, and nobody learns why."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts import blocks
from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import NotAllowed
from marketplace.messages.models import Conversation
from marketplace.messages.service import open_conversation
from marketplace.moderation import blocking
from marketplace.notifications.models import Notification
from marketplace.notifications.service import notify
from tests import factories
from tests.foundation.routes import World, rules_with
from tests.sample_areas import load_sample

Browser = Callable[[Member], FlaskClient]
# What is said to everybody alike, whoever is signed in, so that it may be cached: a member finds
# there no more than by signing out.
PUBLIC_ALIKE = ("/api/", "/search/feed.")


@pytest.fixture
def world(app: Flask, alice: Member, bob: Member) -> World:
    load_sample()
    with transaction():
        alice.name, bob.name = "Alice Alisjahbana", "Bob Bonaventura"
    listing = factories.offer(alice, "Mesin jahit kuno")
    factories.request(bob, "Butuh mesin jahit apa saja")
    return World(listing, open_conversation(bob, listing.public_id, "Halo"), alice)


@pytest.mark.parametrize("blocks_first", ["alice", "bob"])
def test_after_a_block_neither_finds_the_other_anywhere(
    app: Flask, world: World, alice: Member, bob: Member, as_member: Browser,
    settle: Callable[[], None], blocks_first: str,
) -> None:  # fmt: skip
    settle()
    browsers = {alice: as_member(alice), bob: as_member(bob)}
    others = {
        alice: ("Bonaventura", bob.public_id, "Butuh mesin jahit apa saja"),
        bob: ("Alisjahbana", alice.public_id, "Mesin jahit kuno", world.listing.public_id),
    }
    found_before = _where(app, world, browsers, others)
    assert {"/", "/search", "/listings/<public_id>", "/members/<public_id>"} <= found_before
    assert "/notifications" in found_before
    told = db.session.scalar(select(func.count(Notification.id)))
    blocker, blocked = (alice, bob) if blocks_first == "alice" else (bob, alice)
    assert _news_of_matches() == {alice.id, bob.id}
    blocking.block_member(blocker, blocked)
    settle()
    found = _where(app, world, browsers, others)
    # The old conversation stays with both, and the one who blocked sees whom, to end it.
    talk = {"/messages", "/messages/<public_id>", "/messages/<public_id>/news"}
    own = talk | {"/messages/<public_id>/block", "/account/blocked"}
    assert _news_of_matches() == set()
    assert db.session.scalar(select(func.count(Notification.id))) == told - 2
    assert found <= own


def _news_of_matches() -> set[int]:
    rows = select(Notification.member_id).where(Notification.kind == "new_match")
    return set(db.session.scalars(rows))


def test_a_block_leaves_the_news_of_other_neighbours_posts(
    world: World, alice: Member, bob: Member, carol: Member
) -> None:
    theirs = factories.offer(carol, "Mesin obras")
    for member, post in ((bob, world.listing), (bob, theirs), (carol, world.listing)):
        params = {"title": "x", "other": post.title, "about": post.public_id}
        notify(member, "match", "new_match", params, link="/about")
    blocking.block_member(alice, bob)
    news = select(Notification).where(Notification.kind == "new_match")
    left = db.session.scalars(news.order_by(Notification.id)).all()
    assert [(row.member_id, row.params["about"]) for row in left] == [
        (bob.id, theirs.public_id), (carol.id, world.listing.public_id),
    ]  # fmt: skip


def _where(
    app: Flask, world: World, browsers: dict[Member, FlaskClient],
    others: dict[Member, tuple[str, ...]],
) -> set[str]:  # fmt: skip
    """The addresses at which a reader meets a trace of the other one."""
    found = set()
    for rule in rules_with(app, "GET"):
        if rule.rule.startswith(PUBLIC_ALIKE):
            continue
        for reader, browser in browsers.items():
            answer = browser.get(world.address(rule), query_string=_query(rule.rule))
            assert answer.status_code < 500, rule.rule
            if answer.status_code < 400 and any(one in answer.text for one in others[reader]):
                found.add(rule.rule)
    return found


def _query(rule: str) -> dict[str, str]:
    return {"q": "mesin jahit"} if rule == "/search" else {}


@pytest.mark.parametrize("cause", ["block", "gone"])
def test_the_words_in_an_old_conversation_do_not_tell_a_block_from_a_pause(
    world: World, alice: Member, bob: Member, as_member: Browser, cause: str
) -> None:
    if cause == "block":
        blocks.block_member(alice, bob)
    else:
        with transaction():
            alice.erased_at = utcnow()
    text = as_member(bob).get(f"/messages/{world.conversation.public_id}").text
    assert "New messages are not possible in this conversation at present." in text
    assert "block" not in text.lower()
    assert f"/listings/{world.listing.public_id}" not in text


def test_a_block_asks_first_says_what_it_does_and_can_be_ended(
    world: World, alice: Member, bob: Member, as_member: Browser
) -> None:
    browser = as_member(bob)
    profile = browser.get(f"/members/{alice.public_id}").text
    assert f"/members/{alice.public_id}/block" in profile
    assert "Nobody is told" in browser.get(f"/members/{alice.public_id}/block").text
    assert db.session.scalar(select(func.count(Block.id))) == 0
    answer = browser.post(f"/members/{alice.public_id}/block", follow_redirects=True)
    assert answer.request.path == "/account/blocked"
    assert "Alice Alisjahbana" in answer.text
    assert browser.get(f"/members/{alice.public_id}").status_code == 404
    assert as_member(alice).get(f"/members/{bob.public_id}").status_code == 404
    assert browser.get(f"/members/{alice.public_id}/block").status_code == 404
    ended = browser.post(f"/account/blocked/{alice.public_id}/end", follow_redirects=True)
    assert "You have blocked nobody" in ended.text
    assert browser.get(f"/members/{alice.public_id}").status_code == 200


def test_who_was_blocked_can_block_too_and_only_sees_their_own(
    world: World, alice: Member, bob: Member, as_member: Browser
) -> None:
    blocks.block_member(alice, bob)
    browser = as_member(bob)
    assert "Alisjahbana" not in browser.get("/account/blocked").text
    assert browser.post(f"/account/blocked/{alice.public_id}/end").status_code == 404
    address = f"/messages/{world.conversation.public_id}/block"
    assert browser.get(address).status_code == 200
    assert browser.post(address).status_code == 303
    blocks.unblock_member(alice, bob.public_id)
    assert as_member(alice).get(f"/members/{bob.public_id}").status_code == 404


def test_a_double_tap_makes_one_block(alice: Member, bob: Member) -> None:
    blocks.block_member(alice, bob)
    blocks.block_member(alice, bob)
    assert db.session.scalar(select(func.count(Block.id))) == 1


def test_nobody_blocks_themselves(alice: Member, as_member: Browser) -> None:
    with pytest.raises(NotAllowed):
        blocks.block_member(alice, alice)
    assert as_member(alice).get(f"/members/{alice.public_id}/block").status_code == 403


def test_a_visitor_is_asked_to_sign_in_and_a_stranger_cannot_block_from_a_conversation(
    world: World, alice: Member, carol: Member, client: FlaskClient, as_member: Browser
) -> None:
    assert client.post(f"/members/{alice.public_id}/block").status_code == 303
    assert db.session.scalar(select(func.count(Block.id))) == 0
    address = f"/messages/{world.conversation.public_id}/block"
    assert as_member(carol).post(address).status_code == 404
    assert as_member(carol).get("/account/blocked/x/end").status_code == 405


def test_a_block_stops_new_conversations_and_mails(
    world: World, alice: Member, bob: Member, as_member: Browser, settle: Callable[[], None]
) -> None:
    other = factories.offer(alice, "Tangga lipat")
    blocks.block_member(alice, bob)
    answer = as_member(bob).post(f"/listings/{other.public_id}/conversations", data={"body": "Hai"})
    assert answer.status_code == 404
    count = select(func.count(Conversation.id))
    assert db.session.scalar(count) == 1
