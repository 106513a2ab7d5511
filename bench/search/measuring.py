"""Turns of several engines at the same questions, so that noise falls on all alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.search import postgres

BUDGET_SECONDS = 20.0  # of one engine in one task; a slow one answers fewer questions
FEWEST = 5
WARM_UP = 3  # questions of each task before the clock runs: open files, first plans


@dataclass(slots=True)
class Spent:
    """Milliseconds of each turn; ``cpu``: of the processor, by client and server."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        return {
            f"{clock}_p{percent}": round(float(np.percentile(times, percent)), 3)
            for clock, times in (("cpu", self.cpu), ("wall", self.wall))
            for percent in (50, 95)
        } | {"turns": len(self.wall)}


def turns(
    calls: Mapping[str, Callable[[Any], Any]],
    given: Sequence[Any],
    server_of: Callable[[], Mapping[str, list[int]]],
    warm_up: int = WARM_UP,
) -> dict[str, Spent]:
    """Each call with each of what is given, in turns. ``server_of``: the server's processes of
    those who have one, asked for when all are connected."""
    for one in given[:warm_up]:
        for call in calls.values():
            call(one)
    pids = server_of()
    spent = {name: Spent() for name in calls}
    for one in given[warm_up:]:
        for name, call in calls.items():
            mine = spent[name]
            if sum(mine.wall) / 1000 > BUDGET_SECONDS and len(mine.wall) >= FEWEST:
                continue
            turn(mine, lambda call=call, one=one: call(one), pids.get(name, []))
    return spent


def turn(spent: Spent, call: Callable[[], Any], pids: list[int]) -> None:
    """One call, written down."""
    server, client, started = (
        postgres.processor_seconds(pids), time.process_time(), time.perf_counter()
    )  # fmt: skip
    call()
    spent.wall.append((time.perf_counter() - started) * 1000)
    client = time.process_time() - client
    spent.cpu.append((client + postgres.processor_seconds(pids) - server) * 1000)
