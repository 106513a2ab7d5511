"""What a page weighs and how fast it comes, measured in Chromium on a first visit.

Bytes are those on the wire (compressed, with headers), by kind of resource.
"""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

KB = 1024
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8,
           "uploadThroughput": 400_000 / 8}  # fmt: skip
CPU_SLOWDOWN = 6
WATCH = """
window.__seen = {lcp: 0, cls: 0, tbt: 0};
new PerformanceObserver(list => { for (const e of list.getEntries()) __seen.lcp = e.startTime; })
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries())
  if (!e.hadRecentInput) __seen.cls += e.value; }).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries())
  __seen.tbt += Math.max(0, e.duration - 50); }).observe({type: 'longtask', buffered: true});
"""


@dataclass
class Weight:
    """One visit: KB by kind, number of requests, DOM nodes, and the times of the visit."""

    kb: dict[str, float] = field(default_factory=dict)
    requests: int = 0
    nodes: int = 0
    lcp_s: float = 0.0
    cls: float = 0.0
    tbt_ms: float = 0.0

    @property
    def total_kb(self) -> float:
        return sum(self.kb.values())


def weigh(browser: Browser, url: str, *, slow: bool = False, cookies: Any = ()) -> Weight:
    """Visit ``url`` for the first time on a phone; ``slow``: under slow 3G and a slow processor."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, locale="id"
    )
    context.add_cookies(list(cookies))
    context.add_init_script(WATCH)
    page = context.new_page()
    session = context.new_cdp_session(page)
    weight = Weight()
    _listen(session, weight)
    if slow:
        session.send("Network.emulateNetworkConditions", SLOW_3G)
        session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    page.goto(url, wait_until="networkidle", timeout=60_000)
    _read(page, weight)
    context.close()
    return weight


def _listen(session: CDPSession, weight: Weight) -> None:
    kinds: dict[str, str] = {}

    def received(event: dict[str, Any]) -> None:
        if not event["response"]["url"].startswith("data:"):
            kinds[event["requestId"]] = event["type"]

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"])
        if kind:
            weight.kb[kind] = weight.kb.get(kind, 0) + event["encodedDataLength"] / KB
            weight.requests += 1

    session.on("Network.responseReceived", received)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")


def _read(page: Page, weight: Weight) -> None:
    page.wait_for_timeout(300)
    seen = page.evaluate("window.__seen")
    weight.nodes = page.evaluate("document.querySelectorAll('*').length")
    weight.lcp_s, weight.cls, weight.tbt_ms = seen["lcp"] / 1000, seen["cls"], seen["tbt"]


@dataclass(frozen=True)
class Budget:
    """The most a page may weigh (docs/benchmarks.md). KB compressed; times on slow 3G."""

    total_kb: float
    html_kb: float
    css_kb: float
    js_kb: float
    requests: int
    nodes: int
    lcp_s: float
    cls: float = 0.02
    tbt_ms: float = 150

    def exceeded_by(self, weight: Weight) -> list[str]:
        """What is over the budget, apart from times."""
        pairs = [
            ("total KB", weight.total_kb, self.total_kb),
            ("HTML KB", weight.kb.get("Document", 0), self.html_kb),
            ("CSS KB", weight.kb.get("Stylesheet", 0), self.css_kb),
            ("JS KB", weight.kb.get("Script", 0), self.js_kb),
            ("requests", weight.requests, self.requests),
            ("nodes", weight.nodes, self.nodes),
        ]
        return [f"{name}: {got:.1f} > {most:g}" for name, got, most in pairs if got > most]


HOME = Budget(120, 14, 10, 6, 16, 700, 4.0)
LISTING = Budget(150, 10, 10, 6, 10, 500, 4.5)
FORM = Budget(45, 10, 10, 6, 5, 400, 3.0, tbt_ms=100)
LIST = Budget(45, 10, 10, 6, 6, 400, 3.0, tbt_ms=100)  # a form, and the drawing of an empty one
SEARCH = Budget(120, 14, 10, 6, 16, 600, 3.2, tbt_ms=100)
