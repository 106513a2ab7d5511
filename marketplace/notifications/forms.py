"""The form of choices about mail. It only parses; ``rules.check_choice`` says what may be."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from marketplace.notifications.rules import AT_ONCE, DIGEST, HERE, Hours

WAYS = [
    SelectChoice(AT_ONCE, _l("Right away")),
    SelectChoice(DIGEST, _l("In the daily digest")),
    SelectChoice(HERE, _l("No mail, only here")),
]
WAYS_OF_SEARCHES = [SelectChoice(AT_ONCE, _l("As I chose for each search")), *WAYS[1:]]
CLOCK = [SelectChoice(str(hour), f"{hour:02d}:00") for hour in range(24)]


class ChoiceForm(FlaskForm):
    """A channel for each topic, the hour of the digest, the hours without mail."""

    message = RadioField(_l("Messages from neighbours"), choices=WAYS, validate_choice=False)
    match = RadioField(_l("What fits my posts"), choices=WAYS, validate_choice=False)
    promise = RadioField(_l("Exchanges"), choices=WAYS, validate_choice=False)
    reminder = RadioField(_l("Reminders"), choices=WAYS, validate_choice=False)
    alert = RadioField(_l("Saved searches"), choices=WAYS_OF_SEARCHES, validate_choice=False)
    staff = RadioField(_l("Work of the staff"), choices=WAYS, validate_choice=False)
    has_digest = BooleanField(_l("Send me the daily digest"))
    digest_hour = SelectField(_l("Hour of the digest"), choices=CLOCK)
    quiet_from = SelectField(_l("No mail from"), choices=CLOCK)
    quiet_until = SelectField(_l("until"), choices=CLOCK)

    def keep(self, topics: tuple[str, ...]) -> "ChoiceForm":
        """Without the topics that this member cannot choose."""
        for name in ("message", "match", "promise", "reminder", "alert", "staff"):
            if name not in topics:
                del self[name]
        return self

    def topics(self) -> list[RadioField]:
        return [field for field in self if isinstance(field, RadioField)]

    def show(self, channels: Mapping[str, str], hours: Hours) -> None:
        """Fill the form with what is chosen; without a digest nothing can come in it."""
        for field in self.topics():
            channel = channels[field.name]
            field.data = HERE if channel == DIGEST and not hours.has_digest else channel
        self.has_digest.data = hours.has_digest
        for name in ("digest_hour", "quiet_from", "quiet_until"):
            self[name].data = str(getattr(hours, name))

    def channels(self) -> dict[str, str]:
        return {field.name: field.data or "" for field in self.topics()}

    def hours(self) -> Hours:
        return Hours(
            int(self.quiet_from.data),
            int(self.quiet_until.data),
            int(self.digest_hour.data),
            self.has_digest.data,
        )
