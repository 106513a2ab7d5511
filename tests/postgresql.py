"""A PostgreSQL server of our own for the tests: temporary folder, no port, gone afterwards.

It keeps nothing safe: whatever would survive a fall of the machine is turned off.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

IN_MEMORY = Path("/dev/shm")
IN_MEMORY_BYTES = 2 * 1024**3  # free there, or the folder is on the disk
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "checkpoint_timeout": "1h",
    "update_process_title": "off",
    "max_connections": 200,
}
# What the planner chooses must not depend on whether a vacuum came by.
PREDICTABLE: Mapping[str, Any] = MappingProxyType(
    {"autovacuum": "off", "jit": "off", "max_parallel_workers_per_gather": 0}
)
SERVER_USER = "postgres"  # PostgreSQL refuses to run as root


def programs() -> Path | None:
    """The folder that holds initdb and pg_ctl, or None when there is no server here."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def in_memory() -> str | None:
    """A folder in memory when there is one with room: nobody waits for the disk there."""
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= IN_MEMORY_BYTES:
        return str(IN_MEMORY)
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: str) -> None:
    as_root = os.geteuid() == 0
    prefix = ["setpriv", "--reuid", SERVER_USER, "--regid", SERVER_USER, "--init-groups"]
    done = subprocess.run(
        [*(prefix if as_root else []), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout.decode()}")


@contextmanager
def server(kept: Path | None = None, settings: Mapping[str, Any] = PREDICTABLE) -> Iterator[str]:
    """Start a server; yields its URL; stops it and deletes its folder, unless it is to be kept.

    A kept one is reached by a port, as that of a site is.
    """
    folder = programs()
    if folder is None:
        raise RuntimeError("no PostgreSQL server is installed")
    home = kept or Path(tempfile.mkdtemp(prefix="lumbung-postgresql-", dir=in_memory()))
    home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(SERVER_USER)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = home / "data"
    reach, url = "-c listen_addresses=", f"postgresql://postgres@/postgres?host={home}"
    if kept:
        port = _free_port()
        reach = f"-c listen_addresses=127.0.0.1 -p {port}"
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        if not (data / "PG_VERSION").exists():
            _run(str(folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust",
                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        options = f"-k {home} {reach}"
        options += "".join(
            f" -c {name}={value}" for name, value in {**CARELESS, **settings}.items()
        )
        log = str(home / "log")
        _run(str(folder / "pg_ctl"), "-D", str(data), "-l", log, "-o", options, "-w", "start")
        try:
            yield url
        finally:
            mode = "fast" if kept else "immediate"
            _run(str(folder / "pg_ctl"), "-D", str(data), "-m", mode, "-w", "stop")
    finally:
        if not kept:
            shutil.rmtree(home, ignore_errors=True)
