"""From a stranger to a member and back in after a forgotten password, over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.models import Consent, Credential, Member
from marketplace.db import db, utcnow
from marketplace.pages.texts import VERSIONS
from tests.accounts.conftest import SIGN_UP, is_signed_in, link_in, new_browser, sign_in

pytestmark = pytest.mark.usefixtures("places")
NewestMail = Callable[[str], EmailMessage]


def test_sign_up_confirm_sign_out_forget_reset_sign_in(
    app: Flask, client: FlaskClient, open_mail: NewestMail
) -> None:
    email, password = SIGN_UP["login"], SIGN_UP["password"]
    answer = client.post("/sign-up", data=SIGN_UP)
    assert (answer.status_code, answer.location) == (303, "/sign-up/sent")
    assert email in client.get("/sign-up/sent").text
    assert not is_signed_in(client)

    answer = client.get(link_in(open_mail(email), "/email/confirm/"))
    assert (answer.status_code, answer.location) == (303, "/me")
    assert is_signed_in(client)

    elsewhere = new_browser(app)
    assert sign_in(elsewhere, email, password).location == "/me"
    assert is_signed_in(elsewhere)
    assert "new device" in str(open_mail(email)["Subject"])

    answer = client.post("/sign-out")
    assert answer.status_code == 303
    assert "storage" in answer.headers["Clear-Site-Data"]
    assert not is_signed_in(client)

    assert client.post("/password/forgotten", data={"login": email}).status_code == 303
    reset = link_in(open_mail(email), "/password/reset/")
    assert client.get(reset).status_code == 200
    answer = client.post(reset, data={"password": "hujan sore di teras"})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not is_signed_in(elsewhere), "a reset ends every sign-in"
    assert "password" in open_mail(email)["Subject"].lower()

    assert sign_in(client, email, password).status_code == 422
    assert sign_in(client, email, "hujan sore di teras").status_code == 303
    assert is_signed_in(client)


def test_a_new_member_has_what_she_typed_and_what_she_agreed_to(client: FlaskClient) -> None:
    client.post("/sign-up", data=SIGN_UP | {"name": "  Dewi \n Lestari ", "language": "id"})
    member = db.session.scalars(select(Member)).one()
    assert (member.name, member.email, member.language) == ("Dewi Lestari", SIGN_UP["login"], "id")
    assert member.place_kind == "cell"
    assert member.area_code is not None
    assert member.adult_stated_at is not None
    assert member.email_confirmed_at is None
    agreed = db.session.scalars(select(Consent).where(Consent.member_id == member.id)).all()
    assert {row.text: row.version for row in agreed} == VERSIONS
    assert {row.language for row in agreed} == {"en"}, "the language in which they were shown"
    assert all(row.agreed_at is not None for row in agreed)
    secret = db.session.scalars(select(Credential.secret_hash)).one()
    assert secret.startswith("$argon2id$")


def test_a_member_can_pick_a_place_by_its_code(client: FlaskClient) -> None:
    data = SIGN_UP | {"place": "", "place_area": "32.76.06"}
    assert client.post("/sign-up", data=data).status_code == 303
    assert db.session.scalars(select(Member.area_code)).one() == "32.76.06"


def test_a_confirmation_link_opened_twice_says_so_kindly(
    app: Flask, client: FlaskClient, open_mail: NewestMail
) -> None:
    client.post("/sign-up", data=SIGN_UP)
    link = link_in(open_mail(SIGN_UP["login"]), "/email/confirm/")
    client.get(link)
    again = new_browser(app).get(link)
    assert again.status_code == 200
    assert "already confirmed" in again.text


def test_a_confirmation_link_opened_in_another_browser_confirms_but_does_not_sign_in(
    app: Flask, client: FlaskClient, open_mail: NewestMail
) -> None:
    client.post("/sign-up", data=SIGN_UP)
    link = link_in(open_mail(SIGN_UP["login"]), "/email/confirm/")
    other = new_browser(app)
    answer = other.get(link)
    assert answer.status_code == 200
    assert "You can sign in now" in answer.text
    assert not is_signed_in(other)
    assert sign_in(other, SIGN_UP["login"], SIGN_UP["password"]).status_code == 303


def test_the_link_can_be_sent_again_and_the_older_one_says_that_it_was_replaced(
    client: FlaskClient, open_mail: NewestMail
) -> None:
    client.post("/sign-up", data=SIGN_UP)
    old = link_in(open_mail(SIGN_UP["login"]), "/email/confirm/")
    assert client.post("/email/confirmation").status_code == 303
    new = link_in(open_mail(SIGN_UP["login"]), "/email/confirm/")
    assert new != old
    answer = client.get(old)
    assert answer.status_code == 410
    assert "newer link" in answer.text
    assert client.get(new).status_code == 303


def test_a_confirmation_link_that_is_too_old_says_what_to_do(
    client: FlaskClient, open_mail: NewestMail, time_machine: Any
) -> None:
    client.post("/sign-up", data=SIGN_UP)
    link = link_in(open_mail(SIGN_UP["login"]), "/email/confirm/")
    time_machine.move_to(utcnow() + timedelta(days=4))
    answer = client.get(link)
    assert answer.status_code == 410
    assert "we send you a new link" in answer.text
    assert sign_in(client, SIGN_UP["login"], SIGN_UP["password"]).location == "/sign-up/sent"
    assert client.get(link_in(open_mail(SIGN_UP["login"]), "/email/confirm/")).status_code == 303


def test_an_invented_confirmation_link_is_not_found(client: FlaskClient) -> None:
    assert client.get("/email/confirm/abc").status_code == 404


def test_a_right_password_before_confirming_leads_to_the_mail_not_in(
    client: FlaskClient, open_mail: NewestMail
) -> None:
    client.post("/sign-up", data=SIGN_UP)
    answer = sign_in(client, SIGN_UP["login"], SIGN_UP["password"])
    assert (answer.status_code, answer.location) == (303, "/sign-up/sent")
    assert not is_signed_in(client)


def test_signing_up_anew_before_confirming_replaces_password_and_link(
    app: Flask, client: FlaskClient, open_mail: NewestMail
) -> None:
    """Whoever typed an address first may not own it."""
    stranger, owner = client, new_browser(app)
    stranger.post("/sign-up", data=SIGN_UP | {"password": "milik orang asing"})
    strangers_link = link_in(open_mail(SIGN_UP["login"]), "/email/confirm/")
    owner.post("/sign-up", data=SIGN_UP)
    assert new_browser(app).get(strangers_link).status_code == 410
    owner.get(link_in(open_mail(SIGN_UP["login"]), "/email/confirm/"))
    assert is_signed_in(owner)
    assert sign_in(stranger, SIGN_UP["login"], "milik orang asing").status_code == 422
    assert db.session.scalars(select(Member.email)).all() == [SIGN_UP["login"]]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Write your name"),
        ("login", "dewi at example", "name@example.org"),
        ("password", "pendek", "at least 8"),
        ("password", "password123", "easy to guess"),
        ("adult", "", "Only adults"),
        ("agreed", "", "only if you agree"),
        ("language", "fr", "Choose one"),
        ("place", "", "Say where"),
        ("place", "Atlantis", "do not know this place"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, field: str, value: str, words: str
) -> None:
    answer = client.post("/sign-up", data=SIGN_UP | {field: value})
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    typed = {"name": SIGN_UP["name"], "login": SIGN_UP["login"], "place": "Beji, "}
    for name in typed.keys() - {field}:
        assert f'value="{typed[name]}' in answer.text, name
    assert SIGN_UP["password"] not in answer.text, "a password is never sent back"
    assert db.session.scalars(select(Member)).all() == []


def test_every_kind_of_mail_has_a_plain_and_an_html_part_in_the_language_of_its_reader(
    client: FlaskClient, open_mail: NewestMail
) -> None:
    client.post("/sign-up", data=SIGN_UP | {"language": "en"})
    mail = open_mail(SIGN_UP["login"])
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert 'lang="en"' in html.get_content()
    assert "Hello Dewi Lestari" in plain.get_content()
    assert "Hello Dewi Lestari" in html.get_content()


def test_the_area_that_a_visitor_chose_is_filled_in_at_sign_up(client: FlaskClient) -> None:
    client.post("/area", data={"place": "Beji, Depok"})
    assert 'id="place" name="place" value="Beji, ' in client.get("/sign-up").text
