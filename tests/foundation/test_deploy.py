"""The files of docs/deploy/ and the commands of docs/operations.md name only what there is."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest
from flask import Flask

from marketplace import BODY_BYTES_MAX
from marketplace.config import Settings, load_settings
from marketplace.serve import PROCESSES

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "docs" / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
PROGRAM, DATA, BACKUPS = "/opt/lumbung", "/var/lib/lumbung", "/var/backups/lumbung"
UNITS = sorted(DEPLOY.glob("*.service"))


def read(unit: Path) -> list[tuple[str, str]]:
    """The settings of a unit, repeated names and all."""
    lines = [line for line in unit.read_text("utf-8").splitlines() if re.match(r"[A-Z]\w+=", line)]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def starts(unit: Path) -> Iterator[list[str]]:
    for name, value in read(unit):
        if name.startswith("Exec"):
            yield shlex.split(value)


def fenced_commands() -> list[list[str]]:
    """What stands in the code blocks after ``lumbung`` or ``flask --app wsgi``."""
    found = []
    for block in re.findall(r"^```\n(.*?)^```", OPERATIONS, re.S | re.M):
        for line in block.splitlines():
            command = re.fullmatch(r"(?:.*flask --app wsgi|lumbung) (.+)", line)
            if command:
                found.append(shlex.split(command[1]))
    return found


def understand(app: Flask, arguments: list[str]) -> None:
    """Let click parse the command line, without running it. Raises what click raises."""
    group: click.Command = app.cli
    context = click.Context(group)
    while isinstance(group, click.Group):
        name, group, arguments = group.resolve_command(context, arguments)  # type: ignore[assignment]
        assert group is not None, name
    wanted = [a.replace("/path/to", "/tmp") for a in arguments]
    for one in group.params:  # whether the file is there is not the question
        if isinstance(one.type, click.Path):
            one.type = click.Path(path_type=Path)
    group.make_context(name, wanted)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_what_there_is_in_the_folders_of_the_document(app: Flask, unit: Path) -> None:
    values = dict(read(unit))
    assert values["User"] == "lumbung"
    assert values["WorkingDirectory"] == PROGRAM
    name, _, folder = values["Environment"].partition("=")
    assert name.lower() in {field.name for field in fields(Settings)}
    assert folder == DATA
    for command in starts(unit):
        program, *arguments = command
        assert program.startswith(f"{PROGRAM}/.venv/bin/")
        if program.endswith("/python"):
            assert arguments[:2] == ["-m", "marketplace.serve"]
            assert arguments[2] in PROCESSES
        else:
            assert arguments[:2] == ["--app", "wsgi"]
            understand(app, arguments[2:])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_locked_into_its_folder(unit: Path) -> None:
    values = dict(read(unit))
    wanted = {"ProtectSystem": "strict", "NoNewPrivileges": "yes", "UMask": "0077",
              "CapabilityBoundingSet": "", "StateDirectory": "lumbung"}  # fmt: skip
    assert {name: values[name] for name in wanted} == wanted
    assert values.get("ReadWritePaths", BACKUPS) == BACKUPS


def test_the_commands_of_the_document_exist(app: Flask) -> None:
    found = fenced_commands()
    assert len(found) > 8
    for command in found:
        understand(app, command)


def test_a_command_that_does_not_exist_would_be_found(app: Flask) -> None:
    for wrong in (["backups", "DIR"], ["backup", "DIR", "--purge"], ["staff", "promote", "x"]):
        with pytest.raises(click.UsageError):
            understand(app, wrong)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in [*UNITS, *DEPLOY.glob("*.timer")]:
        text = unit.read_text("utf-8").replace("User=lumbung", "User=root")
        text = re.sub(rf"{PROGRAM}/\.venv/bin/\w+", "/bin/true", text)
        (tmp_path / unit.name).write_text(text.replace(f"={PROGRAM}", f"={tmp_path}"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "lumbung" in line]
    assert ours == []


def test_the_settings_file_can_be_used_as_it_is(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "config.toml", tmp_path)
    settings = load_settings({}, instance_dir=tmp_path)
    assert settings.is_https
    assert not settings.demo
    assert settings.hosts == ["lumbung.example.org"]
    commented = [line[2:] for line in (tmp_path / "config.toml").read_text().splitlines()
                 if re.match(r"# \w+ = ", line)]  # fmt: skip
    (tmp_path / "config.toml").write_text("\n".join(commented))
    assert load_settings({}, instance_dir=tmp_path).database.startswith("postgresql+psycopg://")


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxy_reaches_the_site_and_lets_a_photo_through(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    port = next(field.default for field in fields(Settings) if field.name == "port")
    assert f"127.0.0.1:{port}" in text
    megabytes = int(re.search(r"(\d+)(?:m|MB)\b", text)[1])  # type: ignore[index]
    assert megabytes * 1_000_000 >= BODY_BYTES_MAX
    if name == "nginx.conf":
        for header in ("For $remote_addr", "Host $host", "Proto $scheme"):
            assert f"proxy_set_header X-Forwarded-{header};" in text


def test_the_wrapper_is_a_shell_script_that_uses_the_same_folders() -> None:
    wrapper = DEPLOY / "lumbung"
    assert wrapper.stat().st_mode & 0o111
    text = wrapper.read_text("utf-8")
    assert f"cd {PROGRAM}\n" in text
    assert f"INSTANCE_DIR={DATA} " in text
    assert subprocess.run(["sh", "-n", str(wrapper)], check=False).returncode == 0


def test_every_file_for_the_server_is_in_the_document() -> None:
    for path in DEPLOY.iterdir():
        assert path.name in OPERATIONS or f"*{path.suffix}" in OPERATIONS, path.name


def test_every_service_named_in_the_document_has_its_unit() -> None:
    names = set(re.findall(r"\blumbung-[a-z]+\b", OPERATIONS))
    assert names == {path.stem for path in [*UNITS, *DEPLOY.glob("*.timer")]}
