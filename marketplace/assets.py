"""Joins the style sheets and the scripts at start; serves them and shared drawings from memory.

One CSS file for all pages and one JS file per set of behaviours, each named after its content,
so that a browser may keep it for ever. There is no build step: ``static/`` holds the source.
"""

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, abort, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from marketplace.accounts.login import UNATTENDED

CSS_FILES = ("tokens", "base", "components")  # in this order: the first declares the layers
EVERYWHERE = ("error-summary", "submit-once", "sheet")
VECTORS = ("icons", "drawings", "favicon")  # asked for by many pages, kept for ever
SET_SEPARATOR = "+"
SETS_KEPT = 64  # joined scripts held in memory; a site has about ten
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A joined file in the three forms that browsers ask for."""

    mimetype: str
    plain: bytes
    gzipped: bytes
    brotlied: bytes
    digest: str


@lru_cache(maxsize=64)
def make_bundle(text: str, mimetype: str) -> Bundle:
    """The three forms; the same text is packed once in a process."""
    plain = text.encode()
    digest = hashlib.sha256(plain).hexdigest()[:12]
    return Bundle(mimetype, plain, gzip.compress(plain, 9, mtime=0), brotli.compress(plain), digest)


@lru_cache(maxsize=8)
def squeeze_css(text: str) -> str:
    """Without comments and needless spaces. Strings keep theirs. Done once in a process."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    pieces = re.split(r'("[^"\n]*")', text)
    for number in range(0, len(pieces), 2):
        piece = re.sub(r"\s+", " ", pieces[number])
        pieces[number] = re.sub(r" ?([{};,]) ?|(?<=:) ", r"\1", piece)
    return "".join(pieces).replace(";}", "}").strip()


def squeeze_js(text: str) -> str:
    """Without indentation, empty lines and whole-line comments."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


class Assets:
    """The joined files of one static folder, read when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.behaviours = frozenset(path.stem for path in (folder / "js").glob("*.js"))
        self.scripts: Callable[[tuple[str, ...]], Bundle] = lru_cache(SETS_KEPT)(self._join_scripts)
        self.css = self._join_css()
        self.vectors = {name: self._read_vector(name) for name in VECTORS}

    def _join_css(self) -> Bundle:
        texts = [(self.folder / "css" / f"{name}.css").read_text("utf-8") for name in CSS_FILES]
        return make_bundle(squeeze_css("\n".join(texts)), "text/css")

    def _read_vector(self, name: str) -> Bundle:
        text = (self.folder / "img" / f"{name}.svg").read_text("utf-8")
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        return make_bundle(re.sub(r">\s+<", "><", text).strip(), "image/svg+xml")

    def _join_scripts(self, names: tuple[str, ...]) -> Bundle:
        blocks = []
        for name in names:
            source = squeeze_js((self.folder / "js" / f"{name}.js").read_text("utf-8"))
            blocks.append("{\n" + source + "\n}")
        return make_bundle("\n".join(blocks), "text/javascript")

    def script_set(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The set in its one order: those of every page first, the others sorted.

        A name without a file is left out: every page works without its scripts.
        """
        return (*EVERYWHERE, *sorted((set(wanted) & self.behaviours) - set(EVERYWHERE)))

    def find(self, name: str, suffix: str) -> Bundle | None:
        """The bundle that a URL names; None when it never existed."""
        if suffix == "css":
            return self.css if name == "style" else None
        if suffix == "svg":
            return self.vectors.get(name)
        first, *extra = name.split(SET_SEPARATOR)
        if suffix != "js" or first != "page" or not self.behaviours.issuperset(extra):
            return None
        return self.scripts(self.script_set(extra))


class SparingSessions(SecureCookieSessionInterface):
    """Leaves what everybody may keep without cookies: `Vary: Cookie` would make it unkeepable.

    A request that is no visit (``accounts.login.unattended``) does not renew the cookie either.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not (response.cache_control.public or request.environ.get(UNATTENDED)):
            super().save_session(app, session, response)


def _respond(bundle: Bundle, digest: str) -> Response:
    accepted = request.accept_encodings
    response = Response(mimetype=bundle.mimetype)
    if accepted["br"] > 0:
        response.data, response.content_encoding = bundle.brotlied, "br"
    elif accepted["gzip"] > 0:
        response.data, response.content_encoding = bundle.gzipped, "gzip"
    else:
        response.data = bundle.plain
    response.vary.add("Accept-Encoding")
    # An address of the release before still answers, with the content of now, but is not kept.
    response.headers["Cache-Control"] = FOR_EVER if digest == bundle.digest else "no-cache"
    return response


def init_assets(app: Flask) -> None:
    """Add the route of the joined files and the template globals that name them."""
    assets = Assets(Path(app.static_folder or ""))
    app.extensions["assets"] = assets
    app.session_interface = SparingSessions()

    def serve_bundle(name: str, digest: str, suffix: str) -> Response:
        bundle = assets.find(name, suffix)
        if bundle is None:
            abort(404)
        return _respond(bundle, digest)

    def address(name: str, bundle: Bundle, suffix: str) -> str:
        # Not url_for: a page names its icons a hundred times.
        return f"{app.static_url_path}/bundle/{name}.{bundle.digest}.{suffix}"

    def asset_css() -> str:
        return address("style", assets.css, "css")

    def asset_js(behaviours: Iterable[str] = ()) -> str:
        names = assets.script_set(behaviours)
        label = SET_SEPARATOR.join(["page", *names[len(EVERYWHERE) :]])
        return address(label, assets.scripts(names), "js")

    def asset_svg(name: str) -> str:
        return address(name, assets.vectors[name], "svg")

    app.add_url_rule(
        f"{app.static_url_path}/bundle/<name>.<digest>.<suffix>",
        endpoint="bundle",
        view_func=serve_bundle,
    )
    app.jinja_env.globals.update(asset_css=asset_css, asset_js=asset_js, asset_svg=asset_svg)
