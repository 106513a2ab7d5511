"""The ledger of erasures beside the backups: who was erased stays erased, whatever is restored.

A ledger only grows. The one beside the backups holds the entries of all that were ever copied
there, so that the oldest backup meets the newest ledger, also on an empty machine.
"""

from collections.abc import Iterable
from pathlib import Path

from marketplace.privacy import ledger

NAME = ledger.FILE_NAME


def merge_into(path: Path, others: Iterable[Path]) -> None:
    """Let ``path`` hold what it holds and what the others hold; made only when there is something.

    A file that is not there counts as an empty one.
    """
    known = {entry.member for entry in ledger.read(path)}
    found = {entry.member: entry for other in others for entry in ledger.read(other)}
    ledger.append(path, [found[member] for member in found if member not in known])
