"""A password can be pasted and looked at."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_a_password_can_be_pasted_shown_and_hidden(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sign-in")
    field = page.locator("#password")
    button = page.locator("button[aria-controls=password]")
    page.locator("#login").fill("sapu lidi biru")
    page.locator("#login").press("Control+a")
    page.locator("#login").press("Control+c")
    field.press("Control+v")
    expect(field).to_have_value("sapu lidi biru")
    expect(field).to_have_attribute("type", "password")
    button.click()
    expect(field).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []
    button.click()
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value("sapu lidi biru")


@pytest.mark.parametrize("path", ["/sign-up", "/sign-in", "/password/forgotten"])
def test_the_pages_of_the_door_have_nothing_for_axe_to_report(
    page: Page, site: Site, path: str
) -> None:
    page.goto(site.url + path)
    assert violations(page) == []
    page.locator("main form:not([action$='/language']) button:not([type=button])").last.click()
    page.wait_for_load_state()
    assert page.locator(".error-summary").count() == 1
    assert violations(page) == []
