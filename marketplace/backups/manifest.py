"""What a backup says of itself, and whether it still is what it says.

``manifest.json`` names every file of the backup with its length and SHA-256.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

NAME = "manifest.json"
FORMAT = 1  # raise it when an older program could not read what a newer one wrote
STAMP = "%Y%m%dT%H%M%SZ"
_BACKUP = re.compile(r"(?P<site>[a-z0-9][a-z0-9.-]*)-(?P<stamp>\d{8}T\d{6}Z)")
CHUNK_BYTES = 1 << 20


class BackupUnusable(Exception):
    """Something about a backup or its place does not do; the message is for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``files``: path below the backup (with /) to [bytes, SHA-256 in hex]. ``tables``: rows of
    each. ``vanished``: uploads that their owners removed while the backup ran."""

    site: str
    made_at: str
    schema: str
    database: str
    tables: dict[str, int]
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    vanished: int = 0
    format: int = FORMAT

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def bytes(self) -> int:
        return sum(size for size, _ in self.files.values())


def write(folder: Path, manifest: Manifest) -> None:
    (folder / NAME).write_text(json.dumps(asdict(manifest), indent=1) + "\n", "utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of the backup in ``folder``. Raises BackupUnusable."""
    try:
        values: dict[str, Any] = json.loads((folder / NAME).read_text("utf-8"))
    except FileNotFoundError:
        raise BackupUnusable(f"{folder} is no backup: it has no {NAME}.") from None
    except (OSError, ValueError) as error:
        raise BackupUnusable(f"{folder / NAME} cannot be read: {error}") from None
    if isinstance(values, dict) and values.get("format", FORMAT) > FORMAT:
        raise BackupUnusable(f"{folder} was made by a newer version of this program; upgrade it.")
    try:
        manifest = Manifest(**values)
        manifest.made  # noqa: B018  (it must be an instant)
        for path, (size, digest) in manifest.files.items():
            if not _is_inside(path) or not isinstance(size, int) or len(digest) != 64:
                raise ValueError(path)
    except (TypeError, ValueError) as error:
        raise BackupUnusable(f"{folder / NAME} is damaged: {error}") from None
    return manifest


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not path.startswith("/")


def problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Each file that is missing or damaged, in a sentence; reads all of them."""
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != size or sha256(path) != digest:
            yield f"{name} is damaged"


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_name(site: str, at: datetime) -> str:
    return f"{site}-{at.astimezone(UTC).strftime(STAMP)}"


def backups_in(folder: Path, site: str = "") -> list[Path]:
    """The finished backups in ``folder``, oldest first; of one site, or of any."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        named = _BACKUP.fullmatch(path.name)
        if named and (not site or named["site"] == site) and (path / NAME).is_file():
            found.append((named["stamp"], path))
    return [path for _, path in sorted(found)]
