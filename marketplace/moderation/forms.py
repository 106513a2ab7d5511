"""Forms of reports, decisions and appeals. They only parse; ``rules`` says what is wrong."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.moderation import fields, rules
from marketplace.moderation.service import DecisionDraft


def _reasons() -> list[SelectChoice]:
    return [SelectChoice(code, fields.REASON_NAMES[code]) for code in rules.REASONS]


class ReportForm(FlaskForm):
    """What is wrong with it."""

    reason = RadioField(_l("What is wrong?"), validate_choice=False)
    words = TextAreaField(_l("What should the moderators know?"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _reasons()


class DecisionForm(FlaskForm):
    """What staff do about it."""

    action = RadioField(_l("What to do"), validate_choice=False)
    reason = SelectField(_l("Why"), validate_choice=False)
    days = SelectField(_l("How long (of a pause)"), validate_choice=False)
    words = TextAreaField(_l("In your words, to the member"))
    key = HiddenField()

    def offer(self, actions: Iterable[str]) -> None:
        """Offer these actions, and the reasons and times of all."""
        self.action.choices = [SelectChoice(code, fields.ACTION_NAMES[code]) for code in actions]
        self.reason.choices = [SelectChoice("", _l("Choose a reason")), *_reasons()]
        self.days.choices = [SelectChoice(days, name) for days, name in fields.PAUSE_NAMES.items()]

    def draft(self) -> DecisionDraft:
        days = self.days.data or ""
        return DecisionDraft(
            action=self.action.data or "",
            reason=self.reason.data or "",
            words=self.words.data or "",
            days=int(days) if days in fields.PAUSE_NAMES else 0,
            key=self.key.data or "",
        )


class RefusalForm(FlaskForm):
    """Why a first post is sent back."""

    reason = SelectField(_l("Why"), validate_choice=False)
    words = TextAreaField(_l("In your words, to the member"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [SelectChoice("", _l("Choose a reason")), *_reasons()]


class AppealForm(FlaskForm):
    """Why it should be otherwise."""

    words = TextAreaField(_l("Why do you see it differently?"))


class AnswerForm(FlaskForm):
    """What comes of an appeal."""

    upheld = RadioField(
        _l("What comes of it"),
        choices=[
            SelectChoice("yes", _l("The member is right: undo the decision")),
            SelectChoice("no", _l("The decision stands")),
        ],
        validate_choice=False,
    )
    words = TextAreaField(_l("In your words, to the member"))

    def is_upheld(self) -> bool | None:
        return {"yes": True, "no": False}.get(self.upheld.data or "")
