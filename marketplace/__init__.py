"""A marketplace where neighbours share goods, skills and mentoring.

``create_app`` is the only place where the parts meet.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace.config import PROJECT_ROOT, SettingError, Settings, load_settings
from marketplace.db import db as database
from marketplace.db import prepare_engine
from marketplace.mail import Mailer, make_mailer
from marketplace.search.port import SearchIndex

BODY_BYTES_MAX = 9 * 1024 * 1024  # one photo of 8 MB and its form
FORM_MEMORY_BYTES_MAX = 512 * 1024


@dataclass(frozen=True, slots=True)
class Parts:
    """What services are given: the settings and the ports."""

    settings: Settings
    search_index: SearchIndex
    mailer: Mailer


def create_app(
    settings: Settings | None = None,
    *,
    search_index: SearchIndex | None = None,
    mailer: Mailer | None = None,
    **flask_config: Any,
) -> Flask:
    """The application. ``flask_config`` is for tests (TESTING, WTF_CSRF_ENABLED)."""
    settings = settings or load_settings()
    _check_poverty(settings)
    app = Flask(
        __name__,
        instance_path=str(settings.instance_dir),
        template_folder=str(PROJECT_ROOT / "templates"),
        static_folder=str(PROJECT_ROOT / "static"),
    )
    app.config.from_mapping(_flask_settings(settings) | flask_config)
    app.extensions["marketplace"] = Parts(
        settings,
        search_index if search_index is not None else _make_index(settings),
        mailer or make_mailer(settings),
    )
    _init_logs(settings)
    _init_extensions(app, settings)
    _init_features(app)
    return app


def _check_poverty(settings: Settings) -> None:
    """A file that cannot be used stops the start, not the page that needs it."""
    from marketplace.places import poverty

    try:
        if settings.poverty_path:
            poverty.read(settings.poverty_path)
    except (OSError, ValueError) as error:
        raise SettingError(f"POVERTY_FILE: {error}") from None


def _make_index(settings: Settings) -> SearchIndex:
    """The search index lies where the data lies: beside SQLite in a folder, or in PostgreSQL."""
    if settings.database.startswith("postgresql"):
        from marketplace.search.postgres_index import PostgresIndex

        return PostgresIndex(settings.database)
    from marketplace.search.whoosh_index import WhooshIndex

    return WhooshIndex(settings.index_dir)


def _flask_settings(settings: Settings) -> dict[str, Any]:
    prefix = "__Host-" if settings.is_https else ""
    url = settings.base_url.partition("://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database,
        # An error that is logged with its values would carry what members wrote.
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=90),
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": BODY_BYTES_MAX,
        "MAX_FORM_MEMORY_SIZE": FORM_MEMORY_BYTES_MAX,
        "MAX_FORM_PARTS": 200,
        "TRUSTED_HOSTS": settings.hosts,
        "PREFERRED_URL_SCHEME": url[0],
        "BABEL_DEFAULT_LOCALE": settings.default_language,
        "BABEL_DEFAULT_TIMEZONE": settings.default_zone,
        "BABEL_TRANSLATION_DIRECTORIES": str(PROJECT_ROOT / "marketplace" / "translations"),
        "COMPRESS_MIMETYPES": [
            "text/html",
            "text/css",
            "text/javascript",
            "application/json",
            "application/problem+json",
            "image/svg+xml",
        ],
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
    }


def _init_extensions(app: Flask, settings: Settings) -> None:
    from marketplace import assets, web
    from marketplace.accounts import login
    from marketplace.migrations import migrate

    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    database.init_app(app)
    with app.app_context():
        prepare_engine(database.engine)
    migrate.init_app(app, database)
    web.csrf.init_app(app)
    web.limiter.init_app(app)
    Compress(app)
    login.init_login(app)
    Babel(app, locale_selector=web.choose_language, timezone_selector=web.choose_zone)
    web.init_web(app)
    assets.init_assets(app)


def _init_features(app: Flask) -> None:
    from marketplace import cli, health
    from marketplace.accounts import (
        demo_views,
        hardship_views,
        profile_views,
        recovery_views,
        security_views,
    )
    from marketplace.accounts import staff_views as account_staff
    from marketplace.accounts import views as accounts
    from marketplace.api.app import init_api
    from marketplace.exchanges import (
        draw_views,
        list_views,
        meeting_views,
        queue_views,
        thanks_views,
    )
    from marketplace.exchanges import handing_views as handing
    from marketplace.exchanges import loan_views as loans
    from marketplace.exchanges import views as exchanges
    from marketplace.listings import answer_views, lifecycle_views, shelf_views
    from marketplace.listings import views as listings
    from marketplace.matching import match_views, typing_views
    from marketplace.matching import views as matching
    from marketplace.messages import views as messages
    from marketplace.moderation import staff_views as moderation
    from marketplace.moderation import views as safety
    from marketplace.notifications import staff_views as staff_mail
    from marketplace.notifications import views as notifications
    from marketplace.pages import staff_views as site
    from marketplace.pages import views as pages
    from marketplace.places import views as places
    from marketplace.privacy import views as privacy
    from marketplace.search import feed_views, saved_views
    from marketplace.search import staff_views as search_staff
    from marketplace.search import views as search

    features = (
        *(pages, places, accounts, notifications, listings, search, matching, match_views),
        *(typing_views, messages),
        *(exchanges, handing, list_views, loans, meeting_views, queue_views, thanks_views),
        *(draw_views, safety, moderation, privacy, site, staff_mail, search_staff),
        *(recovery_views, security_views, account_staff, profile_views, hardship_views),
        *(lifecycle_views, shelf_views, answer_views, saved_views, feed_views),
    )
    for feature in features:
        app.register_blueprint(feature.bp)
    if app.extensions["marketplace"].settings.demo:
        app.register_blueprint(demo_views.bp)
    app.register_blueprint(health.bp)
    init_api(app)
    cli.init_cli(app)


def _init_logs(settings: Settings) -> None:
    from marketplace.logs import JsonFormatter

    root = logging.getLogger()
    if not any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        root.addHandler(handler)
    logging.getLogger("marketplace").setLevel(settings.log_level.upper())
