"""The demo's doors exist in the demo only, and open for made-up members only."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import create_app
from marketplace.accounts.sweeps import answer_resets
from marketplace.db import db
from marketplace.worker import run_until_idle
from tests import factories
from tests.accounts.conftest import is_signed_in, new_browser


@pytest.fixture
def demo(make_app: Callable[..., Flask], settings: Any) -> Iterator[Flask]:
    app = make_app(replace(settings, demo=True))
    with app.app_context():
        yield app


def test_a_real_site_has_no_demo_pages(client: FlaskClient) -> None:
    assert client.get("/demo/sign-in").status_code == 404
    assert client.post("/demo/sign-in", data={"member": "x"}).status_code == 404
    assert client.get("/demo/mail").status_code == 404


def test_a_visitor_comes_in_as_a_demo_member_by_a_button(demo: Flask) -> None:
    rows = [
        factories.member(f"Warga {n}", is_demo=True, area_code=f"32.76.0{n % 4}") for n in range(8)
    ]
    factories.member("Orang Nyata")
    browser = new_browser(demo)
    page = browser.get("/demo/sign-in").text
    assert page.count("Come in as Warga") == 6
    assert "Orang Nyata" not in page
    answer = browser.post("/demo/sign-in", data={"member": rows[0].public_id})
    assert (answer.status_code, answer.location) == (303, "/me")
    assert is_signed_in(browser)


def test_nobody_real_can_be_entered_by_the_button(demo: Flask) -> None:
    real = factories.member("Orang Nyata")
    browser = new_browser(demo)
    assert browser.post("/demo/sign-in", data={"member": real.public_id}).status_code == 404
    assert browser.post("/demo/sign-in", data={}).status_code == 404
    assert not is_signed_in(browser)


def test_an_empty_demo_says_how_to_fill_it(demo: Flask) -> None:
    assert "flask demo reset" in new_browser(demo).get("/demo/sign-in").text


def test_the_button_needs_the_token_of_the_form(make_app: Any, settings: Any) -> None:
    app = make_app(replace(settings, demo=True), WTF_CSRF_ENABLED=True)
    assert app.test_client().post("/demo/sign-in", data={"member": "x"}).status_code == 400


@pytest.fixture
def demo_that_writes_mail(settings: Any) -> Iterator[Flask]:
    """The demo with its own mailer, which writes files, instead of the tests' outbox."""
    app = create_app(replace(settings, demo=True), TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["marketplace"].search_index.close()


def test_the_mail_of_the_demo_can_be_read_before_and_after_it_is_sent(
    demo_that_writes_mail: Flask,
) -> None:
    app = demo_that_writes_mail
    with app.app_context():
        factories.member("Alice", email="alice@example.org")
        browser = new_browser(app)
        assert "No mail yet" in browser.get("/demo/mail").text
        browser.post("/password/forgotten", data={"login": "alice@example.org"})
        answer_resets(app.extensions["marketplace"])
        for state in ("waiting", "sent"):
            page = browser.get("/demo/mail").text
            assert "Set a new password" in page, state
            assert "/password/reset/" in page, state
            assert 'href="http://' in page, state
            run_until_idle(app)
