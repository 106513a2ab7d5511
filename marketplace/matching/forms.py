"""The form of a no to a match."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField

from marketplace import wording
from marketplace.matching.states import REASONS


class DeclineForm(FlaskForm):
    """Why it does not fit: one of the reasons."""

    reason = RadioField(_l("Why does it not fit?"), validate_choice=False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reason.choices = [(one, wording.matches.decline_reason(one)) for one in REASONS]
