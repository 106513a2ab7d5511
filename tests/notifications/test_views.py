"""Turning mail off: by the link in a mail without signing in, and on the page of choices."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.notifications import service
from marketplace.notifications.links import off_token
from tests.accounts.conftest import new_browser


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return new_browser(app)


@pytest.fixture
def link(alice: Member) -> str:
    return f"/notifications/off/{off_token(alice, 'message')}"


def is_on(member: Member) -> bool:
    db.session.rollback()
    return service.is_on(member, "message")


def test_opening_the_link_shows_what_would_be_off_and_changes_nothing(
    client: FlaskClient, alice: Member, link: str
) -> None:
    page = client.get(link)
    assert page.status_code == 200
    assert "Mail about messages from neighbours" in page.text
    assert "Turn them off" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Alice" not in page.text
    assert is_on(alice)


def test_one_tap_turns_it_off_and_another_on_again(
    client: FlaskClient, alice: Member, link: str
) -> None:
    page = client.post(link, data={"turn": "off"})
    assert page.status_code == 200
    assert "These mails are off" in page.text
    assert not is_on(alice)
    assert "on again" in client.post(link, data={"turn": "on"}).text
    assert is_on(alice)


def test_turning_off_twice_says_the_same(client: FlaskClient, alice: Member, link: str) -> None:
    first, second = (client.post(link) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert "These mails are off" in second.text
    assert "These mails are off" in client.get(link).text
    assert not is_on(alice)


def test_a_mail_program_turns_it_off_by_itself_without_a_cookie_or_a_token_of_a_form(
    make_app: Any,
) -> None:
    """RFC 8058: a POST of List-Unsubscribe=One-Click to the address in the header."""
    from tests import factories

    app = make_app(WTF_CSRF_ENABLED=True)
    with app.app_context():
        alice = factories.member("Alice")
        path = f"/notifications/off/{off_token(alice, 'message')}"
        answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert not is_on(alice)


def test_a_link_that_we_did_not_make_is_not_found(
    client: FlaskClient, alice: Member, link: str
) -> None:
    for path in (link[:-1], link + "0", "/notifications/off/x", link.replace("message", "match")):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
    assert is_on(alice)


def test_the_link_of_an_erased_member_is_not_found(
    client: FlaskClient, alice: Member, link: str
) -> None:
    with transaction():
        alice.erased_at = utcnow()
    assert client.get(link).status_code == 404


def test_the_link_of_a_topic_that_stays_on_is_refused(client: FlaskClient, alice: Member) -> None:
    answer = client.post(f"/notifications/off/{off_token(alice, 'account')}")
    assert answer.status_code == 409


def test_a_member_chooses_what_mail_to_get(as_member: Any, alice: Member, bob: Member) -> None:
    browser = as_member(alice)
    page = browser.get("/account/notifications").text
    assert "alice@example.org" in page
    assert 'value="message" checked' in page
    answer = browser.post("/account/notifications", data={})
    assert (answer.status_code, answer.location) == (303, "/account/notifications")
    page = browser.get("/account/notifications").text
    assert 'value="message" checked' not in page
    assert "Your choice is saved" in page
    assert not is_on(alice)
    assert is_on(bob)
    browser.post("/account/notifications", data={"topics": ["message", "account", "nonsense"]})
    assert is_on(alice)


def test_a_visitor_has_nothing_to_choose(client: FlaskClient) -> None:
    assert client.get("/account/notifications").location == "/sign-in?next=/account/notifications"
    assert client.post("/account/notifications").location == "/sign-in"
