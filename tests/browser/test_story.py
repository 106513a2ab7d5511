"""The whole story in the browser: a phone in Indonesian, a desktop in English."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import PHONE, Shape, Site, new_context
from tests.foundation.test_serve import wait_for
from tests.journeys.test_first_path import picture

pytestmark = pytest.mark.browser
PASSWORD = "kain-batik-di-jemuran"


@dataclass(frozen=True)
class Words:
    """What a neighbour types, and what they look for on the page."""

    offer: str
    need: str
    query: str


WORDS = {
    "id": Words("Mesin jahit Butterfly tua", "Butuh mesin jahit", "mesin jahit"),
    "en": Words("Old sewing machine with table", "Looking for a sewing machine", "sewing machine"),
}


def send(page: Page, of: str = "input:visible, textarea:visible") -> None:
    """Press the last button of the form that holds the field ``of`` in the page's main part."""
    form = page.locator("main form").filter(has=page.locator(of)).last
    form.locator("button:not([type=button]):visible").last.click()


def sign_up(page: Page, site: Site, name: str, language: str) -> None:
    """Sign up and follow the mailed link in the same browser."""
    email = f"{name.lower()}-{language}@example.org"
    page.goto(f"{site.url}/sign-up")
    page.locator("#name").fill(name)
    page.locator("#login").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("#place").fill("Beji")
    option = page.locator("[role=option]").first
    expect(option).to_be_visible()
    option.click()
    page.locator(f"input[name=language][value={language}]").check()
    page.locator("#adult").check()
    page.locator("#agreed").check()
    send(page)
    link = wait_for(lambda: confirmation(site, email), 30)
    page.goto(site.url + link)
    expect(page.locator("h1")).to_be_visible()


def confirmation(site: Site, email: str) -> str:
    for mail in reversed(site.mails):
        if f"To: {email}" in mail or f"<{email}>" in mail.split("\n\n")[0]:
            found = re.search(r"/email/confirm/[\w.=-]+", mail.replace("=\n", ""))
            if found:
                return found[0]
    return ""


def publish(page: Page, site: Site, direction: str, title: str, *, photo: bool = False) -> str:
    """Post by walking through the steps (or the whole form); returns the listing's address."""
    page.goto(f"{site.url}/listings/new?direction={direction}")
    for _ in range(12):
        if (box := page.locator("#title")).is_visible() and not box.input_value():
            box.fill(title)
        if photo and page.locator("input[type=file]").is_visible():
            file, name = picture()
            page.locator("input[type=file]").set_input_files(
                {"name": name, "mimeType": "image/jpeg", "buffer": file.getvalue()}
            )
            photo = False
        gift = page.locator("input[name=terms][value=gift]")
        if gift.is_visible() and not gift.is_checked():
            gift.check()
        done = page.locator("button[name=action][value=publish]")
        if done.is_visible():
            done.click()
            break
        page.locator("[data-next]:visible").first.click()
    page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}(/before-posting)?$"))
    if page.url.endswith("/before-posting"):  # something that fits is shown first
        send(page, "[name=csrf_token]")
        page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}$"))
    expect(page.locator("h1")).to_contain_text(title)
    return page.url


def test_post_find_be_matched_and_get_in_touch(
    browser: Browser, page: Page, site: Site, shape: Shape
) -> None:
    words = WORDS[shape.language]
    alice = new_context(browser, shape).new_page()
    alice.set_default_timeout(15_000)
    sign_up(alice, site, "Alice", shape.language)
    publish(alice, site, "offer", words.offer)

    sign_up(page, site, "Bob", shape.language)
    request_url = publish(page, site, "request", words.need, photo=True)

    def matched() -> bool:
        page.goto(request_url)
        return words.offer in page.content()

    wait_for(matched, 30)
    assert violations(page) == []

    page.goto(f"{site.url}/search?q={words.query}&direction=offer")
    page.get_by_role("link", name=words.offer).first.click()
    expect(page.locator("h1")).to_contain_text(words.offer)
    assert violations(page) == []
    page.locator("a[href*='/conversations'], form[action*='/conversations'] button").first.click()
    page.locator("textarea[name=body]").fill("Halo, apakah masih ada?")
    send(page)
    page.wait_for_url(re.compile(r"/messages/[0-9a-z]{12}"))
    assert violations(page) == []

    alice.goto(f"{site.url}/messages")
    alice.get_by_role("link", name=re.compile("Bob")).first.click()
    expect(alice.locator("main")).to_contain_text("Halo, apakah masih ada?")
    alice.locator("textarea[name=body]").fill("Masih, silakan diambil.")
    send(alice, "textarea[name=body]")
    expect(alice.locator("main ol, main ul").first).to_contain_text("Masih, silakan diambil.")
    expect(alice.locator("textarea[name=body]")).to_have_value("")
    alice.context.close()

    page.reload()
    expect(page.locator("main")).to_contain_text("Masih, silakan diambil.")


def test_without_scripts_a_visitor_can_choose_an_area_and_search(
    browser: Browser, site: Site
) -> None:
    context = new_context(browser, PHONE, scripts=False)
    page = context.new_page()
    page.goto(f"{site.url}/area")
    page.locator("#place").fill("Beji")
    send(page)
    if page.locator("input[type=radio]").count():
        page.locator("input[type=radio]").first.check()
        send(page)
    page.goto(f"{site.url}/search?q=mesin")
    expect(page.locator("h1")).to_be_visible()
    context.close()
