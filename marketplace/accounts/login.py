"""flask-login over ``SignIn`` rows: the cookie holds a random token, the database its hash.

Everything about being signed in that concerns the browser is here: the cookie, the device
cookie, who the present request is from, and where a visitor is sent who must sign in first.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    current_app,
    g,
    redirect,
    request,
    session,
    url_for,
)
from flask_login import LoginManager, current_user, login_required, login_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from marketplace.accounts.credentials import logins_of
from marketplace.accounts.models import Member
from marketplace.accounts.rules import safe_next
from marketplace.accounts.sign_ins import (
    LAST_SEEN_EVERY,
    begin_sign_in,
    end_token,
    find_sign_in,
    mark_seen,
)
from marketplace.accounts.throttle import Device, Throttle, network, read_device, write_device
from marketplace.accounts.tokens import hash_token
from marketplace.db import utcnow
from marketplace.errors import NotFound
from marketplace.permissions import allows

__all__ = ["hash_token", "init_login", "staff_required", "start_sign_in", "stop_sign_in"]

UNATTENDED = "marketplace.unattended"
DEVICE_COOKIE_SECONDS = 365 * 24 * 3600
log = logging.getLogger(__name__)
manager = LoginManager()
P = ParamSpec("P")
R = TypeVar("R")


def start_sign_in(member: Member, *, tell: bool = True) -> None:
    """Begin a new sign-in in this browser; the one before it, whoever's, ends.

    Everything the cookie held before is dropped, so that nothing planted in it survives. The
    member is told of a browser that she has not signed in with before, unless ``tell`` is False.
    """
    end_present_sign_in()
    logins, device = logins_of(member), this_device()
    unknown = tell and not any(map(device.knows, logins))
    token = begin_sign_in(member, request.user_agent.string, new_device=unknown)
    session.clear()
    session.permanent = True
    member.sign_in_token = token
    login_user(member)
    remember_device(*logins)


def stop_sign_in() -> None:
    """End the sign-in of this browser and empty its cookie."""
    end_present_sign_in()
    session.clear()
    g.pop("_login_user", None)


def end_present_sign_in() -> None:
    token = session.get("_user_id")
    if token:
        end_token(str(token))


def this_device() -> Device:
    """The browser of this request, as far as its signed cookie tells."""
    return read_device(request.cookies.get(_device_cookie()), _secret_key())


def remember_device(*logins: str) -> None:
    """Let this browser keep tries of its own for these names: strangers cannot use them up."""
    device = this_device()
    for name in logins:
        device = device.with_login(name)
    content = write_device(device, _secret_key())

    @after_this_request
    def _set(response: Response) -> Response:
        response.set_cookie(
            _device_cookie(),
            content,
            max_age=DEVICE_COOKIE_SECONDS,
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Lax",
        )
        return response


def throttle() -> Throttle:
    """The limits for the address of this request."""
    from marketplace.web import limiter

    strategy = limiter.limiter if current_app.config.get("RATELIMIT_ENABLED", True) else None
    return Throttle(strategy, network(request.remote_addr))


@manager.user_loader
def load_member(token: str) -> Member | None:
    """The member of a living sign-in, or None."""
    row = find_sign_in(token)
    if row is None:
        return None
    if utcnow() - row.last_seen_at >= LAST_SEEN_EVERY:
        g.sign_in_seen = token  # written after the page, which must not fail for it
    row.member.sign_in_token = token
    return row.member


def staff_required(view: Callable[P, R]) -> Callable[P, R]:
    """For pages of staff: a visitor is asked to sign in, for other members they do not exist."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not allows(current_user._get_current_object(), "staff.enter"):
            raise NotFound("page")
        return view(*args, **kwargs)

    return cast(Callable[P, R], login_required(guarded))


@manager.unauthorized_handler
def ask_to_sign_in() -> AnyResponse:
    """Send a visitor to the sign-in page, and from there back to where she was."""
    if request.path.startswith("/api/"):
        abort(401)
    target = request.full_path.rstrip("?")
    if request.method not in ("GET", "HEAD"):
        came_from = urlsplit(request.referrer or "")
        target = came_from.path if came_from.netloc == request.host else ""
    return redirect(url_for("accounts.sign_in", next=safe_next(target)), 303)


def unattended() -> None:
    """This request is made by the page, not by the member: it counts as no visit, so that a tab
    that is left open keeps nobody signed in."""
    g.pop("sign_in_seen", None)
    request.environ[UNATTENDED] = True


def _secret_key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _device_cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"


def _write_last_seen(response: Response) -> Response:
    token = g.pop("sign_in_seen", None)
    if token and response.status_code < 500:
        try:
            mark_seen(token)
        except SQLAlchemyError:
            log.warning("the time of a visit could not be written", exc_info=True)
    return response


def init_login(app: Flask) -> None:
    """Register the loader and the hooks on ``app``."""
    manager.init_app(app)
    manager.session_protection = None  # the token is checked against the database instead
    app.after_request(_write_last_seen)
