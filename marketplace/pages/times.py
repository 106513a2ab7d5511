"""When something happened, as a neighbour would say it. Instants are aware; days are local."""

from datetime import datetime, timedelta

from flask_babel import format_date, gettext, ngettext, to_user_timezone

from marketplace.db import utcnow

FRESH_FOR = timedelta(days=1)
DAYS_COUNTED = 14  # older than that is said as a date
MINUTE, HOUR = 60, 3600


def is_fresh(moment: datetime) -> bool:
    """Less than a day ago."""
    return utcnow() - moment < FRESH_FOR


def ago(moment: datetime) -> str:
    """ "20 minutes ago", "yesterday", "3 days ago", "2 November 2026"."""
    now = utcnow()
    seconds = max(0, int((now - moment).total_seconds()))
    days = (to_user_timezone(now).date() - to_user_timezone(moment).date()).days
    if seconds < MINUTE:
        return gettext("just now")
    if seconds < HOUR:
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", seconds // MINUTE)
    if days <= 0 or seconds < 6 * HOUR:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", seconds // HOUR)
    if days == 1:
        return gettext("yesterday")
    if days <= DAYS_COUNTED:
        return ngettext("%(num)d day ago", "%(num)d days ago", days)
    return str(format_date(moment, "d MMMM yyyy"))
