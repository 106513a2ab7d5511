"""A PostgreSQL server of our own for the tests: temporary folder, free port, gone afterwards."""

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

SERVER_USER = "postgres"  # PostgreSQL refuses to run as root


def programs() -> Path | None:
    """The folder that holds initdb and pg_ctl, or None when there is no server here."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


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
def server(
    kept: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """Start a server; yields its URL; stops it and deletes its folder, unless it is to be kept."""
    folder = programs()
    if folder is None:
        raise RuntimeError("no PostgreSQL server is installed")
    home = kept or Path(tempfile.mkdtemp(prefix="lumbung-postgresql-"))
    home.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(SERVER_USER)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data, port = home / "data", _free_port()
    try:
        if not (data / "PG_VERSION").exists():
            _run(str(folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust",
                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        options = (
            f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
        )
        options += "".join(f" -c {name}={value}" for name, value in settings.items())
        log = str(home / "log")
        _run(str(folder / "pg_ctl"), "-D", str(data), "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(
                str(folder / "pg_ctl"),
                "-D",
                str(data),
                "-m",
                "fast" if kept else "immediate",
                "-w",
                "stop",
            )
    finally:
        if not kept:
            shutil.rmtree(home, ignore_errors=True)
