"""The language of the pages: asked of the browser, chosen by a button, kept."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db


def test_a_choice_is_kept_in_a_cookie_and_leads_back(client: FlaskClient) -> None:
    response = client.post("/language", data={"language": "en", "next": "/about?a=b"})
    assert response.status_code == 303
    assert response.location == "/about?a=b"
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert '<html lang="en">' in client.get("/about").text


def test_the_choice_of_a_member_goes_with_them(
    as_member: Callable[[Member], FlaskClient], alice: Member
) -> None:
    as_member(alice).post("/language", data={"language": "id"})
    db.session.expire_all()
    assert alice.language == "id"
    assert '<html lang="id">' in as_member(alice).get("/about").text


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil", ""])
def test_it_never_leads_to_another_site(client: FlaskClient, address: str) -> None:
    response = client.post("/language", data={"language": "en", "next": address})
    assert response.location == "/"


def test_a_language_that_does_not_exist_is_refused(client: FlaskClient) -> None:
    assert client.post("/language", data={"language": "xx"}).status_code == 400
    assert client.post("/language").status_code == 400


def test_it_is_changed_by_a_button_only(client: FlaskClient) -> None:
    assert client.get("/language").status_code == 405


def test_the_button_offers_the_other_language_and_this_page(client: FlaskClient) -> None:
    page = client.get("/?show=needed", headers={"Accept-Language": "id"}).text
    assert '<input type="hidden" name="next" value="/?show=needed">' in page
    assert 'name="language" value="en" lang="en"' in page


def test_a_page_that_cannot_be_fetched_leads_home(client: FlaskClient) -> None:
    page = client.get("/nothing").text
    assert '<input type="hidden" name="next" value="/">' in page
