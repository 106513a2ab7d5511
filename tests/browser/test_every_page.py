"""Every page of the product, with things on it, read as a visitor, a member and staff.

The addresses come from the URL map, so that a new page is covered by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from marketplace.db import db, transaction
from marketplace.messages.models import Conversation, Message
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, Shape, Site, new_context
from tests.browser.weights import FORM, LIST, weigh
from tests.foundation.routes import World, moderated, rules_with

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NO_PAGES = ("/static", "/photos", "/healthz", "/api", "/dev")
PARTS_OF_PAGES = {"messages.news"}  # what a script puts into a page that is walked itself
FURTHER = ["/search?q=buku", "/search?view=map", "/?show=requests", "/no-such-page",
           "/listings/new?direction=request"]  # fmt: skip


@dataclass(frozen=True)
class Walk:
    """What there is to read, and the cookie of a member who may read all of it (staff too)."""

    addresses: list[str]
    cookie: dict[str, str]


@pytest.fixture(scope="module")
def walk(demo: Site) -> Iterator[Walk]:
    app = demo.app(demo=True)
    with app.app_context():
        first = db.session.scalars(db.select(Message).limit(1)).one()
        conversation = db.session.get_one(Conversation, first.conversation_id)
        owner, opener = conversation.owner, conversation.opener
        assert first.sender_id == opener.id
        with transaction():
            owner.is_staff = True
        staff = factories.member("Staff", email="staff@example.org", is_staff=True)
        world = moderated(World(conversation.listing, conversation, owner), opener, staff)
        cookie = factories.sign_in(app, owner).get_cookie("session")
        assert cookie is not None
        yield Walk(
            [*_addresses(app, world), *FURTHER],
            {"name": "session", "value": cookie.value, "url": demo.url},
        )
        db.session.remove()
        db.engine.dispose()


def _addresses(app: Flask, world: World) -> list[str]:
    rules = [
        rule
        for rule in rules_with(app, "GET")
        if not rule.rule.startswith(NO_PAGES) and rule.endpoint not in PARTS_OF_PAGES
    ]
    return sorted({world.address(rule) for rule in rules})


def _barriers(page: Page, site: Site, addresses: list[str]) -> tuple[dict[str, list[str]], int]:
    """What is wrong, by address, and how many pages were read."""
    found: dict[str, list[str]] = {}
    read: set[str] = set()  # many addresses lead a visitor to the same page
    for address in addresses:
        try:
            answer = page.goto(site.url + address, wait_until="load")
        except Exception as error:
            if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                continue  # a download
            raise
        html = answer is not None and "text/html" in answer.headers.get("content-type", "")
        shown = page.url.partition("?")[0] if page.url != site.url + address else address
        if not html or shown in read:
            continue
        read.add(shown)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        problems = violations(page) + ([f"{wider} px too wide"] if wider > 0 else [])
        if problems:
            found[address] = problems
    return found, len(read)


@pytest.mark.parametrize(
    ("shape", "scheme"),
    [(PHONE, "light"), (DESKTOP, "dark")],
    ids=["phone-light", "desktop-dark"],
)
@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "member"])
def test_no_page_has_a_barrier_or_scrolls_sideways(
    browser: Browser, demo: Site, walk: Walk, shape: Shape, scheme: str, signed_in: bool
) -> None:
    context = new_context(browser, shape)
    if signed_in:
        context.add_cookies([walk.cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found, read = _barriers(page, demo, walk.addresses)
    context.close()
    assert found == {}
    assert read > (30 if signed_in else 15)


def test_pages_of_members_and_staff_keep_the_budgets_of_forms_and_lists(
    browser: Browser, demo: Site, walk: Walk
) -> None:
    forms = ("/account", "/account/security", "/account/notifications", "/account/data",
             "/account/skills", "/account/photo", "/me", "/staff", "/staff/site",
             "/staff/search/words/new", "/listings/new?direction=request",
             "/password/recovery")  # fmt: skip
    lists = ("/me/drafts", "/me/saved", "/me/searches", "/notifications", "/messages",
             "/staff/reports", "/staff/audit", "/staff/mail",
             "/staff/search")  # fmt: skip
    staff = ("/decisions/", "/staff/reports/")
    some = [one for one in walk.addresses if one.startswith(staff) and "/photos/" not in one]
    assert len(some) == 2
    over = {}
    for path in (*forms, *lists, *some):
        budget = LIST if path in lists else FORM
        if found := budget.exceeded_by(weigh(browser, demo.url + path, cookies=[walk.cookie])):
            over[path] = found
    assert over == {}
