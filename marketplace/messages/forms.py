"""The one form of conversations. It only parses; ``rules`` says what a message may be."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField

from marketplace.listings.models import Listing


class MessageForm(FlaskForm):
    """A message, first or later."""

    body = TextAreaField(_l("Your message"))


def suggestion(listing: Listing) -> str:
    """A first message to start from, in the language of the page."""
    words = {"name": listing.owner.name, "title": listing.title}
    if listing.direction == "offer":
        return _(
            "Hello %(name)s, I would like “%(title)s”. Is it still available? "
            "When could I come by?",
            **words,
        )
    return _("Hello %(name)s, I can help with “%(title)s”. When would it suit you?", **words)
