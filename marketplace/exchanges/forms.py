"""Forms of exchanges. They only parse; ``rules`` and the services say what may be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, StringField, TextAreaField

from marketplace import wording
from marketplace.exchanges import rules
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.proposals import Draft
from marketplace.exchanges.service import Wish
from marketplace.listings.models import Listing


class AskForm(FlaskForm):
    """What somebody would like of an offer, or can do for a request."""

    terms = RadioField(_l("How?"), validate_choice=False)
    quantity = IntegerField(_l("How many?"))
    loan_days = IntegerField(_l("For how many days?"))
    in_return = StringField(_l("What do you give in return?"))
    body = TextAreaField(_l("Your message"))
    or_wait = BooleanField(_l("If it is promised already, I will wait"))
    meets_own = BooleanField(_l("It would meet my own post as well"))

    def wish(self, listing: Listing) -> Wish:
        """What was filled in; a field that the page did not show counts as its default."""
        return Wish(
            terms=self.terms.data or "",
            quantity=self.quantity.data if "quantity" in self._sent() else 1,
            in_return=self.in_return.data or "",
            loan_days=self.loan_days.data,
            meets_own=self.meets_own.data,
            or_wait=self.or_wait.data,
        )

    def _sent(self) -> set[str]:
        return {field.name for field in self if field.raw_data}


class ReasonForm(FlaskForm):
    """One of the reasons that a step of an exchange asks for."""

    reason = RadioField(_l("Why?"), validate_choice=False)

    def __init__(self, verb: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        reasons = rules.BY_VERB[verb].reasons
        self.reason.choices = [(one, wording.exchange_reason(one)) for one in reasons]


SHORT_DAY = "EEEE, d MMM"  # with its time in one line of a phone


class ProposalForm(FlaskForm):
    """A place and a time: one of those suggested, or any other."""

    when = RadioField(_l("When?"), validate_choice=False)
    day = StringField(_l("Day"))
    clock = StringField(_l("Time"))
    place = StringField(_l("Where?"))
    words = StringField(_l("What else should be said?"))

    OTHER = "other"

    def __init__(self, suggested: Sequence[datetime], zone: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        named = [
            (one.isoformat(timespec="minutes"), wording.meetings.day_and_time(one, zone, SHORT_DAY))
            for one in suggested
        ]
        self.when.choices = [*named, (self.OTHER, _l("Another time"))]

    def draft(self) -> Draft:
        """A suggestion that was chosen counts, else what was typed."""
        day, clock = self.day.data or "", self.clock.data or ""
        if self.when.data and self.when.data != self.OTHER:
            day, _, clock = self.when.data[:16].partition("T")
        return Draft(day=day, clock=clock, place=self.place.data or "", words=self.words.data or "")


class ExactPlaceForm(FlaskForm):
    """Where exactly, for the two alone."""

    text = TextAreaField(_l("Where exactly?"))


class ThanksForm(FlaskForm):
    """A thank-you, and whether it may stand on the page of whom it thanks."""

    words = TextAreaField(_l("Your thanks"))
    may_show = BooleanField(_l("It may be shown on their page, with my name"))


class PassingOnForm(FlaskForm):
    """What of the things received this passes on; an empty choice takes it back."""

    source = RadioField(_l("What does it pass on?"), validate_choice=False)

    def offer(self, received: Sequence[Exchange], chosen: Exchange | None) -> "PassingOnForm":
        """With these to choose from, and the present choice chosen unless another was sent."""
        titles = [(one.public_id, one.listing.title or _("A deleted post")) for one in received]
        self.source.choices = [*titles, ("", _("Nothing in particular"))]
        if not self.is_submitted():
            self.source.data = chosen.public_id if chosen else ""
        return self
