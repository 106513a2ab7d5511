"""Becoming a member with a number, and coming back with a recovery code."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts import recovery
from marketplace.accounts.models import AccountEvent, Credential, Member, RecoveryCode
from marketplace.db import db, transaction, utcnow
from marketplace.mail import OutgoingMail
from marketplace.notifications.sweeps import tell_account_events
from tests import factories
from tests.accounts.conftest import (
    SIGN_UP,
    give_password,
    is_signed_in,
    link_in,
    new_browser,
    sign_in,
)

pytestmark = pytest.mark.usefixtures("places")
PHONE = SIGN_UP | {"login": "0812-3456-7890"}
STORED = "+6281234567890"
NEW = "hujan sore di teras"
CODE = re.compile(r"(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}")


def code_on_file(client: FlaskClient) -> str:
    """The code that this browser may save."""
    found = CODE.search(client.get("/account/recovery-code.txt").text)
    assert found
    return found[0]


def recover(client: FlaskClient, login: str, code: str, password: str = NEW) -> Any:
    return client.post(
        "/password/recovery", data={"login": login, "code": code, "password": password}
    )


@pytest.fixture
def owner(client: FlaskClient) -> Member:
    """The one who has just signed up with ``client``, by number."""
    answer = client.post("/sign-up", data=PHONE)
    assert (answer.status_code, answer.location) == (303, "/account/recovery-code")
    return db.session.scalars(select(Member)).one()


@pytest.fixture
def code(owner: Member, client: FlaskClient) -> str:
    return code_on_file(client)


def test_a_number_is_enough_and_lets_in_at_once(client: FlaskClient, owner: Member) -> None:
    assert is_signed_in(client)
    assert owner.email is None
    assert owner.is_confirmed
    assert db.session.scalars(select(Credential.login)).all() == [STORED]
    assert db.session.scalar(select(func.count(OutgoingMail.id))) == 0
    assert new_browser(client.application).get(f"/members/{owner.public_id}").status_code == 200
    assert "Please confirm" not in client.get("/me").text


def test_any_spelling_signs_in(app: Flask, owner: Member) -> None:
    for typed in ("+62 812 3456 7890", "081234567890", "62812.3456.7890"):
        browser = new_browser(app)
        assert sign_in(browser, typed, PHONE["password"]).location == "/me"
        assert is_signed_in(browser)


def test_a_number_that_is_taken_is_told_kindly_in_whatever_spelling(
    app: Flask, client: FlaskClient, owner: Member
) -> None:
    second = new_browser(app)
    answer = second.post(
        "/sign-up", data=PHONE | {"login": "+62 812 3456 7890", "password": "sapu lidi biru"}
    )
    assert answer.status_code == 422
    assert "An account already signs in with this number" in answer.text
    assert 'id="login-error"' in answer.text
    assert "/password/recovery" in answer.text
    assert owner.name not in answer.text.replace(f'value="{owner.name}"', "")
    assert not is_signed_in(second)
    assert sign_in(second, STORED, "sapu lidi biru").status_code == 422
    assert db.session.scalar(select(func.count(Member.id))) == 1


def test_a_squatted_number_opens_nothing_and_leaves_its_owner_another_door(
    app: Flask, client: FlaskClient, owner: Member
) -> None:
    """Whoever typed it first has an account, but nothing of the owner's; an address still works."""
    late = new_browser(app)
    assert late.post("/sign-up", data=SIGN_UP).location == "/sign-up/sent"


def test_a_number_is_shown_to_nobody_else(
    app: Flask, client: FlaskClient, owner: Member, as_member: Any, alice: Member
) -> None:
    listing = factories.offer(owner)
    reader = as_member(alice)
    for path in (f"/members/{owner.public_id}", f"/listings/{listing.public_id}", "/search?q=mesin",
                 f"/api/v1/listings/{listing.public_id}", "/"):  # fmt: skip
        page = reader.get(path)
        assert page.status_code == 200, path
        assert "81234567890" not in page.text.replace("-", "").replace(" ", ""), path


def test_a_number_or_a_code_is_in_no_log_line(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/sign-up", data=PHONE)
    code = code_on_file(client)
    client.post("/sign-out")
    client.post("/password/forgotten", data={"login": PHONE["login"]})
    recover(client, PHONE["login"], code)
    logged = " ".join(str(record.__dict__) for record in caplog.records)
    assert "34567890" not in logged.replace("-", "")
    assert code[:5] not in logged


# The code


def test_the_code_is_shown_until_it_is_saved_and_then_never_again(
    client: FlaskClient, owner: Member
) -> None:
    page = client.get("/account/recovery-code")
    assert "no-store" in page.headers["Cache-Control"]
    code = code_on_file(client)
    for group in code.split("-"):
        assert f"<span>{group}</span>" in page.text
    assert client.post("/account/recovery-code/saved").location == "/me"
    page = client.get("/account/recovery-code")
    assert code[:5] not in page.text
    assert "shown only once" in page.text
    assert client.get("/account/recovery-code.txt").status_code == 303


def test_a_code_that_nobody_says_is_saved_is_gone_after_half_an_hour(
    client: FlaskClient, owner: Member, code: str, time_machine: Any
) -> None:
    time_machine.move_to(utcnow() + timedelta(minutes=31))
    assert code[:5] not in client.get("/account/recovery-code").text


def test_the_file_is_plain_text_to_keep_and_is_not_cached(
    client: FlaskClient, owner: Member
) -> None:
    answer = client.get("/account/recovery-code.txt")
    assert answer.mimetype == "text/plain"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_only_a_hash_of_the_code_is_stored(client: FlaskClient, code: str) -> None:
    row = db.session.scalars(select(RecoveryCode)).one()
    assert re.fullmatch("[0-9a-f]{64}", row.code_hash)
    plain = code.replace("-", "").encode()
    path = Path(str(db.engine.url.database))
    if path.is_file():
        assert plain not in path.read_bytes()


@pytest.mark.parametrize("path", ["/account/recovery-code", "/account/recovery-code.txt"])
def test_a_visitor_sees_no_code(client: FlaskClient, path: str) -> None:
    assert client.get(path).location.startswith("/sign-in")
    assert client.post("/account/recovery-code/saved").location.startswith("/sign-in")


def test_a_code_sets_a_new_password_once_and_a_fresh_one_is_shown(
    app: Flask, client: FlaskClient, code: str
) -> None:
    lost = new_browser(app)
    answer = recover(lost, "62 812 3456 7890", code.lower().replace("-", " "))
    assert (answer.status_code, answer.location) == (303, "/account/recovery-code")
    assert is_signed_in(lost)
    assert not is_signed_in(client), "every other sign-in is ended"
    assert sign_in(client, STORED, PHONE["password"]).status_code == 422
    assert sign_in(client, STORED, NEW).status_code == 303
    assert recover(client, STORED, code, "tembok bata merah").status_code == 422, "used up"
    fresh = code_on_file(lost)
    assert fresh != code
    assert recover(client, STORED, fresh, "tembok bata merah").status_code == 303


def test_the_member_is_told_that_a_code_was_used(app: Flask, owner: Member, code: str) -> None:
    recover(new_browser(app), STORED, code)
    kinds = db.session.scalars(select(AccountEvent.kind)).all()
    assert kinds == ["recovered_by_code"], "not of a new device as well"


def test_a_weak_password_keeps_the_code(client: FlaskClient, code: str) -> None:
    answer = recover(client, STORED, code, "pendek")
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert code in answer.text, "what was typed is kept"
    assert recover(client, STORED, code).status_code == 303


def test_a_code_is_of_no_use_with_another_name(client: FlaskClient, code: str) -> None:
    alice = factories.member("Alice", email="alice@example.org")
    assert recover(client, "alice@example.org", code).status_code == 422
    assert db.session.scalar(
        select(Credential.secret_hash).where(Credential.member_id == alice.id)
    ) == "unset"  # fmt: skip


def test_an_erased_member_cannot_be_recovered(
    client: FlaskClient, owner: Member, code: str
) -> None:
    with transaction():
        owner.erased_at = utcnow()
    assert recover(client, STORED, code).status_code == 422


def test_a_member_with_an_address_can_use_a_code_too(client: FlaskClient) -> None:
    alice = factories.member("Alice", email="alice@example.org")
    with transaction():
        code = recovery.make_code(alice)
    assert recover(client, "Alice@Example.org", code).status_code == 303


def test_a_new_code_ends_the_old_one(client: FlaskClient, owner: Member, code: str) -> None:
    with transaction():
        new = recovery.make_code(owner)
    assert recover(client, STORED, code).status_code == 422
    assert recover(client, STORED, new).status_code == 303


def test_a_code_that_staff_handed_out_is_dead_after_a_day_and_leaves_the_members_own(
    client: FlaskClient, owner: Member, code: str, staff: Member, time_machine: Any
) -> None:
    with transaction():
        given = recovery.make_code(owner, given_by=staff)
    time_machine.move_to(utcnow() + timedelta(hours=24, minutes=1))
    assert recover(client, STORED, given).status_code == 422
    assert recover(client, STORED, code).status_code == 303


# Known and unknown names


def _plain(page: str) -> str:
    lines = page.splitlines()
    return "\n".join(line for line in lines if "nonce=" not in line and "csrf_token" not in line)


@pytest.mark.parametrize("path", ["/sign-in", "/password/recovery"])
def test_enumeration_a_known_and_an_unknown_number_get_the_same_answer(
    app: Flask, owner: Member, path: str
) -> None:
    pages = []
    for number in (STORED, "+6281234567891"):
        data = {"login": number, "password": NEW, "code": "A" * 20}
        answer = new_browser(app).post(path, data=data)
        assert answer.status_code == 422
        pages.append(_plain(answer.text).replace(number, ""))
    assert pages[0] == pages[1]


def test_enumeration_a_forgotten_password_asks_every_number_for_its_code(
    app: Flask, owner: Member
) -> None:
    pages = []
    for number in (STORED, "+6281234567891"):
        browser = new_browser(app)
        answer = browser.post("/password/forgotten", data={"login": number})
        assert (answer.status_code, answer.location) == (303, "/password/recovery")
        page = browser.get(answer.location).text
        assert f'value="{number}"' in page
        pages.append(_plain(page).replace(number, ""))
    assert pages[0] == pages[1]
    assert db.session.scalar(select(func.count(OutgoingMail.id))) == 0


def test_enumeration_a_recovery_costs_the_same_queries_for_every_name(
    app: Flask, owner: Member, statements: Callable[[], list[str]]
) -> None:
    asked = []
    for number in (STORED, "+6281234567891"):
        before = len(statements())
        recover(new_browser(app), number, "A" * 20)
        asked.append(statements()[before:])
    assert asked[0] == asked[1]


# Limits


def test_asking_which_numbers_have_accounts_ends_after_ten_answers(limited: Flask) -> None:
    new_browser(limited).post("/sign-up", data=PHONE)
    asker = new_browser(limited)
    told = [asker.post("/sign-up", data=PHONE).status_code for _ in range(11)]
    assert told == [422] * 10 + [429]
    free = asker.post("/sign-up", data=PHONE | {"login": "0812 3456 7891"})
    assert free.status_code == 429, "or the answer would still tell"
    assert asker.post("/sign-up", data=SIGN_UP).status_code == 303, "an address is still taken"


def test_strangers_cannot_use_up_the_tries_of_a_recovery(limited: Flask) -> None:
    owner = new_browser(limited)
    owner.post("/sign-up", data=PHONE)
    code = code_on_file(owner)
    for _ in range(30):
        recover(new_browser(limited), STORED, "A" * 20)
        sign_in(new_browser(limited), STORED, "bukan kata sandinya")
    answer = new_browser(limited).post(
        "/password/recovery",
        data={"login": STORED, "code": code, "password": NEW},
        environ_base={"REMOTE_ADDR": "10.9.8.7"},
    )
    assert answer.status_code == 303


def test_trying_codes_from_one_address_ends_after_sixty(limited: Flask) -> None:
    found = [recover(new_browser(limited), STORED, "A" * 20).status_code for _ in range(61)]
    assert found == [422] * 60 + [429]


# Notices


def test_a_new_device_is_told_once_a_known_one_and_the_first_are_not(
    app: Flask, owner: Member, client: FlaskClient
) -> None:
    def told() -> list[str]:
        return list(db.session.scalars(select(AccountEvent.kind)))

    assert told() == [], "not at sign-up"
    client.post("/sign-out")
    sign_in(client, STORED, PHONE["password"])
    assert told() == [], "this browser is known"
    other = new_browser(app)
    sign_in(other, STORED, "bukan kata sandinya")
    assert told() == [], "a wrong password floods nobody"
    sign_in(other, STORED, PHONE["password"])
    other.post("/sign-out")
    sign_in(other, STORED, PHONE["password"])
    assert told() == ["new_device"]


def test_the_notice_names_device_and_time_of_the_member_and_leads_to_the_devices(
    app: Flask, alice: Member, open_mail: Any, as_member: Any
) -> None:
    as_member(alice)
    give_password(alice)
    with transaction():
        alice.zone = "Asia/Jayapura"
    phone = "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36"
    new_browser(app).post(
        "/sign-in",
        data={"login": alice.email, "password": factories.PASSWORD},
        headers={"User-Agent": phone},
    )
    mail = open_mail("alice@example.org")
    text = mail.get_body(("plain",)).get_content()
    assert "Chrome · Android" in text
    assert "+0900" in text or "Eastern Indonesia" in text
    assert link_in(mail, "/account/sign-ins") == "/account/sign-ins"


def test_an_account_event_is_told_exactly_once(app: Flask, alice: Member) -> None:
    from marketplace.accounts import account_events

    with transaction():
        account_events.note(alice, "password_changed")
    parts = app.extensions["marketplace"]
    assert [tell_account_events(parts), tell_account_events(parts)] == [1, 0]
    assert db.session.scalars(select(OutgoingMail.template)).all() == ["password_changed"]
