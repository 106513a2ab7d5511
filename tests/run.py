"""What bin/test does: every group this machine can run, one line for each it cannot.

Groups: SQLite (everything but the browser), PostgreSQL (what touches the database), browser.
With arguments it hands them to pytest and runs nothing else.
"""

import os
import subprocess
import sys
import tempfile
import time

from tests import once, postgresql

REQUIRED = {name for name in os.environ.get("REQUIRE", "").split(",") if name}
NO_TESTS_COLLECTED = 5
STEAL = ("--dist", "worksteal")  # who is done early takes over: some tests take half a minute


def pytest(*arguments: str, **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *arguments]
    environment = {"PYTHONDONTWRITEBYTECODE": "", **environment}  # or each process compiles all
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def group(name: str, *arguments: str, **environment: str) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    status = pytest(*arguments, **environment)
    print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return status in (0, NO_TESTS_COLLECTED)


def left_out(name: str, reason: str) -> bool:
    """Say that a group is not run; returns whether that may be."""
    print(f"\n== left out: {name} ({reason})", flush=True)
    return name not in REQUIRED


def main(arguments: list[str]) -> int:
    if arguments:
        return pytest(*arguments)
    with tempfile.TemporaryDirectory(prefix="lumbung-", dir=postgresql.in_memory()) as folder:
        os.environ["TMPDIR"] = folder  # thousands of small databases, each gone after its test
        os.environ[once.FOLDER] = folder
        return groups()


def groups() -> int:
    workers = ("-n", str(max(2, min(os.cpu_count() or 2, 8))), *STEAL)
    good = [group("SQLite", *workers, "-m", "not browser")]
    if postgresql.programs():
        with postgresql.server() as url:
            good.append(
                group(
                    "PostgreSQL", *workers, "-m", "database and not browser", TEST_DATABASE_URL=url
                )
            )
    else:
        good.append(left_out("postgresql", "no server is installed"))
    good.append(group("browser", "-n", "2", *STEAL, "-m", "browser", "tests/browser"))
    if not os.environ.get("EVALUATION_DATA"):
        left_out("evaluation", "EVALUATION_DATA is not set")
    print(f"\n== {'all groups passed' if all(good) else 'SOMETHING FAILED, see above'}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
