"""The findings as a table."""

from typing import Any

TITLES = {"new": "one new post", "typing": "while you type"}


def table(found: dict[str, Any]) -> str:
    """A line for each who took part, then what many posts take."""
    lines = [f"{found['size']} posts; processor milliseconds; xR: times the p50 of ours"]
    lines.append(f"{'':18}{'':22}{'p50':>9}{'p95':>9}{'wall p50':>10}{'wall p95':>10}{'xR':>8}")
    for task, spent in found["tasks"].items():
        base = next(iter(spent.values()))["cpu_p50"]
        for name, one in spent.items():
            times = f"{one['cpu_p50']:9.1f}{one['cpu_p95']:9.1f}"
            wall = f"{one['wall_p50']:10.1f}{one['wall_p95']:10.1f}"
            lines.append(f"{TITLES[task]:18}{name:22}{times}{wall}{one['cpu_p50'] / base:8.2f}")
    for title, one in zip(("changed", "changed again"), found["refresh"], strict=True):
        lines.append(f"{one['handled']:.0f} posts {title}: {_seconds(one)}")
    told = found["tell"]
    lines.append(f"telling of {told['pairs']} pairs: {_seconds(told)}")
    return "\n".join(lines)


def _seconds(one: dict[str, float]) -> str:
    return f"{one['cpu_seconds']:.1f} s of processor, {one['wall_seconds']:.1f} s"
