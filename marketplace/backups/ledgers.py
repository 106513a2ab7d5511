"""The ledger of erasures beside the backups: who was erased stays erased, whatever is restored.

A ledger only grows. The one beside the backups holds the lines of all that were ever copied
there, so that the oldest backup meets the newest ledger, also on an empty machine.
"""

import os
from collections.abc import Iterable
from pathlib import Path

NAME = "erasures.jsonl"


def lines_of(paths: Iterable[Path]) -> list[str]:
    """Every line of the files, each once, in their order; a missing file counts as empty."""
    found: dict[str, None] = {}
    for path in paths:
        if path.is_file():
            found |= dict.fromkeys(line for line in path.read_text("utf-8").splitlines() if line)
    return list(found)


def merge_into(path: Path, others: Iterable[Path]) -> None:
    """Let ``path`` hold what it holds and what the others hold; made only when there is a line."""
    here = lines_of([path])
    lines = lines_of([path, *others])
    if lines == here:
        return
    part = path.with_name(f".{path.name}.part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
