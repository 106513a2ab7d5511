"""Posting in steps: what the script adds to the form that works without it."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def photo(size: tuple[int, int] = (1600, 1200)) -> dict:
    out = io.BytesIO()
    Image.effect_noise(size, 20).convert("RGB").save(out, "JPEG", quality=90)
    return {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def expect_step(page: Page, number: int) -> None:
    """The fieldset that is open; 0 is the direction."""
    step = page.locator("[data-steps] li").nth(number)
    expect(step).to_have_attribute("aria-current", "step")


def test_an_offer_is_posted_step_by_step(member_page: Page, site: Site) -> None:
    page = member_page
    page.goto(f"{site.url}/listings/new?direction=offer")
    expect_step(page, 1)
    expect(page.locator("#title")).to_be_visible()
    expect(page.locator("input[name=direction]").first).to_be_hidden()

    page.locator("[data-next]").click()
    expect(page.locator("[data-missing]")).to_be_visible()
    expect(page.locator("#title")).to_be_focused()
    expect_step(page, 1)

    page.locator("#title").fill("Kursi plastik")
    page.locator("#photo").set_input_files(photo())
    expect(page.locator(".posting-photo")).to_have_count(1)
    page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}/edit$"))
    assert violations(page) == []

    page.locator("#title").press("Enter")
    expect_step(page, 2)
    expect(page.locator("#loan_days_max")).to_be_hidden()
    page.locator("input[name=terms][value=loan]").check()
    expect(page.locator("#loan_days_max")).to_be_visible()
    page.locator("#quantity").fill("dua puluhan")
    assert violations(page) == []

    page.locator("[data-next]").click()
    page.locator(".posting-week summary").click()
    page.locator("input[name=hours][value='5-pagi']").check()
    assert violations(page) == []
    page.go_back()
    expect_step(page, 2)
    page.locator("[data-next]").click()
    page.locator("[data-next]").click()
    expect(page.locator("[data-summary]")).to_contain_text("Kursi plastik")
    assert violations(page) == []

    page.locator("button[value=publish]").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect_step(page, 2)
    expect(page.locator("#quantity")).to_have_value("dua puluhan")
    page.locator("#quantity").fill("20")
    for _ in range(2):
        page.locator("[data-next]").click()
    page.locator("button[value=publish]").click()
    page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}$"))
    expect(page.locator("h1")).to_have_text("Kursi plastik")
    expect(page.locator(".photos img")).to_have_count(1)
    assert violations(page) == []


def test_publishing_waits_for_a_photo_on_its_way(member_page: Page, site: Site) -> None:
    page = member_page
    page.goto(f"{site.url}/listings/new?direction=request")
    page.locator("#title").fill("Butuh meja belajar")
    page.locator("#photo").set_input_files([photo(), photo()])
    page.locator("[data-next]").click()
    page.locator("input[name=terms][value=gift]").check()
    page.locator("[data-next]").click()
    page.locator("[data-next]").click()
    page.locator("button[value=publish]").click()
    page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}$"))
    expect(page.locator(".photos img")).to_have_count(2)


def test_a_refused_photo_says_why_and_a_photo_can_be_removed(member_page: Page, site: Site) -> None:
    page = member_page
    page.goto(f"{site.url}/listings/new?direction=offer")
    page.locator("#title").fill("Meja")
    bad = {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": b"<svg onload=alert(1)>"}
    page.locator("#photo").set_input_files(bad)
    expect(page.locator("#photo-error")).to_be_visible()
    page.locator("#photo").set_input_files(photo((300, 200)))
    expect(page.locator(".posting-photo")).to_have_count(1)
    page.locator(".posting-photo button").click()
    expect(page.locator(".posting-photo")).to_have_count(0)
    expect(page.locator("#title")).to_have_value("Meja")
