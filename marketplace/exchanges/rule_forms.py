"""The form of who gets it: the rule, and for how long people may ask first."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField

from marketplace import wording
from marketplace.listings import giving
from marketplace.listings.models import Listing


class GivingFields:
    """Who gets it; for a form of its own, and for the posting form."""

    giving_rule = RadioField(_l("Who gets it?"), validate_choice=False)
    window_hours = SelectField(_l("How long may people ask first?"), validate_choice=False)

    def offer_rules(self, direction: str) -> None:
        """Fill in the choices for an offer or a request."""
        rules = giving.RULES.get(direction, giving.RULES["offer"])
        self.giving_rule.choices = [
            (one, wording.queues.rule(direction or "offer", one)) for one in rules
        ]
        hours = [(str(one), wording.queues.hours(one)) for one in giving.WINDOW_HOURS]
        self.window_hours.choices = [("", _l("No time set")), *hours]

    def show_rule(self, listing: Listing) -> None:
        """Fill in what is in force."""
        self.giving_rule.data = listing.giving_rule
        self.window_hours.data = str(listing.window_hours or "")

    @property
    def chosen_rule(self) -> tuple[str, int | None]:
        """The rule and the hours; hours that are no number are none that may be."""
        typed = (self.window_hours.data or "").strip()
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
        return self.giving_rule.data or "", number if typed else None


class RuleForm(GivingFields, FlaskForm):
    """Who gets it, of a post that is up."""

    def __init__(self, direction: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offer_rules(direction)
        rules = giving.RULES[direction]
        self.hints = {one: wording.queues.rule_hint(direction, one) for one in rules}

    @classmethod
    def of(cls, listing: Listing) -> "RuleForm":
        """With what is in force."""
        form = cls(listing.direction, formdata=None)
        form.show_rule(listing)
        return form
