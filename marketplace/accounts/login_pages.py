"""What the pages of accounts answer in common: too often, too secret, a code shown once."""

import time
from typing import Any

from flask import Response, make_response, session
from werkzeug.wrappers import Response as AnyResponse

from marketplace.accounts.throttle import RETRY_AFTER_SECONDS
from marketplace.errors import Problem
from marketplace.web import render_form, show_problems

Page = str | AnyResponse | tuple[str, int]
CODE_KEPT_SECONDS = 30 * 60
_CODE = "recovery_code"  # one's own
HANDED_OUT = "code_handed_out"  # by staff, to somebody else


def too_many(template: str, form: Any, problem: Problem, **context: object) -> Response:
    """The form again, with a wait: 429."""
    show_problems(form, [problem])
    response = make_response(render_form(template, form, **context)[0], 429)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def keep_code(code: str, kind: str = _CODE) -> None:
    """Let this browser show the code until it is saved."""
    session[kind] = [code, int(time.time())]


def kept_code(kind: str = _CODE) -> str | None:
    """The code that this browser may still show."""
    code, since = session.get(kind) or (None, 0)
    return code if time.time() - since < CODE_KEPT_SECONDS else None


def drop_code(kind: str = _CODE) -> None:
    session.pop(kind, None)
