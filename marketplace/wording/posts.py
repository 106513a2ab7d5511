"""What owners, and those who asked, are told about the end of a post."""

from typing import Any

from flask_babel import lazy_gettext

NEWS: dict[str, Any] = {
    "listing_expires": lazy_gettext("“%(title)s” ends soon. Is it still there?"),
    "listing_expired": lazy_gettext("The time of “%(title)s” has run out. Put it up again?"),
    "listings_expire": lazy_gettext("%(number)s of your posts end soon. Are they still there?"),
    "listings_expired": lazy_gettext("The time of %(number)s of your posts has run out."),
    "listing_asked": lazy_gettext("A neighbour asks: is “%(title)s” still there?"),
    "listing_there": lazy_gettext("“%(title)s” is still there: the owner has answered."),
    "listing_gone": lazy_gettext("“%(title)s” is closed now. Look for something similar?"),
}
