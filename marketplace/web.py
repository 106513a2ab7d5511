"""What every page shares: language, actor, headers, error pages, template globals.

Domain errors are mapped to pages and to problem+json here, once.
"""

import errno
import logging
import secrets
import time
from typing import Any, cast

from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    render_template,
    request,
)
from flask.globals import request_ctx
from flask_babel import get_locale
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from marketplace import wording
from marketplace.config import Settings
from marketplace.errors import Conflict, DomainError, Invalid, NotAllowed, Problem
from marketplace.mail import READERS_ZONE
from marketplace.site_settings import site_values, without_database

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
PSEUDO_LANGUAGE = "eo"  # stands for xx: every message in brackets; only the tests compile it
RETRY_AFTER_SECONDS = 30
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://")
access_log = logging.getLogger("marketplace.access")


def parts() -> Any:
    """The ``Parts`` of this application."""
    return current_app.extensions["marketplace"]


def actor() -> Any:
    """The signed-in member, or None."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def choose_language() -> str:
    """The member's choice, else the cookie's, else the browser's, else the site's."""
    settings: Settings = parts().settings
    known = [*LANGUAGES, PSEUDO_LANGUAGE] if current_app.testing else [*LANGUAGES]
    member = actor()
    for candidate in (member.language if member else None, request.cookies.get("language")):
        if candidate in known:
            return cast(str, candidate)
    return request.accept_languages.best_match(known, settings.default_language)


def choose_zone() -> str:
    """That of the mail being rendered, else the member's, else the site's."""
    member = actor()
    zone = request.environ.get(READERS_ZONE) or (member.zone if member else "")
    return zone or parts().settings.default_zone


def current_language() -> str:
    """The language of this page (or of the mail being rendered)."""
    locale = get_locale()
    return locale.language if locale else "id"


def csp_nonce() -> str:
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return cast(str, g.csp_nonce)


def show_problems(form: FlaskForm, problems: tuple[Problem, ...] | list[Problem]) -> None:
    """Put the sentence of each problem beside its field; those of no field go to the summary."""
    for found in problems:
        sentence = wording.problem(found)
        if found.field in form:
            field = form[found.field]
            field.errors = [*field.errors, sentence]
        else:
            form.form_errors.append(sentence)


def render_form(template: str, form: FlaskForm, **context: Any) -> tuple[str, int]:
    """A page with a form: 422 when it carries errors, 200 otherwise."""
    status = 422 if form.errors or form.form_errors else 200
    return render_template(template, form=form, **context), status


def wants_problem_json() -> bool:
    return request.path.startswith("/api/")


def error_response(status: int, code: str = "", problems: tuple[Problem, ...] = ()) -> Response:
    """The page, or under /api/ the problem+json, for a failure."""
    if wants_problem_json():
        body: dict[str, Any] = {"type": "about:blank", "status": status, "title": code or "error"}
        if problems:
            body["errors"] = [
                {"field": p.field, "code": p.code, "detail": wording.problem(p)} for p in problems
            ]
        response = jsonify(body)
        response.content_type = "application/problem+json"
    elif request_ctx.url_adapter is None:  # an unknown host: no page can be addressed
        response = Response("This host name is not served here.\n", mimetype="text/plain")
    else:
        names = [f"errors/{status}.html", "errors/error.html"]
        page = current_app.jinja_env.select_template(names)
        sentences = [wording.problem(p) for p in problems]
        response = Response(
            render_template(page, status=status, code=code, sentences=sentences),
            mimetype="text/html",
        )
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _on_domain_error(error: DomainError) -> Response:
    problems = error.problems if isinstance(error, Invalid) else ()
    code = error.code if isinstance(error, Conflict | NotAllowed) else ""
    return error_response(error.status, code, problems)


def _on_http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:  # redirects of the router
        return error
    response = error_response(error.code, error.name)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _on_database_busy(error: OperationalError) -> Response:
    current_app.logger.error("database unavailable: %s", error.orig)
    # The page of the failure must not ask the database who reads it.
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    without_database()
    return error_response(503)


def _on_system_error(error: OSError) -> Response:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _on_bug(error)
    current_app.logger.error("the disk is full")
    return error_response(503)


def _on_bug(error: Exception) -> Response:
    current_app.logger.exception("unexpected error at %s", path_without_secrets())
    return error_response(500)


def _set_headers(response: Response) -> Response:
    settings: Settings = parts().settings
    nonce = csp_nonce()
    images = "'self' data:"
    if settings.tile_url:
        scheme, _, rest = settings.tile_url.partition("://")
        images += f" {scheme}://{rest.partition('/')[0].replace('{s}', '*')}"
    defaults = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; "
            f"img-src {images}; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=()",
    }
    for name, value in defaults.items():
        response.headers.setdefault(name, value)
    if settings.is_https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "private, no-store" if actor() else "no-cache")
        response.vary.update(("Cookie", "Accept-Language"))
    return response


def _check_origin() -> Response | None:
    """Refuse an unsafe request that says it comes from another site."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    origin = request.headers.get("Origin")
    # The configured address counts too: behind a proxy the request may look like plain HTTP.
    own = {request.host_url.rstrip("/"), parts().settings.base_url}
    if origin and origin != "null" and origin.rstrip("/") not in own:
        return error_response(403)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return error_response(403)
    return None


def path_without_secrets() -> str:
    """The path for a log, where the token of a mailed link would be kept for whoever reads it.

    Of an address that no route takes only the beginning: it may be such a link, slightly broken.
    """
    rule = request.url_rule
    if rule is None:
        first, slash, _ = request.path.removeprefix("/").partition("/")
        return f"/{first}/…" if slash else f"/{first}"
    return rule.rule if "token" in rule.arguments else request.path


def _log_request(response: Response) -> Response:
    # The path only: queries hold what people search for.
    access_log.info(
        "request",
        extra={
            "method": request.method,
            "path": path_without_secrets(),
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        },
    )
    return response


def _refuse_nul() -> Response | None:
    """No browser sends a NUL; PostgreSQL would refuse it only in the middle of a query."""
    if "\0" in request.path:
        return error_response(404)
    sent = (*request.args.lists(), *request.form.lists(), *request.cookies.lists())
    return error_response(400) if any("\0" in text for _, texts in sent for text in texts) else None


def _start_clock() -> None:
    g.started = time.perf_counter()


def init_web(app: Flask) -> None:
    """Register everything above on ``app``."""
    app.before_request(_start_clock)
    app.before_request(_refuse_nul)
    app.before_request(_check_origin)
    app.after_request(_set_headers)
    app.after_request(_log_request)
    app.register_error_handler(DomainError, _on_domain_error)
    app.register_error_handler(CSRFError, lambda error: error_response(400, "csrf"))
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(OperationalError, _on_database_busy)
    app.register_error_handler(OSError, _on_system_error)
    app.register_error_handler(Exception, _on_bug)
    app.context_processor(lambda: {"site_name": site_values().name})
    app.jinja_env.globals.update(
        csp_nonce=csp_nonce,
        current_language=current_language,
        actor=actor,
        settings=app.extensions["marketplace"].settings,
        languages=LANGUAGES,
        site_values=site_values,
        wording=wording,
    )
