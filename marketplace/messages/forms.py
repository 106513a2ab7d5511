"""The one form of conversations. It only parses; ``rules`` says what a message may be."""

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import MultipleFileField, TextAreaField

from marketplace import images
from marketplace.listings.models import Listing


class MessageForm(FlaskForm):
    """A message, first or later."""

    body = TextAreaField(_l("Your message"))
    photos = MultipleFileField(_l("Photos"))

    def uploads(self) -> list[bytes]:
        """What was chosen, each cut off beyond what a photo may weigh."""
        chosen = [one for one in request.files.getlist("photos") if one.filename]
        return [one.stream.read(images.BYTES_MAX + 1) for one in chosen]


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
