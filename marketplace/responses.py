"""Answers that are no ordinary page: private pictures, calendar files, pages with a secret."""

from pathlib import Path

from flask import Response, send_file

PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def picture_response(path: Path, caching: str = "private, no-store") -> Response:
    """A stored picture, that never runs as anything else; kept nowhere unless ``caching`` says."""
    kind = "image/jpeg" if path.suffix == ".jpg" else "image/webp"
    response = send_file(path, mimetype=kind, conditional=True, etag=False)
    response.headers.update(PICTURE_HEADERS)
    response.headers["Cache-Control"] = caching
    return response


def calendar_response(content: bytes, name: str) -> Response:
    """A calendar as a file of that name; a member's own, so kept nowhere."""
    response = Response(content, mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def secret_page(page: str, status: int = 200) -> Response:
    """A page whose address, or what it shows, is a secret: not stored, and where a link leads
    learns no more than the site. Without any referrer the forms on it would be refused over https.
    """
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
