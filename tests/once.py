"""What takes seconds to make is made once in a run, by whichever of its processes comes first."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

FOLDER = "TEST_RUN_FOLDER"  # names the folder that the processes of a run share


def once(name: str, make: Callable[[Path], object], alone: Path) -> Path:
    """The folder that ``make`` filled, for reading only: of this run, or in ``alone`` where a
    process has no others beside it."""
    folder = Path(os.environ.get(FOLDER) or alone)
    made, half_made = folder / name, folder / f"{name}.half"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever waits here finds it made
        if not made.exists():
            shutil.rmtree(half_made, ignore_errors=True)
            half_made.mkdir()
            make(half_made)
            half_made.rename(made)
    return made
