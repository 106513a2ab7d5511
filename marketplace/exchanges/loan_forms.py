"""Forms of loans. They only parse; ``lending`` and the services say what may be."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FileField, RadioField, StringField, TextAreaField

from marketplace import images, wording
from marketplace.errors import Invalid, Problem
from marketplace.exchanges import rules
from marketplace.exchanges.returns import Seen
from marketplace.listings.forms import day


class ExtensionForm(FlaskForm):
    """The new day, from a calendar or as 12/5/2027."""

    until = StringField(_l("Until when?"))

    def chosen(self) -> date | None:
        """The day; None for none. Raises Invalid for what is no day."""
        text = (self.until.data or "").strip()
        try:
            return day(text) if text else None
        except ValueError as error:
            raise Invalid([Problem("until", str(error))]) from error


class ReturnCheckForm(FlaskForm):
    """How it came back."""

    condition = RadioField(_l("In what condition is it?"), validate_choice=False)
    words = TextAreaField(_l("A few words"))
    photo = FileField(_l("A photo"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.condition.choices = [(one, wording.condition(one)) for one in rules.CONDITIONS]

    def seen(self) -> Seen:
        sent = self.photo.data
        photo = sent.stream.read(images.BYTES_MAX + 1) if getattr(sent, "filename", "") else b""
        return Seen(self.condition.data or "", self.words.data or "", photo)


class LossForm(FlaskForm):
    """A word to the borrower."""

    body = TextAreaField(_l("A word about it"))
