"""Feeds: of any search for everybody, and of a saved one for who holds its secret address.

A public feed shows what a visitor would see, and depends on nothing but its address: not on who
asks, nor on a cookie. That of a saved search leaves out what its member would not be told of.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import force_locale, gettext

from marketplace.accounts.models import Member
from marketplace.places.cells import Place
from marketplace.places.service import area_names, resolve_place
from marketplace.search import feeds, saved_forms, saved_links
from marketplace.search.alert_news import tellable
from marketplace.search.feeds import Feed
from marketplace.search.forms import SearchForm
from marketplace.search.models import SavedSearch
from marketplace.search.saved import request_of
from marketplace.search.whole import whole
from marketplace.site_settings import site_values
from marketplace.web import LANGUAGES, current_language, error_response, limiter, parts

bp = Blueprint("feeds", __name__)

RATE = "60/minute"  # of one address; a reader asks some times a day
KEPT_SECONDS = 300  # by whoever asks
FORMATS: dict[str, tuple[Callable[[Feed], bytes], str]] = {
    "atom": (feeds.atom, feeds.ATOM_TYPE),
    "json": (feeds.json_feed, feeds.JSON_TYPE),
}


@bp.app_template_global()
def feed_address(form: SearchForm) -> dict[str, Any]:
    """The parameters of the feed of a search page. Around a place that is not in the address it
    names the area only: the cell where somebody lives stays here."""
    given = {name: value for name, value in form.address().items() if name != "sort"}
    if form.place and form.radius and not form.names_place:
        given |= {"area": form.place.area_code} if form.place.area_code else {}
    return given | {"lang": current_language()}


@bp.get("/search/feed.atom", defaults={"made_as": "atom"})
@bp.get("/search/feed.json", defaults={"made_as": "json"})
@limiter.limit(RATE)
def public(made_as: str) -> Response:
    """The feed of the search in the address; 422 when its place or distance cannot be read."""
    form = SearchForm(request.args, _usual_place())
    if form.problems:
        return error_response(422)
    with force_locale(_language(request.args.get("lang", ""))):
        response = _respond(_public_feed(form, made_as), made_as)
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response


@bp.get("/searches/<token>/feed.atom", defaults={"made_as": "atom"})
@bp.get("/searches/<token>/feed.json", defaults={"made_as": "json"})
@limiter.limit(RATE)
def secret(token: str, made_as: str) -> Response:
    """The feed of a saved search."""
    row = saved_links.of_feed(token)
    with force_locale(row.member.language):
        page = url_for("search.results", **saved_forms.address_of(row))
        feed = Feed(_titled(row.name), page, request.path, _posts(row))
        response = _respond(feed, made_as)
    response.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _public_feed(form: SearchForm, made_as: str) -> Feed:
    given = {name: value for name, value in form.address().items() if name != "sort"}
    posts, _ = whole(parts(), None, form.wanted(0, feeds.ENTRIES), feeds.ENTRIES)
    return Feed(
        _titled(saved_forms.name_for(given, _near(form)) or gettext("All offers and requests")),
        url_for("search.results", **given, sort="newest"),
        url_for("feeds.public", made_as=made_as, **given, lang=current_language()),
        posts,
    )


def _posts(row: SavedSearch) -> list[Any]:
    member: Member = row.member
    posts, _ = whole(parts(), None, request_of(row, member), feeds.ENTRIES)
    shown = tellable(member, [one.id for one in posts])
    return [one for one in posts if one.id in shown]


def _respond(feed: Feed, made_as: str) -> Response:
    """Whoever has the same already is told so."""
    make, mimetype = FORMATS[made_as]
    response = Response(make(feed), mimetype=mimetype)
    response.last_modified = feed.changed_at
    response.add_etag()
    response.make_conditional(request)
    return response


def _titled(search: str) -> str:
    return f"{search} · {site_values().name}"


def _language(asked: str) -> str:
    return asked if asked in LANGUAGES else parts().settings.default_language


def _usual_place() -> Place | None:
    return resolve_place(area_code=site_values().default_area).place


def _near(form: SearchForm) -> str:
    code = form.place.area_code if form.place and form.names_place else None
    return area_names([code]).get(code or "", "")
