"""bin/run: two processes that come back when they die, and clear words when they cannot start."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from marketplace import create_app
from marketplace.config import Settings
from marketplace.db import db
from marketplace.serve import announce, is_prepared, parse, settings_for
from tests.sample_areas import load_sample

START_WITHIN_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Settings, **more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("PORT", "DEMO", "SITE_URL")}
    return (
        clean
        | {
            "INSTANCE_DIR": str(settings.instance_dir),
            "DATABASE_URL": settings.database_url,
            "LOG_LEVEL": "ERROR",
        }
        | more
    )


def get_json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def wait_for(check: Callable[[], Any], seconds: float = START_WITHIN_SECONDS) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if result := check():
                return result
        except (OSError, ValueError):
            pass
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def site(settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A running site with a few areas and nobody in it; stopped afterwards."""
    with create_app(settings).app_context():
        load_sample()
        db.session.remove()
        db.engine.dispose()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "marketplace.serve", "--empty", "--port", str(port)],
        env=environment(settings),
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: get_json(f"http://127.0.0.1:{port}/healthz"))
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def children(pid: int) -> dict[str, int]:
    """Role to process id of the children of ``pid``."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    found = {}
    for child in text.split():
        command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if len(command) > 1:  # an ended process has no command any more
            found[command[-2].decode()] = int(child)
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_killed_process_comes_back_and_the_site_is_well(
    site: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = site
    before = children(process.pid)
    os.kill(before["web"], signal.SIGKILL)
    os.kill(before["worker"], signal.SIGKILL)

    def is_back() -> bool:
        now = children(process.pid)
        if not {"web", "worker"} <= now.keys() or now["web"] == before["web"]:
            return False
        return bool(get_json(f"http://127.0.0.1:{port}/healthz")["status"] == "ok")

    wait_for(is_back)


def test_stopping_stops_both_processes(site: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = site
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    with pytest.raises(OSError, match="refused"):
        get_json(f"http://127.0.0.1:{port}/healthz")


def serve(settings: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "marketplace.serve", *arguments],
        env=environment(settings, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_busy_port_is_one_clear_sentence(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve(settings, "--port", str(port))
    assert done.returncode != 0
    assert done.stderr.strip().splitlines() == [
        f"PORT: {port} is in use. Choose another: bin/run --port {port + 1}"
    ]


def test_a_wrong_setting_is_one_clear_sentence(settings: Settings) -> None:
    done = serve(settings, PORT="many")
    assert done.returncode != 0
    assert done.stderr.strip() == "PORT: 'many' is not a whole number."


@pytest.fixture
def in_a_network(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """The machine's address in a local network, whatever this machine has."""
    address = "192.168.7.5"
    monkeypatch.setattr("marketplace.serve.lan_address", lambda: address)
    monkeypatch.setenv("INSTANCE_DIR", str(settings.instance_dir))
    monkeypatch.delenv("SITE_URL", raising=False)
    return address


def test_a_site_in_the_local_network_is_reached_by_its_address_only(in_a_network: str) -> None:
    settings = settings_for(parse(["--lan", "--empty"]))
    assert settings.host == in_a_network
    app = create_app(settings)
    client = app.test_client()
    answer = client.get("/sign-in", base_url=f"http://{in_a_network}:8000")
    assert answer.status_code == 200
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("session=")  # __Host- and Secure would lose it over plain HTTP
    assert "Secure" not in cookie
    assert client.get("/sign-in", base_url="http://192.168.7.6:8000").status_code == 400
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.usefixtures("in_a_network")
def test_without_the_option_nobody_in_the_network_reaches_the_site() -> None:
    assert settings_for(parse([])).host == "127.0.0.1"


def test_the_local_network_is_served_by_setting_too(
    in_a_network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAN", "true")
    assert settings_for(parse([])).host == in_a_network


def test_phones_in_the_network_get_a_code_to_scan(
    in_a_network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(settings_for(parse(["--lan"])))
    in_network = capsys.readouterr().out
    announce(settings_for(parse([])))
    alone = capsys.readouterr().out
    assert f"http://{in_a_network}:8000/" in in_network
    assert set("█▀▄") & set(in_network)
    assert not set("█▀▄") & set(alone)


def test_empty_is_a_real_site_and_the_first_start_is_a_demo(in_a_network: str) -> None:
    assert settings_for(parse([])).demo
    assert not settings_for(parse(["--empty"])).demo


def test_a_given_port_wins_over_the_setting(
    in_a_network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "8100")
    assert settings_for(parse([])).port == 8100
    assert settings_for(parse(["--port", "8200"])).port == 8200


def test_demo_mode_is_refused_where_a_site_url_is_set(settings: Settings) -> None:
    done = serve(settings, SITE_URL="https://lumbung.example.org", DEMO="true")
    assert done.returncode != 0
    assert done.stderr.startswith("DEMO: a site with a SITE_URL is a real site")


def test_a_prepared_site_is_known_by_one_query(settings: Settings) -> None:
    assert not is_prepared(settings)  # no areas yet
    with create_app(settings).app_context():
        load_sample()
        assert is_prepared(settings)
        assert not is_prepared(replace(settings, demo=True))  # the neighbours are missing
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        assert not is_prepared(settings)
        db.session.remove()
        db.engine.dispose()
