"""Settings: read once from ``instance/config.toml`` and the environment, then frozen.

A setting that is misspelt or impossible stops the start with a sentence that names it.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PROJECT_ROOT = Path(__file__).resolve().parent.parent
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingError(Exception):
    """A setting cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of the site. Names in the environment are the same in capitals.

    The metadata text of each field is its documentation in docs/operations.md.
    """

    instance_dir: Path = field(metadata={"doc": "folder for database, index, uploads, mail, keys"})
    database_url: str = field(default="", metadata={"doc": "empty: SQLite in the instance folder"})
    secret_key: str = field(default="", metadata={"doc": "signing key; made on the first start"})
    site_name: str = field(default="Lumbung", metadata={"doc": "name shown to members"})
    site_url: str = field(
        default="", metadata={"doc": "public address; setting it makes a real site"}
    )
    demo: bool = field(default=False, metadata={"doc": "demo neighbourhood, sign-in by a button"})
    lan: bool = field(default=False, metadata={"doc": "serve the local network, plain HTTP"})
    trusted_hosts: str = field(
        default="", metadata={"doc": "further host names, separated by commas"}
    )
    host: str = field(default="127.0.0.1", metadata={"doc": "address the web process listens on"})
    port: int = field(default=8000, metadata={"doc": "port the web process listens on"})
    trusted_proxies: int = field(
        default=0, metadata={"doc": "number of reverse proxies whose X-Forwarded headers count"}
    )
    threads: int = field(default=8, metadata={"doc": "web threads"})
    default_language: str = field(
        default="id", metadata={"doc": "id or en, when nothing else tells"}
    )
    default_zone: str = field(default="Asia/Jakarta", metadata={"doc": "IANA zone for visitors"})
    default_area: str = field(default="", metadata={"doc": "area code shown to new visitors"})
    contact_email: str = field(default="", metadata={"doc": "address shown on the about page"})
    poverty_file: str = field(
        default="",
        metadata={
            "doc": "CSV (code,poverty_pct) of areas, in the instance folder; empty: Indonesia"
        },
    )
    mail_from: str = field(
        default="", metadata={"doc": "sender of mail; from the site's host if empty"}
    )
    smtp_url: str = field(
        default="",
        metadata={"doc": "smtp://user:password@host:587 or smtps://...; empty: .eml files"},
    )
    tile_url: str = field(default="", metadata={"doc": "map tiles, https://.../{z}/{x}/{y}.png"})
    tile_attribution: str = field(default="", metadata={"doc": "credit shown on the map"})
    log_level: str = field(default="INFO", metadata={"doc": "DEBUG, INFO, WARNING or ERROR"})

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        if not self.database_url:
            return f"sqlite:///{self.instance_dir / 'marketplace.sqlite3'}"
        for plain in ("postgresql://", "postgres://"):
            if self.database_url.startswith(plain):
                return "postgresql+psycopg://" + self.database_url.removeprefix(plain)
        return self.database_url

    @property
    def is_https(self) -> bool:
        return self.site_url.startswith("https://")

    @property
    def base_url(self) -> str:
        """Address that goes into mail, without a slash at the end."""
        return (self.site_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def hosts(self) -> list[str]:
        """Host names that a request may carry."""
        given = [host.strip() for host in self.trusted_hosts.split(",") if host.strip()]
        if self.site_url:
            return [urlsplit(self.site_url).hostname or "", *given]
        return ["localhost", "127.0.0.1", "[::1]", self.host, *given]

    @property
    def sender(self) -> str:
        return self.mail_from or f"noreply@{urlsplit(self.base_url).hostname}"

    @property
    def index_dir(self) -> Path:
        return self.instance_dir / "index"

    @property
    def uploads_dir(self) -> Path:
        return self.instance_dir / "uploads"

    @property
    def poverty_path(self) -> Path | None:
        """The file of the operator; None: Indonesia's."""
        return self.instance_dir / self.poverty_file if self.poverty_file else None

    @property
    def mail_dir(self) -> Path:
        return self.instance_dir / "mail"


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings; keyword arguments win over the environment, that over the file.

    Raises SettingError naming the setting. Makes the instance folder and the secret key.
    """
    environ = os.environ if environ is None else environ
    instance_dir = Path(
        overrides.pop("instance_dir", None)
        or environ.get("INSTANCE_DIR")
        or PROJECT_ROOT / "instance"
    ).absolute()
    _make_folder(instance_dir)
    values = _from_file(instance_dir / "config.toml")
    known = {f.name: f.type for f in fields(Settings)}
    values |= {name: environ[name.upper()] for name in known if name.upper() in environ}
    values |= overrides
    values.pop("instance_dir", None)
    typed = {name: _typed(name, known[name], value) for name, value in values.items()}
    if not typed.get("secret_key"):
        typed["secret_key"] = _secret_key(instance_dir / "secret_key")
    settings = Settings(instance_dir=instance_dir, **typed)
    _check(settings)
    return settings


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingError(f"INSTANCE_DIR: {folder} cannot be made: {error.strerror}.") from None
    if not os.access(folder, os.W_OK):
        raise SettingError(f"INSTANCE_DIR: {folder} is not writable for this user.")


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{path}: {error}") from None
    known = {f.name for f in fields(Settings)}
    for name in values:
        if name not in known:
            raise SettingError(f"{path}: there is no setting {name!r}.")
    return values


def _typed(name: str, kind: Any, value: Any) -> Any:
    if kind is int:
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SettingError(f"{name.upper()}: {value!r} is not a whole number.") from None
    if kind is bool and isinstance(value, str):
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "0": False,
            "false": False,
            "no": False,
            "": False,
        }
        if value.lower() not in words:
            raise SettingError(f"{name.upper()}: {value!r} is neither true nor false.")
        return words[value.lower()]
    return value


def _secret_key(path: Path) -> str:
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()


def _check(settings: Settings) -> None:
    if len(settings.secret_key) < 32:
        raise SettingError("SECRET_KEY: at least 32 characters are needed.")
    if settings.default_language not in ("id", "en"):
        raise SettingError("DEFAULT_LANGUAGE: id or en.")
    if not 0 < settings.port < 65536:
        raise SettingError("PORT: a number from 1 to 65535.")
    if settings.site_url and urlsplit(settings.site_url).scheme not in ("http", "https"):
        raise SettingError("SITE_URL: an address that begins with https:// (or http://).")
    if settings.demo and settings.site_url:
        raise SettingError("DEMO: a site with a SITE_URL is a real site and cannot be a demo.")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in ("smtp", "smtps"):
        raise SettingError("SMTP_URL: an address that begins with smtp:// or smtps://.")
    if settings.lan and settings.site_url:
        raise SettingError("LAN: a site with a SITE_URL is reached by that; unset one of the two.")
    if settings.threads < 1:
        raise SettingError("THREADS: at least 1.")
    if settings.trusted_proxies < 0:
        raise SettingError("TRUSTED_PROXIES: 0, or the number of proxies before the site.")
    if settings.log_level.upper() not in LOG_LEVELS:
        raise SettingError(f"LOG_LEVEL: one of {', '.join(LOG_LEVELS)}.")
    if settings.tile_url and urlsplit(settings.tile_url).scheme not in ("http", "https"):
        raise SettingError("TILE_URL: an address that begins with https:// (or http://).")
    _check_zone(settings.default_zone)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise SettingError(f"DEFAULT_ZONE: {name!r} is no IANA zone, like Asia/Jakarta.") from None
