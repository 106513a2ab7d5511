"""The folder of an index on disk: one folder per build, and which of them is in use.

``CURRENT`` holds the name of the build in use; it changes by one rename. ``BROKEN`` holds the name
of a build that some process could not read, so that the process that writes makes a new one.
"""

import contextlib
import secrets
import shutil
from pathlib import Path

CURRENT, BROKEN = "CURRENT", "BROKEN"
FORMAT = 1  # raise it when what is stored changes: builds of other formats count as none
ANY_BUILD = "build-"
PREFIX = f"{ANY_BUILD}{FORMAT}-"


class Builds:
    """Names and files; knows nothing of what is inside a build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> str:
        """Name of the build in use; "" when there is none of this format."""
        name = self._read(CURRENT)
        return name if name.startswith(PREFIX) else ""

    def path(self, build: str) -> Path:
        return self.folder / build

    def size_and_age(self, build: str) -> tuple[int, float]:
        """Bytes of a build, and when its last file was written (seconds since 1970, 0 for never);
        files that go meanwhile do not count."""
        size, written = 0, 0.0
        for path in self.path(build).glob("*"):
            with contextlib.suppress(OSError):
                found = path.stat()
                size, written = size + found.st_size, max(written, found.st_mtime)
        return size, written

    def new(self) -> str:
        """A name that no build has yet."""
        return PREFIX + secrets.token_hex(6)

    def use(self, build: str) -> None:
        """From now on this one; the others, finished or not, are removed."""
        pointer = self.folder / f"{CURRENT}.{build}"
        pointer.write_text(build)
        pointer.replace(self.folder / CURRENT)
        (self.folder / BROKEN).unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if path.is_dir() and path.name.startswith(ANY_BUILD) and path.name != build:
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith(f"{CURRENT}."):
                path.unlink(missing_ok=True)

    def is_broken(self, build: str) -> bool:
        return self._read(BROKEN) == build

    def mark_broken(self) -> None:
        """Leave word that the build in use cannot be read. Never raises."""
        with contextlib.suppress(OSError):
            (self.folder / BROKEN).write_text(self.current())

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text()
        except (OSError, UnicodeDecodeError):
            return ""
