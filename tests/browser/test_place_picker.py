"""Choosing a place with JavaScript: by keyboard, by the browser's position, on the map."""

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.places import cells
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, Shape, Site, new_context

pytestmark = pytest.mark.browser

HERE = {"latitude": -6.3701, "longitude": 106.8247}


def test_a_place_is_chosen_by_keyboard(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/area")
    field = page.locator("#place")
    expect(field).to_have_attribute("role", "combobox")
    field.press_sequentially("depok")
    expect(page.locator("[role=option]").first).to_have_text("Kota Depok, Jawa Barat")
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "place-option-0")
    assert violations(page) == []
    field.press("Enter")
    expect(page.locator("[name=place_area]")).to_have_value("32.76")
    expect(field).to_have_value("Kota Depok, Jawa Barat")
    expect(page.locator("#place-suggestions")).to_be_hidden()
    field.fill("somewhere else")
    expect(page.locator("[name=place_area]")).to_have_value("")


def test_escape_closes_the_suggestions_and_keeps_the_words(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/area")
    field = page.locator("#place")
    field.press_sequentially("beji")
    expect(page.locator("[role=option]").first).to_be_visible()
    field.press("Escape")
    expect(page.locator("#place-suggestions")).to_be_hidden()
    expect(field).to_have_value("beji")


def test_the_browsers_position_is_sent_in_a_body_and_only_a_cell_stays(
    browser: Browser, site: Site
) -> None:
    context = new_context(browser, PHONE)
    context.grant_permissions(["geolocation"])
    context.set_geolocation(HERE)
    page = context.new_page()
    sent: list[tuple[str, str]] = []
    page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
    page.goto(f"{site.url}/area")
    page.locator("[data-locate]").click()
    snapped = cells.to_text(cells.snap(*HERE.values()))
    expect(page.locator("[name=place_cell]")).to_have_value(snapped)
    expect(page.locator("#place")).to_have_value("Beji, Kota Depok, Jawa Barat")
    assert "6.3701" not in page.content()
    page.locator("main form button[type=submit], main form .button--big").last.click()
    page.wait_for_url(f"{site.url}/")
    with_position = [url for url, body in sent if "6.3701" in url + body]
    assert with_position == [f"{site.url}/places/point"]
    assert not any("6.3701" in url for url, _ in sent)
    context.close()


def test_a_cell_is_tapped_on_the_map_inside_the_form(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/area")
    page.locator("#place").press_sequentially("beji, depok")
    page.locator("[role=option]").first.click()
    page.locator("[data-open-map]").click()
    drawn = page.locator("#place-map svg a")
    expect(drawn).to_have_count(36)
    tapped = (drawn.nth(3).get_attribute("href") or "").partition("cell=")[2]
    assert cells.resolution_of(cells.from_text(tapped)) == 7
    drawn.nth(3).click()
    expect(page.locator("[data-use-cell]")).to_have_attribute("data-use-cell", tapped)
    page.locator("[data-use-cell]").click()
    expect(page.locator("[name=place_cell]")).to_have_value(tapped)
    expect(page.locator("#place-map")).to_be_hidden()
    expect(page.locator(".place-status")).not_to_be_empty()


@pytest.mark.parametrize("path", ["/area", "/places/map", "/places/map?area=32.76.06"])
def test_axe_finds_nothing_on_the_pages_of_places(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)
    assert violations(page) == []


def test_axe_finds_nothing_when_a_place_is_asked_again(
    browser: Browser, site: Site, shape: Shape
) -> None:
    context = new_context(browser, shape, scripts=False)
    page = context.new_page()
    page.goto(f"{site.url}/area")
    page.locator("#place").fill("Depok")
    page.locator("main form button").last.click()
    assert page.locator("input[type=radio][name=place_area]").count() > 2
    content, url = page.content(), page.url
    context.close()
    with_scripts = new_context(browser, shape)
    again = with_scripts.new_page()
    again.route(url, lambda route: route.fulfill(body=content, content_type="text/html"))
    again.goto(url)
    assert violations(again) == []
    with_scripts.close()
