"""Agreeing on a meeting with the thumb: a suggested time, another time, and where exactly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.accounts.models import Member
from marketplace.db import db
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import Shape, Site, new_context
from tests.exchanges.arranging import promised

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Two:
    """An exchange that is promised, and the cookies of its two sides."""

    address: str
    owner: str
    opener: str


@pytest.fixture
def two(site: Site, shape: Shape) -> Iterator[Two]:
    app = site.app()
    with app.app_context():
        owner, opener = (factories.member(one, language=shape.language) for one in ("Sari", "Budi"))
        exchange = promised(owner, opener)
        cookies = [_cookie(app, member) for member in (owner, opener)]
        yield Two(f"{site.url}/exchanges/{exchange.public_id}", *cookies)
        db.session.remove()
        db.engine.dispose()


def _cookie(app: object, member: Member) -> str:
    cookie = factories.sign_in(app, member).get_cookie("session")  # type: ignore[arg-type]
    assert cookie is not None
    return cookie.value


@contextmanager
def signed_in(browser: Browser, site: Site, shape: Shape, cookie: str) -> Iterator[Page]:
    context = new_context(browser, shape)
    context.add_cookies([{"name": "session", "value": cookie, "url": site.url}])
    yield context.new_page()
    context.close()


def test_a_meeting_is_proposed_countered_and_accepted(
    browser: Browser, site: Site, shape: Shape, two: Two
) -> None:
    with (
        signed_in(browser, site, shape, two.owner) as owner,
        signed_in(browser, site, shape, two.opener) as opener,
    ):
        opener.goto(two.address)
        opener.locator("#meeting a[href$='/proposals']").click()
        expect(opener.locator("#day")).to_be_hidden()
        opener.locator("[name=when]").first.check()
        opener.locator("#place").fill("Perpustakaan desa")
        assert violations(opener) == []
        opener.locator("main .button--big").click()
        expect(opener.locator(".meeting--open")).to_be_visible()

        owner.goto(two.address)
        assert violations(owner) == []
        owner.locator("#meeting a[href$='/proposals']").click()
        owner.locator("[name=when][value=other]").check()
        expect(owner.locator("#day")).to_be_visible()
        owner.locator("main .button--big").click()
        expect(owner.locator("#day-error")).to_be_visible()
        assert violations(owner) == []
        owner.locator("[name=when]").nth(2).check()
        owner.locator("#place").fill("Balai RW")
        owner.locator("main .button--big").click()

        opener.goto(two.address)
        opener.locator("form[action$='/acceptance'] button").click()
        expect(opener.locator(".meeting p b")).to_have_text("Balai RW")
        opener.locator("#meeting a[href$='/place']").click()
        opener.locator("#text").fill("Jalan Mawar 7")
        opener.locator("main .button--big").click()
        expect(opener.get_by_text("Jalan Mawar 7")).to_be_visible()

        owner.goto(f"{two.address}/place")
        expect(owner.get_by_text("Jalan Mawar 7")).to_be_visible()
        assert violations(owner) == []
        with owner.expect_download() as download:
            owner.goto(two.address)
            owner.locator("a[href$='.ics']").click()
        assert download.value.suggested_filename == "lumbung.ics"
