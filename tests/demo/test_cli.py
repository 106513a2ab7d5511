"""``flask demo`` and the wall between demo and real."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
import pytest
from flask import Flask

from marketplace.cli import prepare_site
from marketplace.config import Settings
from marketplace.demo import service
from tests import factories


def test_the_commands_load_reset_and_remove(app: Flask, load_demo: Callable[[], Any]) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["demo", "load"])
    assert first.exit_code == 0
    assert "60 members" in first.output
    assert "here already" in runner.invoke(args=["demo", "load"]).output
    assert runner.invoke(args=["demo", "reset"]).exit_code == 0
    assert "Removed 60" in runner.invoke(args=["demo", "remove"]).output
    assert not service.has_demo()


def test_a_real_site_gets_no_made_up_members(
    make_app: Callable[..., Flask], settings: Settings
) -> None:
    runner = make_app(replace(settings, site_url="https://lumbung.example")).test_cli_runner()
    for command in ("load", "reset"):
        refused = runner.invoke(args=["demo", command])
        assert refused.exit_code == 1
        assert "SITE_URL" in refused.output


def test_a_real_site_does_not_start_on_a_demo_database(app: Flask, load_demo: Any) -> None:
    factories.member("Contoh", is_demo=True)
    with pytest.raises(click.ClickException, match="demo remove"):
        prepare_site(app)
