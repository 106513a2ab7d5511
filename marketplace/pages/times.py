"""When something happened, as a neighbour would say it. Instants are aware; days are local."""

from datetime import datetime

from flask_babel import format_date, gettext, ngettext, to_user_timezone

from marketplace.db import utcnow

FRESH_SECONDS = 6 * 3600  # so long it is fresh, whether or not midnight lies between
DAYS_COUNTED = 14  # older than that is said as a date
MINUTE, HOUR = 60, 3600


def is_fresh(moment: datetime) -> bool:
    """Of today, or of the last hours of yesterday."""
    now = utcnow()
    return _days_between(moment, now) <= 0 or (now - moment).total_seconds() < FRESH_SECONDS


def ago(moment: datetime) -> str:
    """ "20 minutes ago", "yesterday", "3 days ago", "2 November 2026"."""
    now = utcnow()
    seconds = max(0, int((now - moment).total_seconds()))
    days = _days_between(moment, now)
    if seconds < MINUTE:
        return gettext("just now")
    if seconds < HOUR:
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", seconds // MINUTE)
    if days <= 0 or seconds < FRESH_SECONDS:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", seconds // HOUR)
    if days == 1:
        return gettext("yesterday")
    if days <= DAYS_COUNTED:
        return ngettext("%(num)d day ago", "%(num)d days ago", days)
    return str(format_date(moment, "d MMMM yyyy"))


def _days_between(moment: datetime, now: datetime) -> int:
    """Midnights between the two where the reader lives."""
    days: int = (to_user_timezone(now).date() - to_user_timezone(moment).date()).days
    return days
