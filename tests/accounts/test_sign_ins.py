"""The page of sign-ins, and what being signed in means."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.exceptions import Unauthorized

from marketplace.accounts import credentials
from marketplace.accounts.models import Credential, Member, SignIn
from marketplace.accounts.passwords import is_outdated
from marketplace.db import db, transaction
from tests import factories
from tests.accounts.conftest import give_password, is_signed_in, new_browser, sign_in

ANDROID = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


def test_the_page_lists_where_a_member_is_signed_in(
    client: FlaskClient, as_member: Any, alice: Member, bob: Member
) -> None:
    give_password(alice)
    as_member(bob)
    sign_in(client, "alice@example.org")
    browser = new_browser(client.application)
    browser.post(
        "/sign-in",
        data={"login": "alice@example.org", "password": factories.PASSWORD},
        headers={"User-Agent": ANDROID},
    )
    page = browser.get("/account/sign-ins").text
    assert "Chrome on Android" in page
    assert page.count("This device") == 1
    assert page.count("End this sign-in") == 1
    assert "Sign out here" in page
    assert "End all others" in page


def test_ending_one_sign_in_kills_it_at_once(as_member: Any, alice: Member) -> None:
    here, lost = as_member(alice), as_member(alice)
    public_id = db.session.scalars(select(SignIn.public_id).order_by(SignIn.id)).all()[1]
    answer = here.post(f"/account/sign-ins/{public_id}/end")
    assert (answer.status_code, answer.location) == (303, "/account/sign-ins")
    assert not is_signed_in(lost)
    assert is_signed_in(here)
    assert here.post(f"/account/sign-ins/{public_id}/end").status_code == 303, "again is the same"


def test_ending_the_sign_in_of_this_device_signs_out(as_member: Any, alice: Member) -> None:
    here = as_member(alice)
    public_id = db.session.scalars(select(SignIn.public_id)).one()
    assert here.post(f"/account/sign-ins/{public_id}/end").location == "/"
    assert not is_signed_in(here)


def test_ending_all_others_leaves_this_device(as_member: Any, alice: Member, bob: Member) -> None:
    here, one, two, neighbour = (as_member(who) for who in (alice, alice, alice, bob))
    assert here.post("/account/sign-ins/others/end").status_code == 303
    assert [is_signed_in(b) for b in (here, one, two, neighbour)] == [True, False, False, True]


def test_a_stranger_cannot_end_my_sign_in(as_member: Any, alice: Member, carol: Member) -> None:
    mine, hers = as_member(alice), as_member(carol)
    public_id = db.session.scalars(select(SignIn.public_id).order_by(SignIn.id)).first()
    assert hers.post(f"/account/sign-ins/{public_id}/end").status_code == 404
    assert is_signed_in(mine)


def test_the_pages_of_the_account_send_a_visitor_to_sign_in(client: FlaskClient) -> None:
    for path in ("/account", "/account/sign-ins", "/account/notifications"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, f"/sign-in?next={path}")
    for path in ("/account", "/account/sign-ins/others/end", "/account/sign-ins/x/end"):
        assert client.post(path).location == "/sign-in"


def test_a_visitor_who_posted_comes_back_to_the_page_with_the_form(client: FlaskClient) -> None:
    answer = client.post("/account", headers={"Referer": "http://localhost/account?x=1"})
    assert answer.location == "/sign-in?next=/account"
    answer = client.post("/account", headers={"Referer": "http://evil.example/account"})
    assert answer.location == "/sign-in"


def test_who_is_signed_in_is_not_asked_again(as_member: Any, alice: Member) -> None:
    browser = as_member(alice)
    assert browser.get("/sign-in").location == "/me"
    assert browser.get("/sign-in?next=/search").location == "/search"
    assert browser.get("/sign-up").location == "/me"
    assert browser.get("/sign-up/sent").status_code == 303


def test_signing_in_twice_in_one_browser_leaves_one_sign_in(
    client: FlaskClient, alice: Member, bob: Member
) -> None:
    give_password(alice)
    give_password(bob)
    sign_in(client, "alice@example.org")
    sign_in(client, "bob@example.org")
    living = select(SignIn.member_id).where(SignIn.ended_at.is_(None))
    assert db.session.scalars(living).all() == [bob.id]
    assert "bob@example.org" in client.get("/account/notifications").text


def test_signing_out_twice_or_as_a_visitor_is_no_mistake(as_member: Any, alice: Member) -> None:
    browser = as_member(alice)
    assert [browser.post("/sign-out").status_code for _ in range(2)] == [303, 303]


def test_the_time_of_a_visit_is_written_at_most_every_ten_minutes(
    as_member: Any, alice: Member, time_machine: Any
) -> None:
    browser = as_member(alice)
    begun = db.session.scalars(select(SignIn.last_seen_at)).one()
    time_machine.move_to(begun + timedelta(minutes=9))
    with _count_commits() as commits:
        browser.get("/account/sign-ins")
    assert commits == []
    time_machine.move_to(begun + timedelta(minutes=11))
    browser.get("/account/sign-ins")
    db.session.rollback()
    seen = db.session.scalars(select(SignIn.last_seen_at)).one()
    assert seen - begun >= timedelta(minutes=10)
    assert alice.last_seen_at == seen


class _count_commits:
    """The commits of the database inside the block."""

    def __enter__(self) -> list[int]:
        self.commits: list[int] = []
        event.listen(db.engine, "commit", self._note)
        return self.commits

    def _note(self, connection: Any) -> None:
        self.commits.append(1)

    def __exit__(self, *error: object) -> None:
        event.remove(db.engine, "commit", self._note)


def test_an_outdated_hash_is_renewed_when_its_owner_signs_in(
    client: FlaskClient, alice: Member
) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("sapu lidi biru")
    with transaction():
        db.session.scalars(select(Credential)).one().secret_hash = weak
    assert sign_in(client, "alice@example.org", "sapu lidi biru").status_code == 303
    db.session.rollback()
    assert not is_outdated(db.session.scalars(select(Credential.secret_hash)).one())
    assert credentials.authenticate("alice@example.org", "sapu lidi biru") is not None


def test_an_address_may_be_typed_in_capitals(client: FlaskClient, alice: Member) -> None:
    give_password(alice)
    assert sign_in(client, " Alice@Example.ORG ").status_code == 303


def test_a_wrong_password_is_told_beside_the_field_and_the_address_stays(
    client: FlaskClient, alice: Member
) -> None:
    give_password(alice)
    answer = sign_in(client, "alice@example.org", "salah sama sekali", next="/search")
    assert answer.status_code == 422
    assert "<title>Error: Sign in" in answer.text
    assert 'id="password-error"' in answer.text
    assert 'value="alice@example.org"' in answer.text
    assert 'value="/search"' in answer.text
    assert "salah sama sekali" not in answer.text


def test_an_empty_or_huge_sign_in_is_answered_like_a_wrong_one(client: FlaskClient) -> None:
    assert sign_in(client, "", "").status_code == 422
    assert sign_in(client, "a" * 50_000, "b" * 50_000).status_code == 422


def test_under_the_api_a_visitor_gets_401(app: Flask) -> None:
    from marketplace.accounts.login import ask_to_sign_in

    with app.test_request_context("/api/v1/me"), pytest.raises(Unauthorized):
        ask_to_sign_in()


def test_a_member_without_a_credential_of_her_own_cannot_come_in(
    client: FlaskClient, alice: Member
) -> None:
    """A helped member is posted for by somebody else."""
    with transaction() as session:
        session.delete(session.scalars(select(Credential)).one())
    assert sign_in(client, "alice@example.org").status_code == 422
    assert db.session.scalar(select(func.count(SignIn.id))) == 0
