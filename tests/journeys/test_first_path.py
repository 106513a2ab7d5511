"""The first full path over HTTP, without JavaScript: everything a phone with scripts off can do.

bob signs up, asks for a sewing machine with a photo, sees alice's offer and why it fits, finds it
by searching, writes to her, and she answers.
"""

import io
import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from marketplace.db import utcnow
from tests.conftest import Outbox
from tests.sample_areas import load_sample

PASSWORD = "kain-batik-di-jemuran"


class Reader:
    """A browser without scripts: follows redirects and posts forms with their hidden fields."""

    def __init__(self, client: FlaskClient, language: str) -> None:
        self.client, self.headers, self.text = client, {"Accept-Language": language}, ""

    def get(self, url: str) -> "Reader":
        answer = self.client.get(url, headers=self.headers, follow_redirects=True)
        assert answer.status_code == 200, (url, answer.status_code)
        self.text, self.url = answer.text, answer.request.path
        return self

    def post(self, url: str, expect: int = 200, **fields: object) -> "Reader":
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.text)
        assert token, "the page had no form"
        data = {"csrf_token": token[1], **{k.replace("__", "-"): v for k, v in fields.items()}}
        answer = self.client.post(url, data=data, headers=self.headers, follow_redirects=True)
        assert answer.status_code == expect, (url, answer.status_code, answer.text[-3000:])
        self.text, self.url = answer.text, answer.request.path
        return self


def picture() -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    Image.effect_noise((800, 600), 40).convert("RGB").save(file, "JPEG")
    file.seek(0)
    return file, "mesin.jpg"


def first_link(text: str, pattern: str) -> str:
    found = re.search(rf'href="({pattern})"', text)
    assert found, pattern
    return found[1]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """It is noon in Depok: mail is not held back by quiet hours."""
    with time_machine.travel(utcnow().replace(hour=5)):
        yield


@pytest.fixture
def arrive(
    make_app: Callable[..., Flask], outbox: Outbox, settle_app: Callable[[Flask], None]
) -> Callable[[str, str, str], Reader]:
    """Sign up over the pages, confirm by the mailed link; ends signed in on the own page."""
    app = make_app(WTF_CSRF_ENABLED=True)
    with app.app_context():
        load_sample()

    def arrive_as(name: str, language: str, place: str) -> Reader:
        reader = Reader(app.test_client(), language)
        reader.get("/sign-up").post(
            "/sign-up", name=name, login=f"{name.lower()}@example.org", password=PASSWORD,
            place=place, language=language, adult="y", agreed="y",
        )  # fmt: skip
        settle_app(app)
        mail = outbox.to(f"{name.lower()}@example.org")[-1]
        body = mail.get_body(("plain",))
        assert body is not None
        link = re.search(r"http://[^/\s]+(/email/confirm/\S+)", body.get_content())
        assert link
        return reader.get(link[1])

    arrive_as.app = app  # type: ignore[attr-defined]
    return arrive_as


@pytest.fixture
def settle_app() -> Callable[[Flask], None]:
    from marketplace import worker

    return worker.run_until_idle


@pytest.mark.parametrize(
    ("language", "offer", "need", "query", "reason"),
    [
        ("id", "Mesin jahit bekas, masih bagus", "Butuh mesin jahit", "mesin jahit", "mesin jahit"),
        ("en", "Old sewing machine", "Looking for a sewing machine", "sewing machine", "sewing"),
    ],
)
def test_post_find_be_matched_and_get_in_touch(
    arrive: Callable[[str, str, str], Reader],
    settle_app: Callable[[Flask], None],
    outbox: Outbox,
    language: str,
    offer: str,
    need: str,
    query: str,
    reason: str,
) -> None:
    app: Flask = arrive.app  # type: ignore[attr-defined]
    alice = arrive("Alice", language, "Beji, Depok")
    _publish(alice, "offer", offer)
    settle_app(app)

    bob = arrive("Bob", language, "Beji, Depok")
    _publish(bob, "request", need, photo=picture())
    listing_url = bob.url
    assert need in bob.text
    settle_app(app)

    bob.get(listing_url)
    assert offer in bob.text
    assert reason in bob.text.lower()

    bob.get(f"/search?q={query.replace(' ', '+')}&direction=offer")
    assert offer in bob.text
    bob.get(first_link(bob.text, r"/listings/[0-9a-z]{12}"))
    bob.get(first_link(bob.text, r"/listings/[0-9a-z]{12}/conversations[^\"]*"))
    bob.post(bob.url, body="Halo Alice, apakah masih ada?")
    conversation = bob.url
    assert "Halo Alice" in bob.text
    settle_app(app)
    assert any("Bob" in mail["Subject"] for mail in outbox.to("alice@example.org"))

    alice.get("/messages")
    assert "Bob" in alice.text
    alice.get(conversation)
    assert "Halo Alice" in alice.text
    alice.post(conversation, body="Masih, silakan diambil besok.")
    assert "Masih, silakan" in bob.get(conversation).text


def _publish(reader: Reader, direction: str, title: str, photo: object = None) -> None:
    reader.get(f"/listings/new?direction={direction}")
    fields: dict[str, object] = {
        "direction": direction, "kind": "goods", "title": title, "terms": ["gift"],
        "description": "", "place": "Beji, Depok", "key": _key(reader.text),
        "action": "publish",
    }  # fmt: skip
    if photo:
        fields["photo"] = photo
    reader.post("/listings/new", **fields)
    if reader.url.endswith("/before-posting"):  # something that fits is shown first
        reader.post(reader.url.replace("before-posting", "publication"))
    assert re.fullmatch(r"/listings/[0-9a-z]{12}", reader.url), reader.text[-4000:]


def _key(text: str) -> str:
    found = re.search(r'name="key"[^>]*value="([^"]+)"', text)
    assert found
    return found[1]
