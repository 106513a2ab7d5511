"""The weight of pages on a first visit stays within the budgets. Times are measured by
``python -m bench budgets`` and asserted nowhere."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Site
from tests.browser.demo_site import cookies_of_a_demo_member
from tests.browser.weights import FORM, HOME, LISTING, SEARCH, Budget, weigh
from tests.foundation.test_serve import get_json

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/", HOME),
        ("/search?q=mesin+jahit", SEARCH),
        ("/search?direction=offer&sort=newest", SEARCH),
        ("/sign-up", FORM),
        ("/sign-in", FORM),
        ("/area", FORM),
    ],
)
def test_a_visitors_page_keeps_its_budget(
    browser: Browser, demo: Site, path: str, budget: Budget
) -> None:
    assert budget.exceeded_by(weigh(browser, demo.url + path)) == []


def test_a_listing_with_a_photo_keeps_its_budget(browser: Browser, demo: Site) -> None:
    found = get_json(f"{demo.url}/api/v1/search?q=sepeda&direction=offer")
    public_id = found["items"][0]["id"]
    assert LISTING.exceeded_by(weigh(browser, f"{demo.url}/listings/{public_id}")) == []


def test_a_members_home_search_and_messages_keep_their_budgets(
    browser: Browser, demo: Site
) -> None:
    cookies = cookies_of_a_demo_member(browser, demo.url)
    assert HOME.exceeded_by(weigh(browser, f"{demo.url}/", cookies=cookies)) == []
    search = f"{demo.url}/search?q=mesin+jahit&direction=offer&radius_km=20"
    assert SEARCH.exceeded_by(weigh(browser, search, cookies=cookies)) == []
    assert FORM.exceeded_by(weigh(browser, f"{demo.url}/messages", cookies=cookies)) == []
