"""Turning mail off: by the link in a mail without signing in, and on the page of choices."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.notifications import choices
from marketplace.notifications.links import off_token
from marketplace.notifications.rules import Hours
from tests.accounts.conftest import new_browser


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return new_browser(app)


@pytest.fixture
def link(alice: Member) -> str:
    return f"/notifications/off/{off_token(alice, 'message')}"


def is_on(member: Member) -> bool:
    db.session.rollback()
    return choices.is_on(member, "message")


def test_opening_the_link_shows_what_would_be_off_and_changes_nothing(
    client: FlaskClient, alice: Member, link: str
) -> None:
    page = client.get(link)
    assert page.status_code == 200
    assert "Mail about messages from neighbours" in page.text
    assert "Turn them off" in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
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


CHOICE = {
    "message": "at_once", "match": "digest", "promise": "at_once", "reminder": "here",
    "alert": "at_once",
    "has_digest": "y", "digest_hour": "8", "quiet_from": "22", "quiet_until": "5",
}  # fmt: skip


def checked(page: str) -> set[str]:
    return set(re.findall(r'name="(\w+)"[^>]*value="(\w+)" checked', page))


def test_a_member_chooses_which_mail_comes_how_and_when(
    as_member: Any, alice: Member, bob: Member
) -> None:
    browser = as_member(alice)
    page = browser.get("/account/notifications").text
    assert "alice@example.org" in page
    assert ("message", "at_once") in checked(page)
    assert ("match", "digest") in checked(page)
    answer = browser.post("/account/notifications", data=CHOICE | {"message": "here"})
    assert (answer.status_code, answer.location) == (303, "/account/notifications")
    page = browser.get("/account/notifications").text
    assert "Your choice is saved" in page
    assert {("message", "here"), ("match", "digest"), ("has_digest", "y")} <= checked(page)
    assert choices.hours_of(alice) == Hours(22, 5, 8, has_digest=True)
    assert not is_on(alice)
    assert is_on(bob)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"message": ""}, "Choose one of these."),
        ({"message": "pigeon"}, "Choose one of these."),
        ({"has_digest": ""}, "The daily digest is off: turn it on, or choose another way."),
        ({"quiet_from": "25"}, "Not a valid choice"),
    ],
)
def test_a_choice_that_cannot_be_is_said_beside_its_field_and_nothing_is_kept(
    as_member: Any, alice: Member, change: dict[str, str], words: str
) -> None:
    data = {name: value for name, value in (CHOICE | change).items() if value}
    answer = as_member(alice).post("/account/notifications", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert ("reminder", "here") in checked(answer.text), "what was chosen stays"
    assert choices.channels(alice)["reminder"] == "at_once"


def test_what_concerns_the_account_and_other_work_cannot_be_chosen(
    as_member: Any, alice: Member, staff: Member
) -> None:
    asked = CHOICE | {"account": "here", "staff": "here"}
    as_member(alice).post("/account/notifications", data=asked)
    assert choices.channels(alice)["account"] == "at_once"
    assert choices.channels(alice)["staff"] == "at_once"
    as_member(staff).post("/account/notifications", data=asked)
    assert choices.channels(staff)["staff"] == "here"


def test_the_digest_is_turned_off_and_on_by_its_link(client: FlaskClient, alice: Member) -> None:
    link = f"/notifications/off/{off_token(alice, 'digest')}"
    assert "the daily digest" in client.get(link).text
    client.post(link, data={"List-Unsubscribe": "One-Click"})
    db.session.rollback()
    assert not choices.hours_of(alice).has_digest
    client.post(link, data={"turn": "on"})
    db.session.rollback()
    assert choices.hours_of(alice).has_digest


def test_a_topic_that_is_turned_on_again_comes_as_it_usually_does(
    client: FlaskClient, alice: Member
) -> None:
    link = f"/notifications/off/{off_token(alice, 'match')}"
    for turn in ("off", "on"):
        client.post(link, data={"turn": turn})
    db.session.rollback()
    assert choices.channels(alice)["match"] == "digest"


def test_who_has_no_confirmed_address_has_nothing_to_choose(as_member: Any, alice: Member) -> None:
    browser = as_member(alice)
    with transaction():
        alice.email_confirmed_at = None
    page = browser.get("/account/notifications").text
    assert "told here only" in page
    assert 'name="message"' not in page


def test_a_visitor_has_nothing_to_choose(client: FlaskClient) -> None:
    assert client.get("/account/notifications").location == "/sign-in?next=/account/notifications"
    assert client.post("/account/notifications").location == "/sign-in"


def test_who_has_no_address_is_offered_to_add_one(alice: Member, as_member: Any) -> None:
    with transaction():
        alice.email = alice.email_confirmed_at = None
    page = as_member(alice).get("/account/notifications").text
    assert "You have no confirmed e-mail address" in page
    assert 'class="button button--secondary" href="/account/security"' in page
    assert "None" not in page
    assert "digest_hour" not in page, "there is nothing to choose yet"
