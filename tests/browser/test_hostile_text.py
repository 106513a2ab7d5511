"""Stored and reflected script injection, in a real browser: every field of every form.

Whatever form a page has is found in the page, filled with hostile text and sent; then every page
is read again by everybody. A new form or page is covered by itself.
"""

from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.messages.service import open_conversation
from tests import factories
from tests.browser.conftest import DESKTOP, Site, new_context, running_site
from tests.foundation.routes import World, moderated, rules_with

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MARK = "data-hostile"
PAYLOADS = (
    f"\"'><img src=x {MARK} onerror=alert(1)>",
    f"</textarea></title></script><script {MARK}>alert(1)</script>",
)
# What would end the walk for the one who walks.
LEFT_ALONE = ("deletion", "password", "/account/email", "/block", "pause")
# First free text alone, so that forms are good and the text is stored; then every field, so that
# forms come back with it.
FILL = """
([payload, everywhere]) => {
  for (const field of document.querySelectorAll('main input, main textarea')) {
    const free = field.tagName === 'TEXTAREA' || field.type === 'text'
      && !field.inputMode && !/^place|login|email|code/.test(field.name);
    const first = document.querySelector(`main input[name="${CSS.escape(field.name)}"]`);
    const group = document.querySelectorAll(`main input[name="${CSS.escape(field.name)}"]:checked`);
    if (field.type === 'radio' && !group.length) first.checked = true;
    if (field.type === 'password') field.value = 'kunci-rumah-tetangga';
    else if (['adult', 'agreed', 'terms'].includes(field.name)) field.checked = true;
    else if (free || everywhere && !['hidden', 'file', 'checkbox', 'radio'].includes(field.type)) {
      field.removeAttribute('maxlength');
      if (field.tagName === 'INPUT') field.type = 'text';  // also for dates and numbers
      field.value = payload;
    }
  }
}
"""


# The first form from a number on that somebody can type in and send.
NEXT_FORM = """
([number, leftAlone]) => [...document.querySelectorAll('main form[method=post]')].findIndex(
  (form, at) => at >= number
    && form.querySelector('textarea, input:not([type=hidden])')
    && form.querySelector('button:not([type=button])')
    && !leftAlone.some(part => (form.getAttribute('action') || location.href).includes(part)))
"""


class Reader:
    """Somebody's browser that remembers every dialog and every element that text became."""

    def __init__(self, browser: Browser, site: Site, cookie: str) -> None:
        self.context: BrowserContext = new_context(browser, DESKTOP)
        self.headers = {"Cookie": f"session={cookie}", "Accept-Language": "en"}
        if cookie:
            kept = {"name": "session", "value": cookie, "url": site.url}
            self.context.add_cookies([kept])  # type: ignore[list-item]
        self.page: Page = self.context.new_page()
        self.site, self.hits = site, []  # type: ignore[var-annotated]
        self.page.on("dialog", lambda dialog: (self.hits.append(dialog.message), dialog.dismiss()))

    def read(self, address: str) -> bool:
        """Open a page and look at it; whether there was one."""
        try:
            answer = self.page.goto(self.site.url + address, wait_until="domcontentloaded")
        except Exception as error:
            if "ERR_ABORTED" in str(error) or "Download" in str(error):
                return False  # a download
            raise
        self.look(address)
        return answer is not None and answer.status == 200

    def finds(self, address: str, *, typed: bool) -> bool:
        """Whether there is a page for this reader, if ``typed`` with a form; without a browser."""
        try:
            with urlopen(Request(self.site.url + address, headers=self.headers)) as answer:
                html = answer.headers.get_content_type() == "text/html"
                main = answer.read().decode().partition("<main")[2] if html else ""
                same = str(answer.url) == self.site.url + address
        except HTTPError as error:
            error.close()
            return False
        return same and bool(main) and (not typed or 'method="post"' in main)

    def look(self, where: str) -> None:
        if self.page.locator(f"[{MARK}]").count():
            self.hits.append(where)

    def send_every_form(self, address: str, payload: str) -> int:
        """Fill the forms of the page that is open with hostile text and send them, one after the
        other."""
        sent = 0
        for everywhere in (False, True):
            number, forms = -1, self.page.locator("main form[method=post]").count()
            while 0 <= (number := self._next_form(number + 1)) < forms:
                self._send(number, [payload, everywhere])
                sent += 1
                if not self.read(address):
                    return sent
        return sent

    def _next_form(self, number: int) -> int:
        return int(self.page.evaluate(NEXT_FORM, [number, LEFT_ALONE]))

    def _send(self, number: int, filling: list[object]) -> None:
        form = self.page.locator("main form[method=post]").nth(number)
        target = form.get_attribute("action") or self.page.url
        button = form.locator("button:not([type=button])").last
        self.page.evaluate(FILL, filling)
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            button.evaluate("button => button.form.requestSubmit(button)")
        self.look(f"POST {target}")


@pytest.fixture(scope="module")
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that nobody else's test reads."""
    with running_site(tmp_path_factory.mktemp("hostile")) as started:
        yield started


@pytest.fixture(scope="module")
def stage(own_site: Site) -> Iterator[tuple[Flask, World, dict[str, str]]]:
    """alice, bob, staff and a visitor on that site, with something of each to act on."""
    app = own_site.app()
    with app.app_context():
        people = {
            "alice": factories.member("Alice", email="alice@example.org"),
            "bob": factories.member("Bob", email="bob@example.org"),
            "staff": factories.member("Staff", email="staff@example.org", is_staff=True),
        }
        listing = factories.offer(people["alice"])
        factories.request(people["bob"])
        conversation = open_conversation(people["bob"], listing.public_id, "Halo")
        world = World(listing, conversation, people["alice"])
        world = moderated(world, people["bob"], people["staff"])
        yield (
            app,
            world,
            {"visitor": ""} | {name: _cookie(app, who) for name, who in people.items()},
        )
        db.session.remove()
        db.engine.dispose()


def _cookie(app: Flask, who: Member) -> str:
    cookie = factories.sign_in(app, who).get_cookie("session")
    assert cookie is not None
    return str(cookie.value)


def _addresses(app: Flask, world: World) -> list[str]:
    left_out = ("/static", "/photos", "/healthz", "/api", "/dev")
    rules = [rule for rule in rules_with(app, "GET") if not rule.rule.startswith(left_out)]
    # What is written first, is there to be seen on the pages after it.
    writing = sorted(rules, key=lambda rule: not rule.rule.endswith(("/new", "/edit", "/account")))
    return [world.address(rule) for rule in writing]


def test_stored_xss_no_text_of_any_form_becomes_an_element_or_runs(
    browser: Browser, own_site: Site, stage: tuple[Flask, World, dict[str, str]]
) -> None:
    app, world, cookies = stage
    readers = {name: Reader(browser, own_site, cookie) for name, cookie in cookies.items()}
    addresses = _addresses(app, world)
    sent = 0
    for reader, payload in zip(readers.values(), PAYLOADS * 2, strict=True):
        for address in addresses:
            if reader.finds(address, typed=True) and reader.read(address):
                sent += reader.send_every_form(address, payload)
    assert sent > 20
    read = sum(
        reader.finds(address, typed=False) and reader.read(address)
        for reader in readers.values()
        for address in addresses
    )
    hits = {name: reader.hits for name, reader in readers.items() if reader.hits}
    for reader in readers.values():
        reader.context.close()
    assert hits == {}
    assert read > 60
