"""A running demo neighbourhood, for weighing pages and taking pictures of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from marketplace import create_app
from marketplace.config import load_settings
from marketplace.db import db
from marketplace.worker import run_until_idle
from tests.foundation.test_serve import free_port, get_json, wait_for

START_WITHIN_SECONDS = 180


@contextmanager
def running_demo(instance: Path) -> Iterator[str]:
    """Start bin/run's demo mode on an instance folder of its own; yields its address."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SITE_URL")}
    process = subprocess.Popen(
        [sys.executable, "-m", "marketplace.serve", "--port", str(port)],
        env=environment | {"INSTANCE_DIR": str(instance), "LOG_LEVEL": "ERROR"},
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: get_json(f"{url}/healthz"), START_WITHIN_SECONDS)
        wait_for(lambda: get_json(f"{url}/healthz")["search"]["unindexed"] == 0)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def start_once(instance: Path) -> None:
    """Leave a demo behind that was started and stopped, with nothing left to do for its worker."""
    with running_demo(instance):
        pass
    app = create_app(load_settings({}, instance_dir=instance, demo=True, log_level="CRITICAL"))
    run_until_idle(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    app.extensions["marketplace"].search_index.close()


def cookies_of_a_demo_member(browser: Browser, url: str) -> list[dict[str, object]]:
    """The cookies after pressing the first demo member's button."""
    context = browser.new_context(locale="id")
    page = context.new_page()
    page.goto(f"{url}/demo/sign-in")
    page.locator("main form button").first.click()
    page.wait_for_load_state("networkidle")
    cookies = [dict(cookie) for cookie in context.cookies()]
    context.close()
    return cookies
