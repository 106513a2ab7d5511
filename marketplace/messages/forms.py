"""The one form of conversations. It only parses; ``rules`` says what a message may be."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField


class MessageForm(FlaskForm):
    """A message, first or later."""

    body = TextAreaField(_l("Your message"))
