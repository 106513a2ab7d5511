"""A gift from asking to thanks, by two people on two devices: the taker on a phone in Indonesian,
the giver at a desktop in English. They agree on a meeting, and a code at the door settles it."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, Site, new_context

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def bicycle(site: Site, browser: Browser) -> tuple[str, Page, Page]:
    """The path of an offer, and the browsers of its owner and of a neighbour."""
    app = site.app()
    with app.app_context():
        giver = factories.member("Sari", language="en")
        taker = factories.member("Budi", language="id")
        path = f"/listings/{factories.offer(giver, 'Sepeda anak roda dua').public_id}"
        pages = [
            signed_in(new_context(browser, shape), site, who)
            for shape, who in ((DESKTOP, giver), (PHONE, taker))
        ]
        db.session.remove()
        db.engine.dispose()
    return path, pages[0], pages[1]


def signed_in(context: BrowserContext, site: Site, who: Member) -> Page:
    app = site.app()
    with app.app_context():
        cookie = factories.sign_in(app, who).get_cookie("session")
        db.session.remove()
        db.engine.dispose()
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def is_sound(page: Page) -> None:
    """Nothing bars anybody, and nothing scrolls sideways."""
    assert violations(page) == []
    assert page.evaluate(FITS)


def press(page: Page, action: str) -> None:
    """The button of the form that posts to an address with this end."""
    page.locator(f"main form[action$='{action}'] button:not([type=button])").last.click()


def test_a_gift_is_asked_for_arranged_settled_by_a_code_and_thanked_for(
    site: Site, bicycle: tuple[str, Page, Page]
) -> None:
    path, giver, taker = bicycle

    taker.goto(site.url + path)
    taker.locator("main a[href$='/exchanges']").first.click()
    taker.locator("textarea[name=body]").fill("Untuk anak saya, Bu. Boleh saya ambil Sabtu?")
    press(taker, "/exchanges")
    taker.wait_for_url(re.compile(r"/exchanges/[0-9a-z]{12}$"))
    expect(taker.locator("#next-title")).to_have_text("Sari belum menjawab")
    is_sound(taker)
    address = taker.url

    giver.goto(address)
    expect(giver.locator("#next-title")).to_have_text("Budi would like this")
    is_sound(giver)
    press(giver, "/promise")
    expect(giver.locator("#next-title")).to_have_text("You have promised it to Budi")

    taker.goto(address)
    taker.locator("#meeting a.button").first.click()
    tomorrow = (utcnow() + timedelta(days=1)).date().isoformat()
    other = taker.locator("input[name=when][value=other]")
    if other.count():
        other.check()
    taker.locator("input[name=day]").fill(tomorrow)
    taker.locator("input[name=clock]").fill("09:00")
    taker.locator("input[name=place]").fill("Perpustakaan desa")
    is_sound(taker)
    taker.locator("main form.proposal button").last.click()
    taker.wait_for_url(re.compile(re.escape(address) + "(#.*)?$"))

    giver.goto(address)
    giver.locator(".meeting--open form button").first.click()
    expect(giver.locator("#next-title")).to_have_text("You hand it over to Budi")
    is_sound(giver)

    # At the door: the giver shows the code, the taker scans it.
    giver.locator("a[href$='/code']").first.click()
    code = giver.locator(".door__code code").inner_text().replace(" ", "")
    assert re.fullmatch(r"\d{6}", code)
    expect(giver.locator("svg.qr")).to_be_visible()
    is_sound(giver)
    taker.goto(f"{address}/door?code={code}")
    expect(taker.locator("#code")).to_have_value(code)
    is_sound(taker)
    press(taker, "/door")
    expect(taker.locator("#next-title")).to_have_text("Sudah selesai")

    taker.locator("#thanks textarea").fill("Terima kasih banyak, anak saya senang sekali.")
    press(taker, "/thanks")
    is_sound(taker)
    giver.goto(address)
    expect(giver.locator("#next-title")).to_have_text("It is done")
    expect(giver.locator("#thanks")).to_contain_text("anak saya senang sekali")
    is_sound(giver)
    for page in (giver, taker):
        page.context.close()
