"""The search field completes what is typed, by the browser's own list."""

import pytest
from playwright.sync_api import Browser, expect

from marketplace.db import db
from tests import factories
from tests.browser.conftest import Shape, Site, new_context

pytestmark = pytest.mark.browser


def test_what_is_typed_is_completed_by_names_and_titles(
    browser: Browser, site: Site, shape: Shape
) -> None:
    with site.app().app_context():
        factories.offer(factories.member("Alice"), "Mesin jahit <i>portabel</i>")
        db.session.remove()
    with new_context(browser, shape) as context:
        page = context.new_page()
        page.goto(site.url)
        page.locator("#q").press_sequentially("mesin j")
        options = page.locator("#q-completions option")
        expect(options).to_have_count(2)
        assert options.evaluate_all("all => all.map(one => one.value)") == [
            "mesin jahit",
            "Mesin jahit <i>portabel</i>",
        ]
