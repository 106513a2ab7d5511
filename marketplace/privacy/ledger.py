"""The ledger of erasures: ``instance/erasures.jsonl``, one line for each member ever erased.

It outlives a backup that is older than an erasure: whoever restores one erases its members again
(``erasure.reapply``). A line holds the random id of a tombstone and a time, nothing of a person.
The file is only appended to and synced to disk; a line may stand twice, and one torn by a crash
is passed over, for the sweep writes again whatever the database knows and the file does not.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FILE_NAME = "erasures.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """The member with this public id was erased at this instant."""

    member: str
    at: datetime


def path_in(instance_dir: Path) -> Path:
    return instance_dir / FILE_NAME


def read(path: Path) -> list[Entry]:
    """All entries in the order of writing; none when there is no such file."""
    if not path.exists():
        return []
    entries = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            said = json.loads(line)
            entries.append(Entry(str(said["member"]), datetime.fromisoformat(said["at"])))
        except (ValueError, KeyError, TypeError):
            continue  # torn by a crash; it stands again further down
    return entries


def append(path: Path, entries: Iterable[Entry]) -> None:
    """Write the entries and wait until the disk has them."""
    lines = [json.dumps({"member": e.member, "at": e.at.isoformat()}) + "\n" for e in entries]
    if not lines:
        return
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # One write, and on a line of its own whatever a crash left: appends do not mix.
        os.write(handle, (_break_needed(handle) + "".join(lines)).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_folder(path.parent)


def _break_needed(handle: int) -> str:
    size = os.fstat(handle).st_size
    return "" if not size or os.pread(handle, 1, size - 1) == b"\n" else "\n"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
