"""What bin/run starts: the web process and the worker, restarted when they die.

The parent holds no database and no request; it prepares, starts, watches and stops.
"""

import argparse
import errno
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from marketplace.backups import swap
from marketplace.config import SettingError, Settings, load_settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"
RESTART_AFTER_SECONDS = 1.0
RESTART_AFTER_MAX_SECONDS = 30.0
STOP_WITHIN_SECONDS = 10.0
LIVED_WELL_SECONDS = 60.0  # after this long a death is not the same failure again


def parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/run", description="Start the marketplace.")
    parser.add_argument("--port", type=int, help="port to listen on (PORT; 8000)")
    parser.add_argument("--empty", action="store_true", help="a real site, without the demo")
    parser.add_argument("--lan", action="store_true", help="reachable from the local network")
    return parser.parse_args(argv)


def lan_address() -> str:
    """This machine's address in its local network; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            raise SettingError("--lan: this machine has no address in a local network.") from None


def settings_for(options: argparse.Namespace) -> Settings:
    """The settings of this start. Demo mode unless the site is real."""
    given = load_settings()
    overrides: dict[str, Any] = {"demo": not (options.empty or given.site_url)}
    if options.port:
        overrides["port"] = options.port
    if options.lan or given.lan:
        overrides |= {"lan": True, "host": lan_address()}
    return load_settings(**overrides)


def environment(settings: Settings) -> dict[str, str]:
    """What the child processes read their settings from."""
    return os.environ | {
        "INSTANCE_DIR": str(settings.instance_dir),
        "DEMO": str(settings.demo).lower(),
        "LAN": str(settings.lan).lower(),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "PYTHONUNBUFFERED": "1",
    }


def check_port(host: str, port: int) -> None:
    """Raise SettingError when nothing can listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SettingError(
                    f"PORT: {port} is in use. Choose another: bin/run --port {port + 1}"
                ) from None
            raise SettingError(f"PORT: cannot listen on {host}:{port}: {error.strerror}.") from None


class Child:
    """One process that should be running; restarted with growing patience."""

    def __init__(self, name: str, arguments: Sequence[str], env: dict[str, str]) -> None:
        self.name, self.arguments, self.env = name, arguments, env
        self.patience = RESTART_AFTER_SECONDS
        self.restart_at = 0.0
        self.start()

    def start(self) -> None:
        self.started_at = time.monotonic()
        # A session of its own: Ctrl-C reaches the parent alone, which then stops both in order.
        self.process = subprocess.Popen(self.arguments, env=self.env, start_new_session=True)
        self.restart_at = 0.0

    def watch(self) -> None:
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if not self.restart_at:
            lived_well = now - self.started_at > LIVED_WELL_SECONDS
            self.patience = (
                RESTART_AFTER_SECONDS
                if lived_well
                else min(self.patience * 2, RESTART_AFTER_MAX_SECONDS)
            )
            self.restart_at = now + self.patience
            print(
                f"The {self.name} ended with {self.process.returncode}; "
                f"starting it again in {self.patience:.0f} s.",
                file=sys.stderr,
            )
        elif now >= self.restart_at:
            self.start()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serve_web() -> None:
    """The web process."""
    import waitress

    from marketplace import create_app
    from marketplace.search.analysis import query_groups

    # Waitress lets the requests that are running end, then stops.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    settings = load_settings()
    app = create_app(settings)
    query_groups("lumbung")  # reads the lexicon, so that no visitor waits for it
    keep_what_is_there()
    waitress.serve(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        ident="",
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
        channel_timeout=60,
        clear_untrusted_proxy_headers=not settings.trusted_proxies,  # ProxyFix reads them
    )


def serve_worker() -> None:
    """The worker process."""
    from marketplace import create_app
    from marketplace.worker import work

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    app = create_app()
    keep_what_is_there()
    work(app)


def keep_what_is_there() -> None:
    """Look for garbage from now on, and never in what the start has made: it stays to the end."""
    gc.freeze()
    gc.enable()


def announce(settings: Settings) -> None:
    address = settings.site_url or f"http://{settings.host}:{settings.port}/"
    print(f"\n  {settings.site_name} is at {address}\n", flush=True)
    if settings.lan:
        import segno

        segno.make(address, error="l").terminal(compact=True, border=2)
        print("Plain HTTP for your own network only; do not open this port to the internet.")
    if settings.demo:
        print("Demo mode: invented neighbours, sign-in by a button. A real site: bin/run --empty")
    print("Stop with Ctrl-C.", flush=True)


def run(settings: Settings) -> int:
    """Prepare, then keep both processes alive until told to stop; returns the exit status."""
    check_port(settings.host, settings.port)
    env = environment(settings)
    this = [sys.executable, "-m", "marketplace.serve"]
    if not is_prepared(settings):
        prepared = subprocess.run([*this, "prepare"], env=env, check=False)
        if prepared.returncode:
            return prepared.returncode
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    children = [Child("web process", [*this, "web"], env), Child("worker", [*this, "worker"], env)]
    if not is_listening(settings, children[0]):
        stopping.append(1)
    else:
        announce(settings)
    while not stopping:
        for child in children:
            child.watch()
        time.sleep(0.2)
    for child in children:
        child.stop()
    for child in children:
        child.wait(STOP_WITHIN_SECONDS)
    return 0 if stopping[0] in (signal.SIGTERM, signal.SIGINT) else 1


def is_listening(settings: Settings, web: Child) -> bool:
    """Wait for the web process to answer; False when it died before it ever did."""
    while web.process.poll() is None:
        try:
            socket.create_connection((settings.host, settings.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    print("The site could not start; the lines above say why.", file=sys.stderr)
    return False


def is_prepared(settings: Settings) -> bool:
    """Whether nothing is left to prepare, by one query; the application need not be loaded.

    A False costs a second: ``prepare`` looks again, does what is missing and says what is wrong.
    """
    if swap.is_interrupted(settings):
        return False
    engine = create_engine(settings.database, poolclass=NullPool)
    query = (
        "SELECT version_num, EXISTS (SELECT 1 FROM areas), "
        "EXISTS (SELECT 1 FROM members WHERE is_demo) FROM alembic_version"
    )
    try:
        with engine.connect() as connection:
            revision, has_areas, has_demo = connection.execute(text(query)).one()
    except SQLAlchemyError:
        return False
    newest = max(path.name.split("_")[0] for path in VERSIONS.glob("[0-9]*.py"))
    return revision == newest and bool(has_areas) and bool(has_demo) == settings.demo


def prepare() -> None:
    """Migrate and load, in a process of its own."""
    from click import ClickException

    from marketplace import create_app
    from marketplace.cli import prepare_site

    app = create_app()
    keep_what_is_there()
    with app.app_context():
        try:
            prepare_site(app)
        except ClickException as error:
            sys.exit(error.message)


# ``python -m marketplace.serve NAME``: what the parent starts, and service managers may.
PROCESSES = {"web": serve_web, "worker": serve_worker, "prepare": prepare}


def main(argv: Sequence[str]) -> int:
    try:
        if argv and argv[0] in PROCESSES:
            gc.disable()  # a fifth of the time of a start, for nothing
            PROCESSES[argv[0]]()
            return 0
        return run(settings_for(parse(argv)))
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
