"""The page of news: what a member was told, newest first, seen once it was shown."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.messages.service import open_conversation
from marketplace.notifications import service
from marketplace.notifications.models import Notification
from tests import factories

As = Callable[[Member], FlaskClient]
TOLD = {"sender": "Bob", "title": "Mesin jahit", "body": "Halo", "conversation": "c0ffee"}
BADGE = re.compile(r'class="count-badge">(\d+)<')


def tell(member: Member, topic: str = "reminder", **more: Any) -> str:
    row = service.notify(member, topic, "new_message", TOLD, **{"link": "/about"} | more)
    assert row is not None
    return row.public_id


def test_news_stand_newest_first_and_lead_on(as_member: As, alice: Member) -> None:
    first, second = tell(alice), tell(alice, link="/rules")
    page = as_member(alice).get("/notifications").text
    assert page.index(f"/notifications/{second}") < page.index(f"/notifications/{first}")
    assert "Bob wrote to you about “Mesin jahit”" in page


def test_what_was_shown_is_no_longer_new(as_member: As, alice: Member) -> None:
    tell(alice)
    browser = as_member(alice)
    assert BADGE.findall(browser.get("/about").text) == ["1"]
    first, second = browser.get("/notifications").text, browser.get("/notifications").text
    assert '<li class="unread">' in first
    assert '<li class="unread">' not in second
    assert BADGE.findall(browser.get("/about").text) == []


def test_a_page_that_a_browser_fetches_in_advance_marks_nothing(
    as_member: As, alice: Member
) -> None:
    tell(alice)
    as_member(alice).get("/notifications", headers={"Sec-Purpose": "prefetch;prerender"})
    assert service.unseen_count(alice) == 1


def test_following_news_leads_there_and_marks_them(as_member: As, alice: Member) -> None:
    public_id, _ = tell(alice, link="/rules"), tell(alice)
    answer = as_member(alice).get(f"/notifications/{public_id}")
    assert (answer.status_code, answer.location) == (303, "/rules")
    assert service.unseen_count(alice) == 1


def test_news_that_lead_nowhere_are_read_on_the_page(as_member: As, alice: Member) -> None:
    public_id = tell(alice, link="")
    browser = as_member(alice)
    assert f"/notifications/{public_id}" not in browser.get("/notifications").text
    assert browser.get(f"/notifications/{public_id}").location == "/notifications"


def test_all_can_be_marked_as_seen_at_once(as_member: As, alice: Member, bob: Member) -> None:
    for who in (alice, bob):
        for _ in range(service.PER_PAGE + 1):
            tell(who)
    browser = as_member(alice)
    page = browser.get("/notifications").text
    assert "Mark all as seen" in page
    assert BADGE.findall(page) == ["1"], "one is on the second page"
    assert browser.post("/notifications/all/seen").location == "/notifications"
    assert "Mark all as seen" not in browser.get("/notifications").text
    assert (service.unseen_count(alice), service.unseen_count(bob)) == (0, service.PER_PAGE + 1)


def test_there_are_pages(as_member: As, alice: Member) -> None:
    oldest = tell(alice)
    for _ in range(service.PER_PAGE):
        tell(alice)
    browser = as_member(alice)
    first, second = browser.get("/notifications").text, browser.get("/notifications?page=2").text
    assert oldest not in first
    assert 'href="/notifications?page=2"' in first
    assert oldest in second
    for page in ("0", "99", "x"):
        assert browser.get(f"/notifications?page={page}").status_code == 200


def test_the_empty_page_says_what_will_be_there(as_member: As, alice: Member) -> None:
    page = as_member(alice).get("/notifications").text
    assert "Nothing new yet" in page
    assert "Mark all as seen" not in page


def test_news_are_their_members_own(as_member: As, client: FlaskClient, alice: Member,
                                    carol: Member) -> None:  # fmt: skip
    public_id = tell(alice)
    stranger = as_member(carol)
    assert "Bob wrote" not in stranger.get("/notifications").text
    assert stranger.get(f"/notifications/{public_id}").status_code == 404
    assert "/sign-in" in client.get("/notifications").location
    assert "/sign-in" in client.get(f"/notifications/{public_id}").location
    assert client.get("/notifications/all/seen").status_code == 405
    assert service.unseen_count(alice) == 1


def test_my_page_shows_the_newest_few(as_member: As, alice: Member) -> None:
    told = [tell(alice) for _ in range(service.FEW + 1)]
    browser = as_member(alice)
    page = browser.get("/me").text
    assert told[0] not in page
    assert all(one in page for one in told[1:])
    assert service.unseen_count(alice) == service.FEW + 1, "my page marks nothing"


@pytest.fixture
def asked_by_bob(alice: Member, bob: Member) -> str:
    listing = factories.offer(alice, "Mesin jahit")
    return open_conversation(bob, listing.public_id, "Masih ada, Bu?").public_id


def test_a_message_is_counted_at_the_messages_alone(
    as_member: As, alice: Member, asked_by_bob: str
) -> None:
    browser = as_member(alice)
    assert BADGE.findall(browser.get("/about").text) == ["1"]
    assert "Nothing new yet" in browser.get("/notifications").text


def test_reading_a_conversation_marks_what_told_of_it(
    as_member: As, alice: Member, asked_by_bob: str
) -> None:
    as_member(alice).get(f"/messages/{asked_by_bob}")
    db.session.rollback()
    assert db.session.scalars(select(Notification.seen_at)).one() is not None


def test_the_frame_asks_once(app: Flask, as_member: As, alice: Member) -> None:
    browser, asked = as_member(alice), []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    browser.get("/about")
    assert len([statement for statement in asked if "FROM notifications" in statement]) == 1
