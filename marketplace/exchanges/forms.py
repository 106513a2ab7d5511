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
from marketplace.listings.fields import TERM_NAMES
from marketplace.listings.models import Listing
from marketplace.listings.rules import TERMS


class AskForm(FlaskForm):
    """What somebody would like of an offer, or can do for a request."""

    quantity = IntegerField(_l("How many?"))
    terms = RadioField(_l("How?"), validate_choice=False)
    loan_days = IntegerField(_l("For how many days?"))
    in_return = StringField(_l("What do you give in return?"))
    body = TextAreaField(_l("Your message"))
    or_wait = BooleanField(_l("If it is promised already, I will wait"))
    enters = BooleanField(_l("I ask within the time for asking"))
    meets_own = BooleanField(_l("It would meet my own post as well"))

    def __init__(self, listing: Listing, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        seen_from_here = "request" if listing.direction == "offer" else "offer"
        self.terms.choices = [
            (term, TERM_NAMES[seen_from_here, term]) for term in TERMS if term in listing.terms
        ]
        if listing.direction == "request":
            self.quantity.label.text = _("How many can you give?")
            self.in_return.label.text = _("What would you like in return?")

    def wish(self) -> Wish:
        """What was filled in; a field that the page did not show counts as its default."""
        return Wish(
            terms=self.terms.data or "",
            quantity=self.quantity.data if self.quantity.raw_data else 1,
            in_return=self.in_return.data or "",
            loan_days=_number(self.loan_days),
            meets_own=self.meets_own.data,
            or_wait=self.or_wait.data,
            enters=self.enters.data,
        )

    def typed(self) -> dict[str, str]:
        """All that was sent, to be sent once more."""
        shown = ("quantity", "terms", "loan_days", "in_return", "body", "meets_own")
        return {name: self[name].raw_data[0] for name in shown if self[name].raw_data}


def _number(field: IntegerField) -> int | None:
    """None where nothing was typed; what is no number is no number of anything."""
    typed = "".join(field.raw_data or ()).strip()
    return field.data if field.data is not None or not typed else 0


def first_words(listing: Listing, *, waits: bool) -> str:
    """A message to start from, in the language of the page; ``waits``: there is none left now."""
    words = {"name": listing.owner.name, "title": listing.title}
    if listing.direction == "request":
        return _("Hello %(name)s, I can help with “%(title)s”. When would it suit you?", **words)
    if waits:
        return _("Hello %(name)s, if “%(title)s” comes free again, I would be glad of it.", **words)
    if listing.terms == {"loan"}:
        return _(
            "Hello %(name)s, may I borrow “%(title)s”? When could I fetch it, and until when "
            "may I keep it?",
            **words,
        )
    if listing.terms == {"swap"}:
        return _(
            "Hello %(name)s, I would like to swap something for “%(title)s”. When could we meet?",
            **words,
        )
    return _("Hello %(name)s, I would like “%(title)s”. When could I come by?", **words)


class AnswerForm(FlaskForm):
    """The owner's answer to one who waits: so many are promised, or none, for a reason."""

    exchange = StringField()
    quantity = IntegerField(_l("How many?"))
    reason = RadioField(_l("Why?"), validate_choice=False)


class AmountForm(FlaskForm):
    """How many somebody who waits would like."""

    quantity = IntegerField(_l("How many?"))


class ReasonForm(FlaskForm):
    """One of the reasons that a step of an exchange asks for."""

    reason = RadioField(_l("Why?"), validate_choice=False)

    def __init__(self, verb: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        reasons = rules.BY_VERB[verb].reasons
        self.reason.id = f"{verb}-reason"  # a page may hold several of these forms
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


class PromiseForm(FlaskForm):
    """How much of what was asked for is promised."""

    quantity = IntegerField(_l("How many do you promise?"))


class CodeForm(FlaskForm):
    """The code that the other side shows at the door."""

    code = StringField(_l("The code that the other one shows"))
