"""Hangs the API and its OpenAPI document on the application."""

import http
from threading import Lock
from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint

from marketplace.api import schemas
from marketplace.api.views import bp
from marketplace.config import Settings
from marketplace.site_settings import site_values

PROBLEM_TYPE = "application/problem+json"
DESCRIPTION = (
    "Offers and requests of neighbours, read only. Places are H3 cells and distances are bands: "
    "no exact place exists in it. Errors are problem+json (RFC 9457)."
)


class _Api(Api):
    """flask-smorest without its error handlers: they would answer for every page of the site.

    Its document is written when it is first asked for: no start waits for it.
    """

    def __init__(self, app: Flask) -> None:
        self._unwritten: list[Blueprint] = []
        self._writing = Lock()
        super().__init__(app)

    def _register_error_handlers(self) -> None:
        pass

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        """Serve its routes now, and describe them later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._unwritten.append(blp)

    def _write(self) -> None:
        with self._writing:
            for one in self._unwritten:
                one.register_views_in_doc(
                    self, self._app, self.spec, name=one.name, parameters=None
                )
                self.spec.tag({"name": one.name, "description": one.description})
            self._unwritten.clear()

    def _openapi_json(self) -> Any:
        self._write()
        self.spec.title = site_values().name  # staff may have renamed the site since the start
        return super()._openapi_json()

    def _register_responses(self) -> None:
        """Document an error as the problem+json that ``web`` really sends."""
        content = {PROBLEM_TYPE: {"schema": schemas.ProblemSchema()}}
        refused = http.HTTPStatus.UNPROCESSABLE_ENTITY  # the one that flask-smorest names by itself
        response = {"description": refused.phrase, "content": content}
        self.spec.components.response(refused.name, response, lazy=True)
        default = {"description": "Error", "content": content}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, default, lazy=True)


def init_api(app: Flask) -> None:
    """Register the routes under /api/v1 and /api/v1/openapi.json."""
    settings: Settings = app.extensions["marketplace"].settings
    options: dict[str, Any] = {
        "info": {"description": DESCRIPTION},
        "servers": [{"url": settings.base_url}],
    }
    app.config.update(
        API_TITLE=settings.site_name,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        API_SPEC_OPTIONS=options,
    )
    api = _Api(app)
    api.register_blueprint(bp)
    app.cli.commands.pop("openapi", None)  # the document is served; no command of ours writes it
