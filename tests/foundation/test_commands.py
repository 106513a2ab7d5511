"""bin/: what a machine lacks is said in one clear sentence, before anything is made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ("sh", "dirname", "basename", "cmp", "cp", "mkdir")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone, as far as the commands look at it, and a PATH without any Python."""
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "bin", clone / "bin")
    (clone / "requirements.txt").write_text("")
    catalog = clone / "marketplace/translations/id/LC_MESSAGES/messages"
    catalog.parent.mkdir(parents=True)
    catalog.with_suffix(".po").write_text("")
    catalog.with_suffix(".mo").write_text("")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(str(shutil.which(tool)))
    return clone


def python(checkout: Path, script: str) -> None:
    """A python3 in the PATH that runs a line of shell instead; ``$*`` is what it is asked."""
    path = checkout.parent / "tools" / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(checkout / "bin" / "run")],
        env={"PATH": str(checkout.parent / "tools")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that the command ends with."""
    assert done.returncode != 0
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_machine_without_python_is_told_what_is_needed(checkout: Path) -> None:
    assert refusal(run(checkout)) == "Python 3.11 or newer is needed. Found: none."


def test_an_old_python_is_named(checkout: Path) -> None:
    python(checkout, 'case "$*" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    assert refusal(run(checkout)) == "Python 3.11 or newer is needed. Found: Python 3.9.2."


def test_a_missing_venv_module_is_named_with_its_package(checkout: Path) -> None:
    python(checkout, 'case "$*" in *ensurepip*) exit 1;; esac')
    said = refusal(run(checkout))
    assert "venv module is missing" in said
    assert "python3-venv" in said
    assert not (checkout / ".venv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(checkout: Path) -> None:
    python(checkout, "exit 0")
    checkout.chmod(0o555)
    try:
        said = refusal(run(checkout))
    finally:
        checkout.chmod(0o755)
    assert said == f"The folder {checkout} is not writable for this user."


def test_what_is_installed_is_not_installed_again(checkout: Path) -> None:
    venv = checkout / ".venv" / "bin"
    venv.mkdir(parents=True)
    (venv / "python").write_text('#!/bin/sh\necho "asked: $*"\n')
    (venv / "pip").write_text("#!/bin/sh\n")  # venv makes it last: without it, it was interrupted
    for name in ("python", "pip"):
        (venv / name).chmod(0o755)
    assert "asked: -m pip install" in run(checkout).stdout
    assert run(checkout).stdout.splitlines() == ["asked: -m marketplace.serve"]
    (checkout / "requirements.txt").write_text("another==1.0\n")
    assert "asked: -m pip install" in run(checkout).stdout
