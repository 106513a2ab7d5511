"""A member with five hundred conversations and exchanges in every state: her pages keep the budgets
of any other's, and have no barrier."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from marketplace.db import db
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, Shape, Site, new_context, running_site
from tests.browser.weights import FORM, LIST, weigh
from tests.exchanges.busy import busy_member

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LISTS = ("my page", "queue")


@dataclass(frozen=True)
class Member:
    site: Site
    addresses: dict[str, str]
    cookie: dict[str, str]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    with running_site(tmp_path_factory.mktemp("busy")) as site:
        app = site.app()
        with app.app_context():
            made = busy_member(500)
            cookie = factories.sign_in(app, made.member).get_cookie("session")
            assert cookie is not None
            addresses = made.addresses(app)
            db.session.remove()
            db.engine.dispose()
        yield Member(site, addresses, {"name": "session", "value": cookie.value, "url": site.url})


def test_the_pages_of_a_busy_member_keep_their_budgets(browser: Browser, busy: Member) -> None:
    over = {}
    for name, address in busy.addresses.items():
        budget = LIST if name in LISTS else FORM
        weight = weigh(browser, busy.site.url + address, cookies=[busy.cookie])
        if found := budget.exceeded_by(weight):
            over[name] = found
    assert over == {}


@pytest.mark.parametrize(
    ("shape", "scheme"),
    [(PHONE, "light"), (DESKTOP, "dark")],
    ids=["phone-light", "desktop-dark"],
)
def test_the_pages_of_a_busy_member_have_no_barrier(
    browser: Browser, busy: Member, shape: Shape, scheme: str
) -> None:
    context = new_context(browser, shape)
    context.add_cookies([busy.cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found = {}
    for name, address in busy.addresses.items():
        answer = page.goto(busy.site.url + address, wait_until="load")
        assert answer is not None
        assert answer.status == 200, name
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        problems = violations(page) + ([f"{wider} px too wide"] if wider > 0 else [])
        if problems:
            found[name] = problems
    context.close()
    assert found == {}
