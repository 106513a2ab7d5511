"""The form of the site's settings. It only parses; ``site_rules`` says what is wrong."""

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.errors import Problem
from marketplace.pages.site_rules import MOST, SiteDraft
from marketplace.places.forms import PlaceFields
from marketplace.places.service import resolve_place
from marketplace.site_settings import SiteValues

PLAIN = ("name", "contact_email", "contact_text", "rules_id", "rules_en", "review", "hardship")


class SiteForm(PlaceFields, FlaskForm):  # type: ignore[misc]
    name = StringField(_l("Name of the site"))
    contact_email = StringField(_l("E-mail address for questions"))
    contact_text = TextAreaField(_l("Where else you can be reached"))
    rules_id = TextAreaField(_l("Your rules in Indonesian"))
    rules_en = TextAreaField(_l("Your rules in English"))
    offer_days = StringField(_l("Days an offer stays open"))
    food_days = StringField(_l("Days fresh food stays open"))
    request_days = StringField(_l("Days a request stays open"))
    review = RadioField(
        _l("The first posts of a new member"),
        choices=[
            SelectChoice("off", _l("appear at once")),
            SelectChoice("delay", _l("appear by themselves after some hours")),
            SelectChoice("review", _l("appear when staff have looked at them")),
        ],
        validate_choice=False,
    )
    review_first = StringField(_l("How many posts are first ones"))
    review_delay_hours = StringField(_l("Hours until they appear"))
    need_percent = StringField(_l("By how many per cent need may lift a request"))
    hardship = RadioField(
        _l("Hard times"),
        choices=[
            SelectChoice("asked", _l("members may tell in private that times are hard")),
            SelectChoice("off", _l("are not asked about, and count for nobody")),
        ],
        validate_choice=False,
    )

    def show(self, values: SiteValues) -> None:
        """Fill in what is set."""
        for name in (*PLAIN, *MOST):
            self[name].data = str(getattr(values, name))
        if values.default_area:
            self.show_place(resolve_place(area_code=values.default_area).place)

    def draft(self) -> tuple[SiteDraft, list[Problem]]:
        """What was filled in, and what is wrong with the place."""
        place, problems = self.chosen_place(needed=False)
        if place is not None and not place.area_code:
            problems = [*problems, Problem("place", "place_unknown")]
        values: dict[str, Any] = {name: _text(self[name].data) for name in PLAIN}
        values |= {name: _number(self[name].data) for name in MOST}
        area = place.area_code or "" if place else ""
        return SiteDraft(default_area=area, **values), list(problems)


def _text(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n").strip()


def _number(typed: str | None) -> int | None:
    found = re.fullmatch("[0-9]{1,6}", (typed or "").strip())
    return int(found[0]) if found else None
