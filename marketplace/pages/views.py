"""Pages made of several features: home, my page, the texts, and the choice of the language."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts.rules import safe_next
from marketplace.db import utcnow
from marketplace.notifications.service import mark_link_seen, newest_unseen
from marketplace.pages import fair_guide, frame, guides, my, nearby, service, texts
from marketplace.permissions import allows
from marketplace.places.forms import AreaForm, current_place
from marketplace.places.service import public_locations
from marketplace.site_settings import local_rules_since, site_values
from marketplace.web import LANGUAGES, actor, current_language, parts

bp = Blueprint("pages", __name__)
for _name, _function in frame.GLOBALS.items():
    bp.add_app_template_global(_function, _name)

LANGUAGE_COOKIE = "language"
LANGUAGE_KEPT = timedelta(days=365)


@bp.get("/")
def home() -> str:
    """What is near now; without a place, what is new anywhere and the question where one is."""
    show = request.args.get("show", "")
    place = current_place()
    near = nearby.nearby(parts(), actor(), place, show)
    return render_template(
        "pages/home.html",
        near=near,
        locations=public_locations(near.listings, place),
        show=show if show in nearby.SHOWN else "",
        place_name=frame.current_area(),
        form=None if place else AreaForm(formdata=None),
    )


@bp.get("/about")
def about() -> str:
    return render_template("pages/about.html")


@bp.get("/how-it-goes")
def how_it_goes() -> str:
    """How an exchange goes, in plain words."""
    return render_template("pages/how_it_goes.html", sections=guides.how_an_exchange_goes())


@bp.get("/fairness")
def fairness() -> str:
    """In which order a giver sees requests, and what is set here, in plain words."""
    return render_template("pages/fairness.html", guide=fair_guide.who_comes_first())


@bp.get("/rules")
def rules() -> str:
    text, language = texts.local_rules(current_language())
    local = {"text": text, "language": language, "since": local_rules_since()} if text else None
    return _text("rules", _("Rules"), local=local)


@bp.get("/privacy")
def privacy() -> str:
    return _text("privacy", _("Privacy"))


@bp.get("/me")
@login_required
def my_page() -> str:
    """What waits for the member, then what they have posted, exchange and saved."""
    member = actor()
    return render_template(
        "pages/my_page.html",
        member=member,
        mine=my.contents(member, utcnow()),
        news=newest_unseen(member),
        enters_staff=allows(member, "staff.enter"),
    )


@bp.get("/me/listings")
@login_required
def my_listings() -> str:
    """All that the member has posted and that is not over."""
    shown = my.listings_page(actor(), request.args.get("page", 1, type=int))
    mark_link_seen(actor(), request.path)
    return render_template("pages/my_listings.html", shown=shown, now=utcnow())


@bp.post("/language")
def choose_language() -> Response:
    """Remember the language, in a cookie and for the member, and go back to the page."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        abort(400)
    service.keep_language(actor(), language)
    response = redirect(safe_next(request.form.get("next")) or url_for(".home"), 303)
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=LANGUAGE_KEPT,
        secure=parts().settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def _text(name: str, heading: str, **context: Any) -> str:
    site = site_values().name
    return render_template(
        "pages/_text.html",
        heading=heading,
        version_day=date.fromisoformat(texts.VERSIONS[name]),
        sections=[texts.sentences(section, site) for section in texts.TEXTS[name]],
        **context,
    )
