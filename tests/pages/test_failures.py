"""What a page says when something cannot be done."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from marketplace.db import db
from marketplace.errors import Conflict, Invalid, NotAllowed, Problem
from marketplace.pages.failures import BY_STATUS
from tests import factories


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503])
def test_every_failure_has_a_page_that_says_what_to_do(
    make_app: Callable[..., Flask], status: int
) -> None:
    app = make_app()
    app.add_url_rule("/fails", "fails", lambda: abort(status))
    with app.app_context():
        response = app.test_client().get("/fails", headers={"Accept-Language": "en"})
    assert response.status_code == status
    assert str(BY_STATUS[status].title) in response.text
    assert str(BY_STATUS[status].text) in response.text
    assert 'href="/"' in response.text


def test_a_failure_is_told_in_the_language_of_the_reader(client: FlaskClient) -> None:
    page = client.get("/nothing", headers={"Accept-Language": "id"}).text
    assert '<html lang="id">' in page


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAllowed("listing.edit"), 403),
        (Conflict("listing_closed"), 409),
        (Invalid([Problem("title", "required")]), 422),
    ],
)
def test_a_refusal_of_the_domain_is_a_page(
    make_app: Callable[..., Flask], error: Exception, status: int
) -> None:
    def fail() -> Any:
        raise error

    app = make_app()
    app.add_url_rule("/fails", "fails", fail)
    with app.app_context():
        response = app.test_client().get("/fails", headers={"Accept-Language": "en"})
    assert response.status_code == status
    if status == 422:
        assert "Please fill this in." in response.text


def test_a_form_without_its_token_says_that_it_is_old(make_app: Callable[..., Flask]) -> None:
    app = make_app(WTF_CSRF_ENABLED=True)
    with app.app_context():
        response = app.test_client().post("/language", headers={"Accept-Language": "en"})
    assert response.status_code == 400
    assert "This form has become old" in response.text


@pytest.mark.parametrize("signed_in", [False, True])
def test_without_a_database_the_page_says_so_and_asks_to_come_back(
    make_app: Callable[..., Flask], signed_in: bool
) -> None:
    def refuse(*args: Any) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the disk is gone"))

    app = make_app()
    with app.app_context():
        member = factories.member("Alice")
        browser = factories.sign_in(app, member) if signed_in else app.test_client()
        event.listen(db.engine, "before_cursor_execute", refuse)
        response = browser.get("/", headers={"Accept-Language": "en"})
        event.remove(db.engine, "before_cursor_execute", refuse)
    assert response.status_code == 503
    assert "Back in a moment" in response.text
    assert int(response.headers["Retry-After"]) > 0


def test_a_bug_is_told_without_its_details(make_app: Callable[..., Flask]) -> None:
    def fail() -> Any:
        raise ValueError("the secret of the house")

    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.add_url_rule("/fails", "fails", fail)
    with app.app_context():
        response = app.test_client().get("/fails", headers={"Accept-Language": "en"})
    assert response.status_code == 500
    assert "Something broke on our side" in response.text
    assert "secret" not in response.text
