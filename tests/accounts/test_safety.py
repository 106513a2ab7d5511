"""The rows of the table of attacks that concern accounts, each by its name."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from marketplace.accounts import sign_ins
from marketplace.accounts.credentials import authenticate
from marketplace.accounts.models import Credential, Member, OneTimeToken, ResetRequest, SignIn
from marketplace.accounts.tokens import hash_token
from marketplace.db import db, transaction, utcnow
from marketplace.mail import OutgoingMail
from tests import factories
from tests.accounts.conftest import (
    SIGN_UP,
    give_password,
    is_signed_in,
    link_in,
    new_browser,
    sign_in,
)

NewestMail = Callable[[str], EmailMessage]
WRONG = "bukan kata sandinya"


def token_of(browser: FlaskClient) -> str | None:
    with browser.session_transaction() as cookie:
        return cookie.get("_user_id")


# Account enumeration


def test_enumeration_a_known_and_an_unknown_address_get_the_same_answer_at_sign_in(
    client: FlaskClient, alice: Member
) -> None:
    give_password(alice)
    known = sign_in(client, "alice@example.org", WRONG)
    unknown = sign_in(client, "nobody@example.org", WRONG)
    assert known.status_code == unknown.status_code == 422
    pages = [_without_secrets(answer.text) for answer in (known, unknown)]
    assert pages[0].replace("alice@", "nobody@") == pages[1]


def test_enumeration_a_known_and_an_unknown_address_get_the_same_answer_at_a_reset(
    app: Flask, alice: Member
) -> None:
    answers = []
    for email in ("alice@example.org", "nobody@example.org"):
        browser = new_browser(app)
        answer = browser.post("/password/forgotten", data={"login": email})
        page = browser.get(answer.location)
        answers.append((answer.status_code, answer.location, page.status_code, page.text))
    assert answers[0][:3] == answers[1][:3] == (303, "/password/forgotten/sent", 200)
    assert _without_secrets(answers[0][3]) == _without_secrets(answers[1][3])


def test_enumeration_a_known_and_an_unknown_address_get_the_same_answer_at_sign_up(
    app: Flask, places: None, alice: Member, open_mail: NewestMail
) -> None:
    pages = []
    for email in ("alice@example.org", "dewi@example.org"):
        browser = new_browser(app)
        answer = browser.post("/sign-up", data=SIGN_UP | {"login": email})
        assert (answer.status_code, answer.location) == (303, "/sign-up/sent")
        pages.append(_without_secrets(browser.get("/sign-up/sent").text).replace(email, ""))
    assert pages[0] == pages[1]
    assert "already have an account" in str(open_mail("alice@example.org")["Subject"])
    assert db.session.scalar(select(func.count(Member.id))) == 2
    assert db.session.scalar(select(Credential.secret_hash).where(
        Credential.member_id == alice.id)) == "unset"  # fmt: skip


def test_enumeration_a_reset_costs_the_same_statements_for_every_address(
    app: Flask, alice: Member, statements: Callable[[], list[str]]
) -> None:
    asked = []
    for email in ("alice@example.org", "nobody@example.org"):
        before = len(statements())
        new_browser(app).post("/password/forgotten", data={"login": email})
        asked.append(statements()[before:])
    assert asked[0] == asked[1]


def test_enumeration_every_reset_is_answered_with_exactly_one_mail(
    client: FlaskClient, alice: Member, outbox: Any, settle: Callable[[], None]
) -> None:
    for email in ("alice@example.org", "nobody@example.org"):
        client.post("/password/forgotten", data={"login": email})
    assert db.session.scalar(select(func.count(OutgoingMail.id))) == 0
    settle()
    assert len(outbox.to("alice@example.org")) == len(outbox.to("nobody@example.org")) == 1
    db.session.rollback()
    assert db.session.scalar(select(func.count(ResetRequest.id))) == 0


def test_enumeration_the_time_of_an_answer_does_not_tell_whether_an_address_is_known(
    client: FlaskClient, alice: Member
) -> None:
    give_password(alice)
    took: dict[str, list[float]] = {"alice@example.org": [], "nobody@example.org": []}
    for _ in range(12):
        for email, seconds in took.items():
            started = time.perf_counter()
            sign_in(client, email, WRONG)
            seconds.append(time.perf_counter() - started)
    known, unknown = (statistics.median(seconds[2:]) for seconds in took.values())
    assert 0.5 < unknown / known < 2.0, "without the dummy hash it is about a tenth"


def _without_secrets(page: str) -> str:
    """A page without the nonces and tokens that differ every time."""
    lines = page.splitlines()
    return "\n".join(line for line in lines if "nonce=" not in line and "csrf_token" not in line)


# Host header, header injection


def test_a_host_header_that_is_not_ours_is_refused(client: FlaskClient, alice: Member) -> None:
    answer = client.post(
        "/password/forgotten", data={"login": alice.email}, headers={"Host": "evil.example"}
    )
    assert answer.status_code == 400
    assert db.session.scalar(select(func.count(ResetRequest.id))) == 0


def test_links_in_a_reset_mail_lead_to_the_site_whatever_the_host_header_says(
    make_app: Any, settings: Any, outbox: Any
) -> None:
    site = replace(settings, site_url="https://lumbung.example.org", trusted_hosts="other.example")
    app = make_app(site)
    with app.app_context():
        factories.member("Alice", email="alice@example.org")
        answer = app.test_client().post(
            "/password/forgotten",
            data={"login": "alice@example.org"},
            base_url="https://other.example",
        )
        assert answer.status_code == 303
        from marketplace.worker import run_until_idle

        run_until_idle(app)
    text = outbox.to("alice@example.org")[-1].get_body(("plain",)).get_content()
    assert "https://lumbung.example.org/password/reset/" in text
    assert "other.example" not in text


def test_header_injection_a_line_break_in_an_address_or_name_reaches_no_mail(
    client: FlaskClient, places: None, open_mail: NewestMail
) -> None:
    bad = SIGN_UP | {"login": "dewi@example.org\r\nBcc: spam@example.org"}
    assert client.post("/sign-up", data=bad).status_code == 422
    client.post("/sign-up", data=SIGN_UP | {"name": "Dewi\r\nBcc: spam@example.org"})
    mail = open_mail(SIGN_UP["login"])
    assert mail["Bcc"] is None
    assert "Dewi Bcc: spam@example.org" in str(mail["To"])


# Open redirect


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_open_redirect_signing_in_never_leads_to_another_site(
    client: FlaskClient, alice: Member, target: str
) -> None:
    give_password(alice)
    page = client.get("/sign-in", query_string={"next": target}).text
    assert '<input id="next" name="next" type="hidden" value="">' in page
    assert sign_in(client, "alice@example.org", next=target).location == "/me"


def test_signing_in_leads_back_to_where_the_visitor_was(client: FlaskClient, alice: Member) -> None:
    give_password(alice)
    asked = client.get("/account?a=1")
    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/account?a%3D1")
    assert 'value="/account?a=1"' in client.get(asked.location).text
    assert sign_in(client, "alice@example.org", next="/account?a=1").location == "/account?a=1"


# Session fixation, stolen session


def test_session_fixation_signing_in_drops_whatever_the_cookie_held(
    client: FlaskClient, alice: Member, bob: Member
) -> None:
    give_password(alice)
    planted = factories.sign_in(client.application, bob)
    with planted.session_transaction() as cookie:
        cookie["planted"], cookie["csrf_token"] = "yes", "known to the attacker"
        before = cookie["_user_id"]
    assert sign_in(planted, "alice@example.org").status_code == 303
    with planted.session_transaction() as cookie:
        assert cookie["_user_id"] != before
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != "known to the attacker"
    assert sign_ins.find_sign_in(before) is None, "the sign-in before it ended"


def test_every_sign_in_has_a_token_of_its_own_and_only_its_hash_is_stored(
    client: FlaskClient, alice: Member
) -> None:
    give_password(alice)
    sign_in(client, "alice@example.org")
    first = token_of(client)
    sign_in(client, "alice@example.org")
    second = token_of(client)
    assert first
    assert second
    assert first != second
    assert not is_signed_in_with(client, first)
    stored = db.session.scalars(select(SignIn.token_hash)).all()
    assert set(stored) == {hash_token(first), hash_token(second)}


def is_signed_in_with(client: FlaskClient, token: str) -> bool:
    other = new_browser(client.application)
    with other.session_transaction() as cookie:
        cookie["_user_id"] = token
    return is_signed_in(other)


def test_a_stolen_cookie_is_dead_after_signing_out(client: FlaskClient, alice: Member) -> None:
    give_password(alice)
    sign_in(client, "alice@example.org")
    stolen = token_of(client) or ""
    assert is_signed_in_with(client, stolen)
    client.post("/sign-out")
    assert not is_signed_in_with(client, stolen)


@pytest.mark.parametrize(
    ("field", "days", "alive"),
    [
        ("last_seen_at", 29, True),
        ("last_seen_at", 31, False),
        ("created_at", 179, True),
        ("created_at", 181, False),
    ],
)
def test_a_sign_in_ends_when_idle_for_30_days_or_older_than_180(
    as_member: Any, alice: Member, field: str, days: int, alive: bool
) -> None:
    from datetime import timedelta

    browser = as_member(alice)
    with transaction() as session:
        row = session.scalars(select(SignIn)).one()
        setattr(row, field, utcnow() - timedelta(days=days))
    assert is_signed_in(browser) == alive


def test_an_erased_member_is_out_at_once_and_cannot_come_in(
    client: FlaskClient, as_member: Any, alice: Member
) -> None:
    give_password(alice)
    browser = as_member(alice)
    with transaction():
        alice.erased_at = utcnow()
    assert not is_signed_in(browser)
    assert sign_in(client, "alice@example.org").status_code == 422


# One-use links


def test_a_reset_link_is_stored_as_a_hash_works_once_and_only_the_newest(
    app: Flask, client: FlaskClient, alice: Member, open_mail: NewestMail
) -> None:
    client.post("/password/forgotten", data={"login": alice.email})
    old = link_in(open_mail("alice@example.org"), "/password/reset/")
    client.post("/password/forgotten", data={"login": alice.email})
    new = link_in(open_mail("alice@example.org"), "/password/reset/")
    assert client.get(old).status_code == 410
    token = new.rpartition("/")[2]
    assert token not in {row.token_hash for row in db.session.scalars(select(OneTimeToken))}
    assert client.post(new, data={"password": "pendek"}).status_code == 422
    assert client.post(new, data={"password": "hujan sore di teras"}).status_code == 303
    used = client.post(new, data={"password": "kata sandi penyerang"})
    assert used.status_code == 410
    assert "no longer works" in used.text
    assert sign_in(client, "alice@example.org", "hujan sore di teras").status_code == 303


def test_a_reset_link_is_dead_after_an_hour(
    client: FlaskClient, alice: Member, open_mail: NewestMail, time_machine: Any
) -> None:
    from datetime import timedelta

    client.post("/password/forgotten", data={"login": alice.email})
    link = link_in(open_mail("alice@example.org"), "/password/reset/")
    time_machine.move_to(utcnow() + timedelta(minutes=61))
    assert client.get(link).status_code == 410
    assert client.post(link, data={"password": "hujan sore di teras"}).status_code == 410


def test_a_page_with_a_secret_in_its_address_is_not_stored_and_not_told_on(
    client: FlaskClient, alice: Member, open_mail: NewestMail
) -> None:
    client.post("/password/forgotten", data={"login": alice.email})
    answer = client.get(link_in(open_mail("alice@example.org"), "/password/reset/"))
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_secret_of_a_link_is_gone_from_the_outbox_once_it_is_sent(
    client: FlaskClient, alice: Member, open_mail: NewestMail
) -> None:
    client.post("/password/forgotten", data={"login": alice.email})
    open_mail("alice@example.org")
    assert db.session.scalars(select(OutgoingMail.params)).all() == [{}]


# CSRF, login CSRF

UNSAFE = [
    "/sign-up", "/sign-in", "/sign-out", "/password/forgotten", "/password/reset/x",
    "/email/confirmation", "/account", "/account/sign-ins/x/end", "/account/sign-ins/others/end",
    "/account/notifications",
]  # fmt: skip


@pytest.mark.parametrize("path", UNSAFE)
def test_csrf_a_post_without_the_token_of_the_form_is_refused(make_app: Any, path: str) -> None:
    app = make_app(WTF_CSRF_ENABLED=True)
    answer = app.test_client().post(path, data={"login": "a@example.org", "password": "x"})
    assert answer.status_code == 400


def test_csrf_a_post_that_says_it_comes_from_another_site_is_refused(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_csrf_a_form_of_ours_carries_the_token_that_lets_it_through(make_app: Any) -> None:
    import re

    app = make_app(WTF_CSRF_ENABLED=True)
    browser = app.test_client()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)
    assert found
    answer = sign_in(browser, "nobody@example.org", WRONG, csrf_token=found[1])
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path",
    ["/sign-out", "/email/confirmation", "/account/sign-ins/x/end", "/account/sign-ins/others/end"],
)
def test_what_changes_something_cannot_be_fetched(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 405


# Brute force, never a lock-out by strangers


def test_brute_force_an_account_gets_ten_tries_and_then_even_the_right_password_waits(
    limited: Flask,
) -> None:
    give_password(factories.member("Alice", email="alice@example.org"))
    attacker = new_browser(limited)
    for _ in range(10):
        assert sign_in(attacker, "alice@example.org", WRONG).status_code == 422
    answer = sign_in(attacker, "alice@example.org")
    assert answer.status_code == 429
    assert "too many tries" in answer.text
    assert 'value="alice@example.org"' in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_brute_force_limits_are_the_same_for_an_address_that_is_not_known(limited: Flask) -> None:
    attacker = new_browser(limited)
    found = [sign_in(attacker, "nobody@example.org", WRONG).status_code for _ in range(11)]
    assert found == [422] * 10 + [429]


def test_strangers_cannot_lock_a_member_out_of_her_own_device(limited: Flask) -> None:
    give_password(factories.member("Alice", email="alice@example.org"))
    phone, attacker = new_browser(limited), new_browser(limited)
    assert sign_in(phone, "alice@example.org").status_code == 303
    phone.post("/sign-out")
    for _ in range(15):
        sign_in(attacker, "alice@example.org", WRONG)
    assert sign_in(attacker, "alice@example.org").status_code == 429
    assert sign_in(phone, "alice@example.org").status_code == 303


def test_a_member_under_attack_comes_in_on_a_new_device_by_mail(
    limited: Flask, outbox: Any
) -> None:
    from marketplace.worker import run_until_idle

    give_password(factories.member("Alice", email="alice@example.org"))
    new_phone = new_browser(limited)
    for _ in range(11):
        sign_in(new_browser(limited), "alice@example.org", WRONG)
    assert sign_in(new_phone, "alice@example.org").status_code == 429
    new_phone.post("/password/forgotten", data={"login": "alice@example.org"})
    run_until_idle(limited)
    link = link_in(outbox.to("alice@example.org")[-1], "/password/reset/")
    new_phone.post(link, data={"password": "hujan sore di teras"})
    assert sign_in(new_phone, "alice@example.org", "hujan sore di teras").status_code == 303


def test_a_forged_device_cookie_gives_no_tries_of_its_own(limited: Flask) -> None:
    from marketplace.accounts.throttle import Device, write_device

    give_password(factories.member("Alice", email="alice@example.org"))
    forged = write_device(Device("0" * 16, ()).with_login("alice@example.org"), "x" * 40)
    attacker = new_browser(limited)
    for _ in range(10):
        sign_in(attacker, "alice@example.org", WRONG)
    attacker.set_cookie("device", forged)
    assert sign_in(attacker, "alice@example.org").status_code == 429


def test_brute_force_one_address_cannot_try_one_password_on_many_accounts(limited: Flask) -> None:
    attacker = new_browser(limited)
    found = [
        sign_in(attacker, f"member{number}@example.org", WRONG).status_code for number in range(61)
    ]
    assert found == [422] * 60 + [429]


def test_mail_bombing_one_address_gets_three_links_an_hour_and_nobody_is_told(
    limited: Flask,
) -> None:
    factories.member("Alice", email="alice@example.org")
    for _ in range(5):
        answer = new_browser(limited).post(
            "/password/forgotten", data={"login": "alice@example.org"}
        )
        assert (answer.status_code, answer.location) == (303, "/password/forgotten/sent")
    assert db.session.scalar(select(func.count(ResetRequest.id))) == 3


# Cookies


def test_cookies_of_a_real_site_are_secure_and_bound_to_its_host(
    make_app: Any, settings: Any
) -> None:
    app = make_app(replace(settings, site_url="https://lumbung.example.org"))
    with app.app_context():
        give_password(factories.member("Alice", email="alice@example.org"))
    answer = app.test_client().post(
        "/sign-in",
        data={"login": "alice@example.org", "password": factories.PASSWORD},
        base_url="https://lumbung.example.org",
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {
        "__Host-session",
        "__Host-device",
    }
    for cookie in cookies:
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


def test_enumeration_a_wrong_password_costs_the_same_statements_for_known_and_unknown(
    app: Flask, alice: Member
) -> None:
    def statements(login: str) -> int:
        db.session.rollback()
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert authenticate(login, "salah-sandi-ini") is None
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    assert statements("alice@example.org") == statements("nobody@example.org")
