"""What a first visit costs on a cheap phone: ``python -m bench budgets [--json]``.

Starts the demo neighbourhood, visits each page in Chromium as on slow 3G (400 ms, 400 kbit/s,
processor slowed six times) and prints weight and times beside the budget. A bare page of 4 KB is
measured in the same run: it is the floor that no page can go under.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import PROGRAM
from tests.browser.demo_site import cookies_of_a_demo_member, running_demo
from tests.browser.weights import FORM, HOME, LISTING, SEARCH, Budget, Weight, weigh
from tests.foundation.test_serve import get_json

BARE = Budget(5, 5, 0, 0, 1, 20, 2.0)


def measure() -> list[tuple[str, Budget, Weight]]:
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as url:
        found = get_json(f"{url}/api/v1/search?q=sepeda&direction=offer")
        listing = found["items"][0]["id"]
        visits = [("home", "/", HOME), ("search", "/search?q=mesin+jahit", SEARCH),
                  ("listing", f"/listings/{listing}", LISTING), ("sign-up", "/sign-up", FORM),
                  ("sign-in", "/sign-in", FORM)]  # fmt: skip
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
            rows = [("health (bare)", BARE, weigh(browser, f"{url}/healthz", slow=True))]
            rows += [(name, most, weigh(browser, url + path, slow=True))
                     for name, path, most in visits]  # fmt: skip
            cookies = cookies_of_a_demo_member(browser, url)
            rows.append(("posting form", FORM,
                         weigh(browser, f"{url}/listings/new?direction=offer", slow=True,
                               cookies=cookies)))  # fmt: skip
            browser.close()
    return rows


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench budgets")
    parser.add_argument("--json", action="store_true")
    rows = measure()
    if parser.parse_args(argv).json:
        print(json.dumps([{"page": name, **asdict(weight)} for name, _, weight in rows], indent=1))
        return 0
    print(f"{'page':15}{'KB (budget)':>15}{'requests':>10}{'nodes':>7}{'LCP s (b.)':>13}{'CLS':>7}"
          f"{'TBT ms':>8}")  # fmt: skip
    for name, budget, weight in rows:
        print(f"{name:15}{weight.total_kb:8.1f} ({budget.total_kb:g}){weight.requests:10}"
              f"{weight.nodes:7}{weight.lcp_s:8.2f} ({budget.lcp_s:g}){weight.cls:7.3f}"
              f"{weight.tbt_ms:8.0f}")  # fmt: skip
    return 0
