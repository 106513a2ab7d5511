"""About, rules and privacy: complete, in both languages, and true to their versions."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.pages import guides, texts
from tests import factories
from tests.exchanges.crowd import exchange

# Who changes the words of a text gives it a new version and writes the new sum here.
PINNED = {
    "privacy": ("2026-11-26", "50c7930b19f9996c"),
    "rules": ("2026-11-26", "2aeed5243e19dc1a"),
}


@pytest.mark.parametrize("path", ["/about", "/rules", "/privacy", "/how-it-goes", "/fairness"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_everybody_can_read_them(client: FlaskClient, path: str, language: str) -> None:
    response = client.get(path, headers={"Accept-Language": language})
    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text
    assert response.text.count("<h1") == 1
    assert response.text.count("<h2") > 3


def test_a_changed_text_has_a_new_version(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        for name, sections in texts.TEXTS.items():
            words = repr([texts.sentences(section, "Lumbung") for section in sections])
            digest = hashlib.sha256(words.encode()).hexdigest()[:16]
            assert PINNED[name] == (texts.VERSIONS[name], digest), name


def test_the_version_that_consents_refer_to_is_on_the_page(visitor: FlaskClient) -> None:
    assert "Version of 26 November 2026" in visitor.get("/rules").text


def test_who_to_ask_is_said(make_app: Callable[..., Flask], settings: Any) -> None:
    app = make_app(replace(settings, contact_email="halo@example.org"))
    with app.app_context():
        assert "mailto:halo@example.org" in app.test_client().get("/privacy").text


def test_the_days_in_the_guide_are_those_of_the_rules(visitor: FlaskClient) -> None:
    page = visitor.get("/how-it-goes", headers={"Accept-Language": "en"}).text
    assert guides.days_until("promised", "release") == 4
    assert "agreed 4 days after your last message" in page
    assert "it counts after 7 days" in page
    assert "after 60 days it counts as lost" in page


def test_the_guide_is_a_tap_away_where_exchanges_are(
    visitor: FlaskClient, as_member: Callable[[Member], FlaskClient], alice: Member, bob: Member
) -> None:
    running = exchange(factories.offer(alice), bob, "promised")
    browser = as_member(alice)
    one = browser.get(f"/exchanges/{running.public_id}")
    for page in (visitor.get("/about"), browser.get("/me/exchanges"), one):
        assert "/how-it-goes" in page.text
