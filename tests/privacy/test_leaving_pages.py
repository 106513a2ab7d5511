"""The page that deletes an account: what it says, what it asks for, and the way back."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.listings.models import Listing
from tests.accounts.conftest import give_password
from tests.factories import PASSWORD
from tests.privacy.conftest import NAME

As = Callable[[Member], FlaskClient]
PAGE = "/account/deletion"


def test_the_page_says_what_happens_and_asks_for_the_password(
    rukmini: Member, as_member: As
) -> None:
    page = as_member(rukmini).get(PAGE)
    assert page.status_code == 200
    for said in ("For 7 days", "What stays", "Deleted member", 'type="password"'):
        assert said in page.text


@pytest.mark.parametrize("typed", ["", "salah-salah-salah"])
def test_without_the_right_password_nothing_happens(
    rukmini: Member, as_member: As, typed: str
) -> None:
    give_password(rukmini)
    answer = as_member(rukmini).post(PAGE, data={"password": typed})
    assert answer.status_code == 422
    assert "This is not your password" in answer.text
    assert db.session.get_one(Member, rukmini.id).erase_after is None


def test_guessing_the_password_here_is_slowed_down(
    make_app: Callable[..., Flask], rukmini: Member
) -> None:
    from tests import factories

    app = make_app(RATELIMIT_ENABLED=True)
    with app.app_context():
        client = factories.sign_in(app, rukmini)
        codes = [client.post(PAGE, data={"password": f"x{n}"}).status_code for n in range(12)]
    assert codes[:10] == [422] * 10
    assert codes[-1] == 429


def test_with_it_everything_is_hidden_and_one_button_brings_it_back(
    full_life: Listing, rukmini: Member, as_member: As, client: FlaskClient
) -> None:
    give_password(rukmini)
    browser = as_member(rukmini)
    answer = browser.post(PAGE, data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert client.get(f"/listings/{full_life.public_id}").status_code == 404
    assert "Keep my account" in browser.get(PAGE).text
    for address in ("/me", "/", f"/members/{rukmini.public_id}"):
        page = browser.get(address).text
        assert "Your account will be deleted on" in page, address
        assert "/account/deletion/cancellation" in page
    assert browser.post(f"{PAGE}/cancellation").status_code == 303
    assert client.get(f"/listings/{full_life.public_id}").status_code == 200
    assert "/account/deletion/cancellation" not in browser.get("/me").text


def test_asking_twice_does_not_move_the_day(rukmini: Member, as_member: As) -> None:
    give_password(rukmini)
    browser = as_member(rukmini)
    browser.post(PAGE, data={"password": PASSWORD})
    day = db.session.get_one(Member, rukmini.id).erase_after
    browser.post(PAGE, data={"password": PASSWORD})
    db.session.expire_all()
    assert db.session.get_one(Member, rukmini.id).erase_after == day


def test_keeping_an_account_that_nobody_deletes_is_a_conflict(
    rukmini: Member, as_member: As
) -> None:
    assert as_member(rukmini).post(f"{PAGE}/cancellation").status_code == 409


def test_who_has_no_password_ticks_a_box(rukmini: Member, as_member: As) -> None:
    with transaction():
        rukmini.is_demo = True
    browser = as_member(rukmini)
    assert 'type="password"' not in browser.get(PAGE).text
    assert browser.post(PAGE).status_code == 422
    assert browser.post(PAGE, data={"sure": "y"}).status_code == 303


def test_those_whom_she_helps_are_named(rukmini: Member, as_member: As) -> None:
    assert "With you we erase" not in as_member(rukmini).get(PAGE).text
    with transaction() as session:
        session.add(Member(name="Mbah Surip", type="helped", created_by_id=rukmini.id))
    assert "Mbah Surip" in as_member(rukmini).get(PAGE).text


@pytest.mark.parametrize("address", [PAGE, "/account/data"])
def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, rukmini: Member, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code in (302, 303)
    assert NAME not in answer.text
