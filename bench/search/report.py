"""The findings as a table."""

from typing import Any

from bench.search.engine import TASKS

ADD = ("add", "post to findable (wall)")
FIRST, WIDTH = 26, 21


def table(found: dict[str, Any]) -> str:
    """A row for each task, a column for each engine: ``p50/p95 xR``."""
    names = list(found["engines"])
    lines = [
        f"{found['size']} posts; processor milliseconds p50/p95, xR: times the p50 of ours",
        " " * FIRST + "".join(f"{name:>{WIDTH}}" for name in names),
    ]
    for task, title in [*TASKS.items(), ADD]:
        row = found["tasks"][task]
        lines.append(f"{title:{FIRST}}" + "".join(_cell(found, row, name) for name in names))
    for fact in ("documents_per_second", "bytes_per_post"):
        values = (found["engines"][name][fact] for name in names)
        title = fact.replace("_", " ")
        lines.append(f"{title:{FIRST}}" + "".join(f"{value:>{WIDTH},.0f}" for value in values))
    for name, one in found["arriving"].items():
        spans = ", ".join(
            f"{what} {one[f'{what}_p50']:.0f}/{one[f'{what}_p95']:.0f} ms"
            for what in ("findable", "indexed", "search")
        )
        lines.append(f"{name}, {one['posts']:.0f} posts arriving at 20/s (wall): {spans}")
    return "\n".join(lines)


def _cell(found: dict[str, Any], row: dict[str, Any], name: str) -> str:
    if name not in row:
        return f"{'-':>{WIDTH}}"
    clock = "wall" if row is found["tasks"]["add"] else "cpu"
    p50, p95 = (row[name][f"{clock}_p{percent}"] for percent in (50, 95))
    ours = found["ours"][name]
    text = f"{_ms(p50)}/{_ms(p95)}"
    if name != ours and ours in row:
        text += f" x{_ms(p50 / row[ours][f'{clock}_p50'])}"
    return f"{text:>{WIDTH}}"


def _ms(value: float) -> str:
    """Three figures are more than the machine can tell."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
