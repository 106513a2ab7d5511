"""While one writes a post, what fits comes beside the form: nothing else of the page changes."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.places import service as places
from marketplace.places.cells import place_columns
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, Shape, Site
from tests.foundation.test_serve import wait_for

pytestmark = pytest.mark.browser
FOUND = ".fitting__found"
TITLE = {"id": "Butuh angklung bambu", "en": "Need an angklung bambu"}


@pytest.fixture(scope="module")
def _offers(site: Site) -> None:
    """Three neighbours offer what she is going to ask for."""
    app = site.app()
    with app.app_context():
        where = place_columns(places.resolve_place("Beji, Depok").place)
        for number in range(3):
            owner = factories.member(f"Pemilik {number}", **where)
            factories.offer(owner, f"Angklung bambu {number}")
        db.session.remove()
        db.engine.dispose()
    wait_for(lambda: _all_indexed(app))


def _all_indexed(app: Flask) -> bool:
    late = Listing.title.startswith("Angklung") & (Listing.indexed_revision < Listing.revision)
    with app.app_context():
        found = db.session.scalar(select(Listing.id).where(late).limit(1))
        db.session.remove()
        db.engine.dispose()
    return found is None


@pytest.mark.usefixtures("_offers")
def test_what_fits_comes_while_one_types_and_takes_nothing_from_who_types(
    member_page: Page, site: Site, shape: Shape
) -> None:
    page, asked = member_page, []
    page.on("request", lambda sent: asked.append(sent) if "/new/fitting" in sent.url else None)
    page.goto(f"{site.url}/listings/new?direction=request")
    title = page.locator("#title")
    title.press_sequentially(TITLE[shape.language][:2])
    page.wait_for_timeout(800)
    assert asked == [], "two letters say nothing yet"
    title.press_sequentially(TITLE[shape.language][2:], delay=30)
    expect(page.locator(f"{FOUND} summary")).to_contain_text("3")
    where = title.bounding_box()
    title.press_sequentially(" lagi", delay=30)
    expect(title).to_be_focused()
    expect(title).to_have_value(TITLE[shape.language] + " lagi")
    page.wait_for_timeout(900)
    assert title.bounding_box() == where, "the field stays where it is"
    assert 1 <= len(asked) <= 4, "asked after a pause, not at each key"
    expect(page.locator(".fitting [role=status]")).to_contain_text("3")
    _look_at_one(page, shape)


def _look_at_one(page: Page, shape: Shape) -> None:
    """The draft is kept first, and the way back leads to it."""
    link = page.locator(".fitting .match a").first
    if shape.phone:
        expect(link).to_be_hidden()
        page.locator(f"{FOUND} summary").click()
    assert violations(page) == []
    link.click()
    page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}$"))
    expect(page.locator("h1")).to_contain_text("Angklung bambu")
    page.go_back()
    page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}/edit$"))
    expect(page.locator("#title")).to_have_value(TITLE[shape.language] + " lagi")
    _put_it_up(page)


def _put_it_up(page: Page) -> None:
    """What fits is shown once more, with two ways on."""
    page.locator("[data-next]").click()
    page.locator("input[name=terms][value=gift]").check()
    for _ in range(2):
        page.locator("[data-next]").click()
    page.locator("button[value=publish]").click()
    page.wait_for_url(re.compile("/before-posting$"))
    expect(page.locator(".match")).to_have_count(3)
    assert violations(page) == []
    page.locator("main form button").click()
    page.wait_for_url(re.compile(r"/listings/[0-9a-z]{12}$"))
    expect(page.locator("h1")).to_contain_text("lagi")


@pytest.mark.parametrize("shape", [PHONE], indirect=True)
def test_after_a_failure_it_asks_less_often_and_whoever_saves_data_is_left_alone(
    page: Page, member_page: Page, site: Site
) -> None:
    asked: list[Route] = []
    page.route("**/new/fitting", lambda route: (asked.append(route), route.fulfill(status=429)))
    page.goto(f"{site.url}/listings/new?direction=request")
    title = page.locator("#title")
    hint = page.locator(".fitting").inner_text()
    title.press_sequentially("Angklung")
    page.wait_for_timeout(900)
    assert len(asked) == 1
    title.press_sequentially(" besar")
    page.wait_for_timeout(900)
    assert len(asked) == 1, "the pause is longer now"
    page.wait_for_timeout(600)
    assert len(asked) == 2
    assert page.locator(".fitting").inner_text() == hint

    page.add_init_script(
        "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
    )
    page.reload()
    title.press_sequentially("Angklung")
    page.wait_for_timeout(900)
    assert len(asked) == 2
    expect(page.locator(".fitting")).to_be_hidden()
