"""The findings as a table."""

from typing import Any

TITLES = {"new": "one new post", "typing": "while you type"}
WIDTH = 22
MEASURES = ("mrr", "recall@10", "percentile")


def table(found: dict[str, Any]) -> str:
    """A line for each who took part, what many posts take, and how good the answers are."""
    heads = ("p50", "p95", "wall p50", "wall p95", "xR")
    lines = [
        f"{found['size']} posts; processor milliseconds; xR: times the p50 of ours",
        " " * 2 * WIDTH + "".join(f"{head:>10}" for head in heads),
    ]
    for task, spent in found["tasks"].items():
        base = next(iter(spent.values()))["cpu_p50"]
        for name, one in spent.items():
            times = [one[key] for key in ("cpu_p50", "cpu_p95", "wall_p50", "wall_p95")]
            cells = [f"{time:10.1f}" for time in times]
            lines.append(
                f"{TITLES[task]:{WIDTH}}{name:{WIDTH}}{''.join(cells)}{times[0] / base:10.2f}"
            )
    for title, one in zip(("changed", "changed again"), found["refresh"], strict=True):
        lines.append(_seconds(f"{one['handled']} posts {title}", one))
    lines.append(_seconds(f"{found['tell']['handled']} pairs told", found["tell"]))
    for name, measures in found.get("judged", {}).items():
        cells = [f"{title} {measures[title]['mean']:.3f}" for title in MEASURES]
        lines.append(f"{'judged posts':{WIDTH}}{name:{WIDTH}}{'  '.join(cells)}")
    return "\n".join(lines)


def _seconds(title: str, one: dict[str, float]) -> str:
    cpu, wall = one["cpu_seconds"], one["wall_seconds"]
    return f"{title:{2 * WIDTH}}{cpu:.1f} s of processor, {wall:.1f} s in all"
