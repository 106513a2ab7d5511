"""Takes the pictures of README and docs from the demo: ``python -m tests.browser.screenshots``."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import DESKTOP, PHONE, PROGRAM, new_context
from tests.browser.demo_site import cookies_of_a_demo_member, running_demo

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "img"
PICTURES = [(DESKTOP, "/", "home-desktop"), (PHONE, "/", "home-phone"),
            (PHONE, "/search?q=mesin+jahit", "search-phone")]  # fmt: skip


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        cookies = cookies_of_a_demo_member(browser, url)
        for shape, path, name in PICTURES:
            context = new_context(browser, shape)
            context.add_cookies(cookies)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(url + path)
            wanted = page.locator(f"html[lang={shape.language}]")
            if not wanted.count():
                page.locator("form[action='/language'] button").first.click()
                page.goto(url + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=FOLDER / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
