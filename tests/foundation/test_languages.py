"""Both languages are complete, on every page."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from marketplace import catalogs
from marketplace.accounts.models import Member
from marketplace.config import PROJECT_ROOT
from marketplace.db import db, transaction
from marketplace.messages.models import Message
from marketplace.places.models import Area
from marketplace.web import PSEUDO_LANGUAGE
from tests import factories
from tests.foundation.routes import World, rules_with
from tests.foundation.test_canary import world
from tests.sample_areas import load_sample

__all__ = ["world"]

# Names of things, not sentences: they stay as they are in every language.
# A whole date is written by the locale itself.
UNTRANSLATED = re.compile(r"^(Lumbung|ID|EN|Bahasa Indonesia|English|[\W\d_]*|\w+, \d+ \w+ \d{4})$")
MEMBERS_OWN = {"Mesin jahit", "Butuh mesin jahit", "Masih bagus", "Halo tetangga"}
# Short names of provinces, as everybody says them.
NAMES = {"DKI Jakarta", "DI Yogyakarta", "Alice", "Bob", "Carol", "Staff", "A", "B", "C", "S"}
SKIPPED_TAGS = {"script", "style", "svg", "textarea"}
SPOKEN_ATTRIBUTES = {"aria-label", "title", "alt", "placeholder"}


class Words(HTMLParser):
    """Every text a reader sees or hears, with member's own text (``lang=``) left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.stack: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        own = tag in SKIPPED_TAGS or (tag != "html" and "lang" in values)
        own = own or "data-member-text" in values or tag in ("time", "option", "code")
        inside = own or any(skip for _, skip in self.stack)
        if not inside:
            self.found += [v for k, v in values.items() if k in SPOKEN_ATTRIBUTES and v]
        if tag not in ("input", "br", "img", "meta", "link", "hr", "source", "wbr"):
            self.stack.append((tag, own))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not any(skip for _, skip in self.stack):
            self.found.append(text)


def unbracketed(html: str) -> list[str]:
    """What stands outside brackets and is neither a name nor a number nor a member's own words."""
    words = Words()
    words.feed(html)
    return [
        text
        for text in words.found
        if "⟦" not in text
        and "⟧" not in text
        and not UNTRANSLATED.match(text)
        and text not in MEMBERS_OWN | NAMES
    ]


@pytest.fixture
def pseudo_app(make_app: Callable[..., Flask], tmp_path: Path, alice: Member) -> Iterator[Flask]:
    """An application that also speaks the pseudo-language."""
    folder = tmp_path / "translations"
    shutil.copytree(PROJECT_ROOT / "marketplace" / "translations", folder)
    catalogs.write_pseudo(folder, PSEUDO_LANGUAGE)
    app = make_app(BABEL_TRANSLATION_DIRECTORIES=str(folder))
    with app.app_context():
        yield app


def test_the_catalogs_are_complete_and_equal_to_the_code() -> None:
    assert catalogs.problems() == []


def test_a_message_outside_the_catalog_would_be_found() -> None:
    assert unbracketed("<p>⟦Good⟧</p><p>Forgotten sentence</p>") == ["Forgotten sentence"]
    assert unbracketed('<a aria-label="Close">⟦x⟧</a>') == ["Close"]


@pytest.mark.one_database
def test_every_word_of_every_page_goes_through_the_catalog(
    pseudo_app: Flask,
    world: World,
    alice: Member,
    bob: Member,
    carol: Member,
    staff: Member,
    settle: Callable[[], None],
) -> None:
    settle()
    with transaction() as session:
        session.execute(update(Member).values(language=PSEUDO_LANGUAGE))
    names = {area.name for area in db.session.scalars(select(Area))}
    visitor = pseudo_app.test_client()
    visitor.set_cookie("language", PSEUDO_LANGUAGE)
    readers = [visitor, *(factories.sign_in(pseudo_app, who) for who in (alice, bob, carol, staff))]
    outside: dict[str, set[str]] = {}
    looked_at = 0
    for rule in rules_with(pseudo_app, "GET"):
        for reader in readers:
            answer = reader.get(world.address(rule))
            assert answer.status_code < 500, rule.rule
            if answer.mimetype == "text/html" and not 300 <= answer.status_code < 400:
                found = {text for text in unbracketed(answer.text) if not _is_a_name(text, names)}
                looked_at += 1
                if found:
                    outside.setdefault(rule.rule, set()).update(found)
    assert outside == {}
    assert looked_at > 60


def _is_a_name(text: str, areas: set[str]) -> bool:
    """Whether ``text`` is made of names alone: of members, their posts, places, the site."""
    parts = [part.strip() for part in re.split(r" – |, |:$", text)]
    return all(part in MEMBERS_OWN | NAMES | areas | {"Lumbung", ""} for part in parts)


@pytest.mark.parametrize(
    ("header", "cookie", "expected"),
    [("id", "", "id"), ("en-GB,en;q=0.8", "", "en"), ("fr", "", "id"), ("id", "en", "en"),
     ("en", "nonsense", "en")],
)  # fmt: skip
def test_the_language_is_chosen_by_cookie_then_browser_then_site(
    client: FlaskClient, header: str, cookie: str, expected: str
) -> None:
    if cookie:
        client.set_cookie("language", cookie)
    answer = client.get("/about", headers={"Accept-Language": header})
    assert f'<html lang="{expected}"' in answer.text


def test_a_members_choice_wins(
    app: Flask, alice: Member, as_member: Callable[[Member], FlaskClient]
) -> None:
    load_sample()
    client = as_member(alice)
    client.post("/language", data={"language": "id"})
    answer = client.get("/about", headers={"Accept-Language": "en"})
    assert '<html lang="id"' in answer.text


@pytest.mark.parametrize(("zone", "clock"), [("Asia/Jayapura", "8:30"), ("Asia/Jakarta", "6:30")])
def test_times_are_shown_in_the_members_own_zone(
    app: Flask,
    world: World,
    alice: Member,
    as_member: Callable[[Member], FlaskClient],
    zone: str,
    clock: str,
) -> None:
    with transaction() as session:
        alice.zone = zone
        session.execute(
            update(Message).values(created_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
        )
    answer = as_member(alice).get(f"/messages/{world.conversation.public_id}")
    assert answer.status_code == 200, answer.text
    times = re.findall(r"<time[^>]*>([^<]+)</time>", answer.text)
    assert any(shown.startswith(clock) for shown in times), times
