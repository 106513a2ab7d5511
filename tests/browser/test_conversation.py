"""A conversation in the browser: messages come without a reload, and photos go up small."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges import service as exchanges
from marketplace.exchanges.service import Wish, ask
from marketplace.messages import service, talks
from marketplace.messages.models import MessagePhoto
from marketplace.messages.service import reply
from tests import factories
from tests.browser.conftest import PHONE, Shape, Site, new_context

pytestmark = pytest.mark.browser


@contextmanager
def opened(browser: Browser, site: Site, shape: Shape, app: Flask, who: Member) -> Iterator[Page]:
    """A page of a browser that is signed in as ``who``."""
    cookie = factories.sign_in(app, who).get_cookie("session")
    assert cookie is not None
    context = new_context(browser, shape)
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.clock.install()
    yield page
    context.close()
    assert errors == []


def pass_by(page: Page, seconds: float) -> None:
    """The clock of the page goes on by so much."""
    page.clock.run_for(int(seconds * 1000))


def noise() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((3000, 2400), 60).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def test_what_is_new_comes_by_itself_and_what_is_typed_stays(
    browser: Browser, site: Site, shape: Shape
) -> None:
    app = site.app()
    with app.app_context():
        alice, bob = factories.member("Alice"), factories.member("Bob")
        asked = ask(bob, factories.offer(alice, "Tangga").public_id, Wish(), "Masih ada, Bu?")
        path = f"{site.url}/messages/{asked.conversation.public_id}"
        with opened(browser, site, shape, app, bob) as page:
            page.goto(path)
            expect(page.locator("[data-look]")).to_have_count(0)
            box = page.locator("textarea")
            box.fill("Saya bisa datang pukul")
            reply(alice, asked.conversation.public_id, "Masih, silakan.")
            exchanges.promise(alice, asked.public_id)
            pass_by(page, 4.5)
            expect(page.locator(".message p", has_text="Masih, silakan.")).to_be_visible()
            expect(page.locator(".conversation > li")).to_have_count(5)  # a day, two, two lines
            expect(page.locator("[data-line]")).to_have_count(2)
            expect(page.locator("[data-said]")).to_contain_text("Masih, silakan.")
            expect(page.locator('[name="quick"][value="thank_you"]')).to_be_visible()
            expect(box).to_have_value("Saya bisa datang pukul")
            expect(box).to_be_in_viewport()
            days = page.locator("[data-day]")
            expect(days).to_have_count(1)
            db.session.rollback()
            with page.expect_response(lambda one: "/news?" in one.url):
                pass_by(page, 4.5)  # the next time the page asks, it says what it has shown
            db.session.rollback()
            conversation = asked.conversation
            mine = talks.pulse(bob, conversation.public_id)
            assert mine.read_by_me == mine.latest
            own = page.locator(".message--mine time")
            expect(own).not_to_contain_text(",")
            service.mark_read(alice, conversation, mine.latest)
            pass_by(page, 10)
            expect(own).to_contain_text(",")  # ", read"
        db.session.remove()


def test_a_hidden_tab_asks_for_nothing(browser: Browser, site: Site, shape: Shape) -> None:
    app = site.app()
    with app.app_context():
        alice, bob = factories.member("Alice"), factories.member("Bob")
        asked = ask(bob, factories.offer(alice, "Tangga").public_id, Wish(), "Masih ada, Bu?")
        with opened(browser, site, shape, app, bob) as page:
            requests: list[str] = []
            page.on("request", lambda one: requests.append(one.url))
            page.goto(f"{site.url}/messages/{asked.conversation.public_id}")
            page.evaluate(
                "Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'});"
                "document.dispatchEvent(new Event('visibilitychange'))"
            )
            requests.clear()
            pass_by(page, 300)
            page.evaluate("fetch('/healthz')")  # seen after all that was asked before it
            assert requests
            assert [url for url in requests if "/news" in url] == []
        db.session.remove()


def choose(page: Page, name: str, data: bytes) -> None:
    file = {"name": name, "mimeType": "image/jpeg", "buffer": data}
    page.set_input_files("[type=file]", files=[file])  # type: ignore[list-item]


def test_a_photo_of_a_phone_goes_up_small(browser: Browser, site: Site, shape: Shape) -> None:
    app = site.app()
    with app.app_context():
        alice, bob = factories.member("Alice"), factories.member("Bob")
        asked = ask(bob, factories.offer(alice, "Tangga").public_id, Wish(), "Masih ada, Bu?")
        with opened(browser, site, shape, app, alice) as page:
            page.goto(f"{site.url}/messages/{asked.conversation.public_id}")
            page.locator("details summary").last.click()
            data = noise()
            choose(page, "IMG_1.jpg", data)
            with page.expect_request(lambda one: one.method == "POST") as sent:
                page.locator("form[data-writing] button").last.click()
            expect(page.locator(".message__photos img")).to_be_visible()
            size = int(sent.value.all_headers()["content-length"])
            assert len(data) / 100 < size < len(data) / 2
        db.session.rollback()
        assert db.session.query(MessagePhoto).count() > 0
        db.session.remove()


def test_the_photo_that_was_chosen_last_stays(browser: Browser, site: Site) -> None:
    """Another one is chosen while the first is still being made smaller."""
    app = site.app()
    with app.app_context():
        alice, bob = factories.member("Alice"), factories.member("Bob")
        asked = ask(bob, factories.offer(alice, "Tangga").public_id, Wish(), "Masih ada, Bu?")
        with opened(browser, site, PHONE, app, alice) as page:
            page.goto(f"{site.url}/messages/{asked.conversation.public_id}")
            page.evaluate(
                """() => {
                    const late = new Promise((done) => { globalThis.goOn = done; });
                    globalThis.smallerPhoto = async (file) => {
                        if (file.name === "first.jpg") await late;
                        return file;
                    };
                }"""
            )
            choose(page, "first.jpg", b"first")
            choose(page, "last.jpg", b"last")
            page.evaluate("() => new Promise((done) => { goOn(); setTimeout(done); })")
            assert page.locator("[type=file]").evaluate("it => it.files[0].name") == "last.jpg"
        db.session.remove()
