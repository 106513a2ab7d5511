"""A running site, and Chromium in the two shapes that matter.

``shape`` is a phone in Indonesian and a desktop in English: each journey runs in both.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from marketplace import create_app
from marketplace.config import load_settings
from marketplace.db import db
from marketplace.places import service as places
from marketplace.places.cells import place_columns
from marketplace.places.gazetteer import load_sample
from tests import factories
from tests.browser.demo_site import running_demo, start_once
from tests.foundation.test_serve import free_port, get_json, wait_for
from tests.once import once

expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@dataclass(frozen=True)
class Shape:
    """One way people use the site."""

    name: str
    language: str
    width: int
    height: int
    phone: bool


PHONE = Shape("phone", "id", 360, 740, True)
DESKTOP = Shape("desktop", "en", 1280, 800, False)


@dataclass(frozen=True)
class Site:
    """A running site; ``mails`` is where its outgoing mail lands."""

    url: str
    instance: Path

    @property
    def mails(self) -> list[str]:
        folder = self.instance / "mail"
        return [path.read_text("utf-8") for path in sorted(folder.glob("*.eml"))]

    def app(self, **settings: Any) -> Flask:
        """An application on the site's database, beside the running processes."""
        settings = {"instance_dir": self.instance, "log_level": "CRITICAL"} | settings
        return create_app(load_settings({}, **settings))


@contextmanager
def running_site(instance: Path) -> Iterator[Site]:
    """The whole product as bin/run starts it, real mode, with a few dozen real areas."""
    from flask_migrate import upgrade

    app = create_app(load_settings({}, instance_dir=instance))
    with app.app_context():
        upgrade(directory=str(Path(app.root_path) / "migrations"))
        load_sample()
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SITE_URL")}
    process = subprocess.Popen(
        [sys.executable, "-m", "marketplace.serve", "--empty", "--port", str(port)],
        env=environment | {"INSTANCE_DIR": str(instance), "LOG_LEVEL": "ERROR"},
    )
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: get_json(f"{url}/healthz"))
    yield Site(url, instance)
    process.send_signal(signal.SIGTERM)
    process.wait(30)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as started:
        yield started


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo neighbourhood as a newcomer starts it, full of people, posts and conversations.
    Each process of a run goes on from a copy of the first start."""
    instance = tmp_path_factory.mktemp("demo")
    started = once("demo", start_once, tmp_path_factory.mktemp("once"))
    shutil.copytree(started, instance, dirs_exist_ok=True)
    with running_demo(instance) as url:
        yield Site(url, instance)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield started
        started.close()


def new_context(browser: Browser, shape: Shape, *, scripts: bool = True) -> BrowserContext:
    return browser.new_context(
        viewport={"width": shape.width, "height": shape.height},
        locale=shape.language,
        is_mobile=shape.phone,
        has_touch=shape.phone,
        java_script_enabled=scripts,
    )


@pytest.fixture(params=[PHONE, DESKTOP], ids=lambda shape: shape.name)
def shape(request: pytest.FixtureRequest) -> Shape:
    chosen: Shape = request.param
    return chosen


@pytest.fixture
def page(browser: Browser, site: Site, shape: Shape) -> Iterator[Page]:
    """A fresh browser of the present shape; fails the test on any script error."""
    context = new_context(browser, shape)
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            errors.append(message.text)
            if message.type == "error" and "Content Security Policy" in message.text
            else None
        ),
    )
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def member_page(page: Page, site: Site, shape: Shape) -> Page:
    """The page of a member who has signed in."""
    app = site.app()
    with app.app_context():
        where = place_columns(places.resolve_place("Beji, Depok").place)
        member = factories.member("Sari", language=shape.language, **where)
        cookie = factories.sign_in(app, member).get_cookie("session")
        db.session.remove()
        db.engine.dispose()
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": site.url}])
    return page
