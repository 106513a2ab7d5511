"""The documents say what the code does: settings, commands, routes..

``python -m tests.test_docs`` rewrites the tables of docs/operations.md, docs/privacy.md and
docs/exchanges.md from the code.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
from flask import Flask

from marketplace import create_app
from marketplace.config import Settings, load_settings
from marketplace.exchanges import rules
from marketplace.privacy import retention
from tests import exchange_tables

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = ROOT / "docs" / "operations.md"
PRIVACY = ROOT / "docs" / "privacy.md"
EXCHANGES = ROOT / "docs" / "exchanges.md"


# A mark, and what is written below it up to the next empty line; a drawing ends with its fence.
BLOCK = r"(<!-- {name}: [^>]*-->\n)((?:```.*?\n```|.*?)(?=\n\n))"


def settings_table() -> str:
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for field in fields(Settings):
        default = "`instance`" if field.name == "instance_dir" else f"`{field.default!r}`"
        rows.append(f"| `{field.name.upper()}` | {default} | {field.metadata['doc']} |")
    return "\n".join(rows)


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


def commands_table(app: Flask) -> str:
    rows = ["| command | what it does |", "|---|---|"]
    for name, command in _commands(app.cli):  # type: ignore[arg-type]
        if name.split()[0] in ("db", "run", "shell", "routes"):
            continue
        arguments = [
            p.make_metavar(click.Context(command))
            for p in command.params
            if isinstance(p, click.Argument)
        ]
        first = (command.help or "").split("\n\n")[0].replace("\n", " ").replace("\x08", "").strip()
        rows.append(f"| `{' '.join([name, *arguments])}` | {first} |")
    return "\n".join(rows)


def routes_table(app: Flask) -> str:
    rows = ["| address | methods | answered by |", "|---|---|---|"]
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.rule, r.endpoint)):
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        rows.append(f"| `{rule.rule}` | {methods} | {rule.endpoint} |")
    return "\n".join(rows)


def tables() -> dict[str, str]:
    """The three tables as the code has them, demo pages included."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_settings({}, instance_dir=folder, demo=True))
        return {
            "settings": settings_table(),
            "commands": commands_table(app),
            "routes": routes_table(app),
        }


def in_document(name: str, document: Path = OPERATIONS) -> str:
    text = document.read_text("utf-8")
    found = re.search(BLOCK.format(name=name), text, re.S)
    assert found, f"{document.name} has no table of {name}"
    return found.group(2)


def test_the_steps_of_an_exchange_are_drawn_as_the_rules_have_them() -> None:
    for name, block in exchange_tables.blocks().items():
        assert in_document(name, EXCHANGES) == block, name


def test_the_walk_through_the_rules_finds_every_step_and_state() -> None:
    """Otherwise what is drawn would be less than what may happen."""
    found = exchange_tables.moves()
    assert {move.verb for move in found} == set(rules.BY_VERB)
    assert {move.after for move in found} | {"interested"} == set(rules.STATES)
    for move in found:
        assert move.before in rules.BY_VERB[move.verb].before, move


def test_the_settings_are_documented() -> None:
    assert in_document("settings") == tables()["settings"]


def test_the_commands_are_documented() -> None:
    assert in_document("commands") == tables()["commands"]


def test_the_routes_are_documented() -> None:
    assert in_document("routes") == tables()["routes"]


def test_every_package_is_on_the_map() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for path in (ROOT / "marketplace").iterdir():
        if path.is_dir() and (path / "__init__.py").exists():
            assert f"`marketplace/{path.name}/`" in text, path.name


def test_every_local_link_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def write() -> None:
    replace_in(OPERATIONS, tables())
    replace_in(PRIVACY, {"retention": retention.table()})
    replace_in(EXCHANGES, exchange_tables.blocks())


def replace_in(document: Path, blocks: dict[str, str]) -> None:
    text = document.read_text("utf-8")
    for name, block in blocks.items():
        pattern = BLOCK.format(name=name)
        text = re.sub(pattern, lambda m, new=block: f"{m[1]}{new}", text, flags=re.S)
    document.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
