"""A setting that cannot work stops the start with its name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, request

from marketplace.config import SettingError, Settings, load_settings


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('site_name = "Balai Warga"\nport = 9000\n')
    settings = load_settings({"PORT": "9100"}, instance_dir=tmp_path)
    assert (settings.site_name, settings.port) == ("Balai Warga", 9100)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PORT": "abc"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"DEMO": "maybe"}, "DEMO"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEFAULT_LANGUAGE": "nl"}, "DEFAULT_LANGUAGE"),
        ({"SITE_URL": "lumbung.example.org"}, "SITE_URL"),
        ({"SITE_URL": "https://lumbung.example.org", "DEMO": "true"}, "DEMO"),
        ({"SMTP_URL": "mail.example.org"}, "SMTP_URL"),
        ({"SITE_URL": "https://lumbung.example.org", "LAN": "true"}, "LAN"),
        ({"THREADS": "0"}, "THREADS"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"TILE_URL": "tiles.example.org/{z}/{x}/{y}.png"}, "TILE_URL"),
        ({"DEFAULT_ZONE": "Asia/Nowhere"}, "DEFAULT_ZONE"),
        ({"DEFAULT_ZONE": "../Jakarta"}, "DEFAULT_ZONE"),
    ],
)
def test_an_impossible_setting_is_named(
    tmp_path: Path, environ: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingError, match=named):
        load_settings(environ, instance_dir=tmp_path)


def test_a_misspelt_setting_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('sitename = "Balai"\n')
    with pytest.raises(SettingError, match="sitename"):
        load_settings({}, instance_dir=tmp_path)


def test_the_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    first = load_settings({}, instance_dir=tmp_path).secret_key
    assert load_settings({}, instance_dir=tmp_path).secret_key == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_an_instance_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="INSTANCE_DIR"):
        load_settings({}, instance_dir=tmp_path / "file" / "instance")


def test_a_real_site_accepts_only_its_own_host(tmp_path: Path) -> None:
    settings = load_settings({"SITE_URL": "https://lumbung.example.org"}, instance_dir=tmp_path)
    assert settings.hosts == ["lumbung.example.org"]


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_only_a_trusted_proxy_says_who_is_asking(
    make_app: Callable[..., Flask], settings: Settings, proxies: int, seen: str
) -> None:
    app = make_app(replace(settings, trusted_proxies=proxies))
    forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    with app.test_client() as client:
        client.get("/healthz", headers=forwarded)
        assert request.remote_addr == seen
