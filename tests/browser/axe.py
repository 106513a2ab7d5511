"""axe-core in the page: what it reports, as short sentences.

The script is evaluated, not inserted: the Content-Security-Policy forbids a script tag.
"""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

SOURCE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js")).read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Each violation of WCAG 2.2 AA on the page, with the element it was found at."""
    page.evaluate(SOURCE)
    result = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", TAGS)
    return [
        f"{found['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for found in result["violations"]
        for node in found["nodes"]
    ]
