"""Changing password, address, number and code: proved again, noticed, and without a way around."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.models import AccountEvent, AuditEvent, Credential, Member, RecoveryCode
from marketplace.db import db, transaction, utcnow
from marketplace.mail import OutgoingMail
from tests import factories
from tests.accounts.conftest import give_password, is_signed_in, link_in, new_browser, sign_in
from tests.accounts.test_phone import CODE, recover

NewestMail = Callable[[str], EmailMessage]
NEW = "hujan sore di teras"
PRESENT = factories.PASSWORD
PAGES = ["/account/password", "/account/email", "/account/phone", "/account/recovery-code/new"]


def events() -> list[str]:
    return list(db.session.scalars(select(AccountEvent.kind).order_by(AccountEvent.id)))


def logins() -> set[str]:
    return set(db.session.scalars(select(Credential.login)))


@pytest.fixture
def here(app: Flask, alice: Member, as_member: Any) -> FlaskClient:
    """A browser in which alice is signed in."""
    give_password(alice)
    browser: FlaskClient = as_member(alice)
    return browser


# Every page


@pytest.mark.parametrize("path", [*PAGES, "/account/security", "/account/email/sent"])
def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, path: str) -> None:
    assert client.get(path).location.startswith("/sign-in")


@pytest.mark.parametrize("path", PAGES)
def test_without_the_present_password_nothing_changes(here: FlaskClient, path: str) -> None:
    data = {"password": NEW, "email": "new@example.org", "phone": "081234567890"}
    for present in ("", "bukan kata sandinya"):
        answer = here.post(path, data=data | {"present": present})
        assert answer.status_code == 422
        assert "not your present password" in answer.text
        assert 'id="present-error"' in answer.text
    assert logins() == {"alice@example.org"}
    assert events() == []
    assert db.session.scalar(select(func.count(OutgoingMail.id))) == 0
    assert db.session.scalar(select(func.count(RecoveryCode.id))) == 0


def test_whoever_holds_a_signed_in_phone_cannot_try_passwords_without_end(limited: Flask) -> None:
    alice = factories.member("Alice", email="alice@example.org")
    give_password(alice)
    thief = factories.sign_in(limited, alice)
    answers = [thief.post("/account/recovery-code/new", data={"present": "x"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert thief.post("/account/password", data={"present": PRESENT}).status_code == 429
    owner = new_browser(limited)
    assert sign_in(owner, "alice@example.org").status_code == 303, "the owner is not locked out"


# Password


def test_a_new_password_ends_every_other_sign_in_and_keeps_this_one(
    here: FlaskClient, alice: Member, as_member: Any
) -> None:
    elsewhere = as_member(alice)
    answer = here.post("/account/password", data={"present": PRESENT, "password": NEW})
    assert (answer.status_code, answer.location) == (303, "/account/security")
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert sign_in(elsewhere, "alice@example.org", PRESENT).status_code == 422
    assert sign_in(elsewhere, "alice@example.org", NEW).status_code == 303
    assert events()[0] == "password_changed"


def test_a_weak_new_password_is_told_beside_its_field(here: FlaskClient) -> None:
    answer = here.post("/account/password", data={"present": PRESENT, "password": "alice1"})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text


def test_a_link_for_a_new_password_that_is_under_way_ends_with_the_change(
    client: FlaskClient, here: FlaskClient, open_mail: NewestMail
) -> None:
    client.post("/password/forgotten", data={"login": "alice@example.org"})
    link = link_in(open_mail("alice@example.org"), "/password/reset/")
    here.post("/account/password", data={"present": PRESENT, "password": NEW})
    assert client.get(link).status_code == 410


# Address


def ask_email(browser: FlaskClient, email: str) -> Any:
    return browser.post("/account/email", data={"present": PRESENT, "email": email})


def test_a_new_address_counts_when_its_link_is_opened_and_the_old_one_is_told(
    app: Flask, here: FlaskClient, alice: Member, open_mail: NewestMail
) -> None:
    answer = ask_email(here, " Alice.New@Example.org ")
    assert (answer.status_code, answer.location) == (303, "/account/email/sent")
    assert "alice.new@example.org" in here.get(answer.location).text
    assert logins() == {"alice@example.org"}, "nothing changes before"
    link = link_in(open_mail("alice.new@example.org"), "/account/email/new/")
    anywhere = new_browser(app)
    page = anywhere.get(link)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert logins() == {"alice@example.org"}, "a mail program that opens links changes nothing"
    assert anywhere.post(link).status_code == 303
    assert logins() == {"alice.new@example.org"}
    assert db.session.get_one(Member, alice.id).email == "alice.new@example.org"
    told = open_mail("alice@example.org")
    body = told.get_body(("plain",))
    assert body is not None
    assert "Another address was set" in body.get_content()
    assert "/password/recovery" in body.get_content()
    assert sign_in(anywhere, "alice@example.org", PRESENT).status_code == 422
    assert sign_in(anywhere, "alice.new@example.org", PRESENT).status_code == 303
    assert anywhere.post(link).status_code == 410, "once"
    assert events()[0] == "email_changed"


def test_links_that_lie_in_the_old_mailbox_end_with_the_change(
    client: FlaskClient, here: FlaskClient, open_mail: NewestMail
) -> None:
    client.post("/password/forgotten", data={"login": "alice@example.org"})
    reset = link_in(open_mail("alice@example.org"), "/password/reset/")
    ask_email(here, "new@example.org")
    client.post(link_in(open_mail("new@example.org"), "/account/email/new/"))
    assert client.get(reset).status_code == 410


def test_an_address_of_somebody_else_gets_the_same_answer_and_its_owner_a_mail(
    here: FlaskClient, bob: Member, open_mail: NewestMail
) -> None:
    answer = ask_email(here, "bob@example.org")
    assert (answer.status_code, answer.location) == (303, "/account/email/sent")
    mail = open_mail("bob@example.org")
    assert "already have an account" in str(mail["Subject"])
    assert logins() == {"alice@example.org", "bob@example.org"}


def test_an_address_that_was_taken_meanwhile_is_not_taken_away(
    app: Flask, here: FlaskClient, open_mail: NewestMail
) -> None:
    ask_email(here, "new@example.org")
    link = link_in(open_mail("new@example.org"), "/account/email/new/")
    factories.member("Dewi", email="new@example.org")
    assert new_browser(app).post(link).status_code == 410
    assert logins() == {"alice@example.org", "new@example.org"}


def test_a_link_to_a_new_address_is_dead_after_three_days(
    app: Flask, here: FlaskClient, open_mail: NewestMail, time_machine: Any
) -> None:
    ask_email(here, "new@example.org")
    link = link_in(open_mail("new@example.org"), "/account/email/new/")
    time_machine.move_to(utcnow() + timedelta(days=3, minutes=1))
    answer = new_browser(app).get(link)
    assert answer.status_code == 410
    assert "no longer works" in answer.text


@pytest.mark.parametrize(
    ("email", "words"),
    [("", "Write your e-mail"), ("alice at home", "name@example.org"),
     ("ALICE@example.org", "your address already")],
)  # fmt: skip
def test_what_is_no_new_address_is_told_beside_its_field(
    here: FlaskClient, email: str, words: str
) -> None:
    answer = ask_email(here, email)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="email-error"' in answer.text


# Number


def change_phone(browser: FlaskClient, phone: str) -> Any:
    return browser.post("/account/phone", data={"present": PRESENT, "phone": phone})


def test_a_number_becomes_a_second_name_with_the_same_password(
    app: Flask, here: FlaskClient
) -> None:
    assert change_phone(here, "0812 3456 7890").location == "/account/security"
    assert logins() == {"alice@example.org", "+6281234567890"}
    for name in ("alice@example.org", "+62 812-3456-7890"):
        assert sign_in(new_browser(app), name, PRESENT).status_code == 303
    here.post("/account/password", data={"present": PRESENT, "password": NEW})
    for name in ("alice@example.org", "081234567890"):
        assert sign_in(new_browser(app), name, PRESENT).status_code == 422
        assert sign_in(new_browser(app), name, NEW).status_code == 303
    assert "phone_changed" in events()


def test_a_number_can_be_changed_and_taken_away_but_not_the_last_name(
    here: FlaskClient, alice: Member
) -> None:
    change_phone(here, "0812 3456 7890")
    change_phone(here, "0813 3456 7890")
    assert logins() == {"alice@example.org", "+6281334567890"}
    assert change_phone(here, "").status_code == 303
    assert logins() == {"alice@example.org"}
    change_phone(here, "0812 3456 7890")
    with transaction() as session:
        alice.email = None
        session.delete(session.scalars(
            select(Credential).where(Credential.login == "alice@example.org")).one())  # fmt: skip
    answer = change_phone(here, "")
    assert answer.status_code == 422
    assert "need a name" in answer.text


def test_a_number_of_somebody_else_is_refused(here: FlaskClient, bob: Member) -> None:
    with transaction() as session:
        session.add(Credential(member_id=bob.id, login="+6281234567890", secret_hash="unset"))
    answer = change_phone(here, "0812-3456-7890")
    assert answer.status_code == 422
    assert "already signs in with this number" in answer.text
    assert change_phone(here, "bukan nomor").status_code == 422


# Code


def test_a_new_code_is_shown_and_works(app: Flask, here: FlaskClient) -> None:
    answer = here.post("/account/recovery-code/new", data={"present": PRESENT})
    assert (answer.status_code, answer.location) == (303, "/account/recovery-code")
    found = CODE.search(here.get("/account/recovery-code.txt").text)
    assert found
    assert events() == ["recovery_code_made"]
    assert recover(new_browser(app), "alice@example.org", found[0]).status_code == 303


# In person


@pytest.fixture
def desk(staff: Member, as_member: Any) -> FlaskClient:
    """A browser in which staff is signed in."""
    browser: FlaskClient = as_member(staff)
    return browser


HANDED = {"login": "alice@example.org", "seen": "y", "reason": "Tetangga saya sejak 2010"}


def test_staff_hand_out_a_code_on_the_record_and_the_member_is_told(
    app: Flask, desk: FlaskClient, alice: Member, staff: Member
) -> None:
    found = desk.post("/staff/codes", data={"login": "Alice@example.org "})
    assert found.status_code == 200
    assert "Alice" in found.text
    answer = desk.post("/staff/codes/handed-out", data=HANDED)
    assert (answer.status_code, answer.location) == (303, "/staff/codes")
    code = CODE.search(desk.get("/staff/codes").text)
    assert code
    row = db.session.scalars(select(AuditEvent)).one()
    assert (row.actor_id, row.member_id, row.action) == (staff.id, alice.id, "account.hand_code")
    assert row.reason == HANDED["reason"]
    assert events() == ["code_handed_out"]
    desk.post("/staff/codes/done")
    assert code[0] not in desk.get("/staff/codes").text
    assert recover(new_browser(app), "alice@example.org", code[0]).status_code == 303


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"seen": ""}, "seen", "stands before you"),
        ({"reason": "  "}, "reason", "how you know"),
        ({"login": "nobody@example.org"}, "login", "Nobody signs in"),
        ({"login": "staff@example.org"}, "login", "Not for yourself"),
        ({"login": "other@example.org"}, "login", "other staff"),
    ],
)
def test_a_code_is_refused_unseen_without_a_reason_and_for_staff(
    desk: FlaskClient, alice: Member, change: dict[str, str], field: str, words: str
) -> None:
    factories.member("Other", email="other@example.org", is_staff=True)
    answer = desk.post("/staff/codes/handed-out", data=HANDED | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(func.count(RecoveryCode.id))) == 0
    assert db.session.scalar(select(func.count(AuditEvent.id))) == 0


@pytest.mark.parametrize("path", ["/staff/codes", "/staff/codes/handed-out", "/staff/codes/done"])
def test_nobody_else_can_hand_out_codes(
    client: FlaskClient, as_member: Any, carol: Member, alice: Member, path: str
) -> None:
    assert as_member(carol).post(path, data=HANDED).status_code == 404
    assert client.post(path, data=HANDED).status_code == 303
    assert db.session.scalar(select(func.count(RecoveryCode.id))) == 0


# flask staff


def test_the_operator_names_staff_by_address_or_number_on_the_record(
    app: Flask, alice: Member, as_member: Any
) -> None:
    with transaction() as session:
        session.add(Credential(member_id=alice.id, login="+6281234567890", secret_hash="unset"))
    run = app.test_cli_runner().invoke
    assert "Nobody yet" in run(args=["staff", "list"]).output
    assert run(args=["staff", "add", "0812-3456-7890"]).output == "Alice is staff.\n"
    assert run(args=["staff", "add", "Alice@example.org"]).output == "Alice is staff already.\n"
    assert "Alice (alice@example.org, +6281234567890)" in run(args=["staff", "list"]).output
    assert as_member(alice).get("/staff").status_code == 200
    assert run(args=["staff", "remove", "alice@example.org"]).output == "Alice is not staff.\n"
    db.session.expire_all()
    assert as_member(alice).get("/staff").status_code == 404
    rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(row.actor_id, row.member_id, row.action) for row in rows] == [
        (None, alice.id, "staff.add"),
        (None, alice.id, "staff.remove"),
    ]


@pytest.mark.parametrize("login", ["nobody@example.org", "0812 3456 7899", "waits@example.org"])
def test_somebody_who_is_no_member_cannot_be_made_staff(app: Flask, login: str) -> None:
    waiting = factories.member("Waits", email="waits@example.org")
    with transaction():
        waiting.email_confirmed_at = None
    result = app.test_cli_runner().invoke(args=["staff", "add", login])
    assert result.exit_code == 1
    assert "No member signs in with" in result.output
    assert "sign up on the site first" in result.output
