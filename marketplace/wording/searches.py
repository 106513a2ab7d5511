"""The words of saved searches: what they found, and what stands in the way of saving one."""

from typing import Any

from flask_babel import lazy_gettext

PROBLEMS: dict[str, Any] = {
    "too_many_searches": lazy_gettext(
        "You have saved %(max)s searches. Delete one to save another."
    ),
    "search_empty": lazy_gettext("This search is for everything. Add a word or a filter first."),
}
# News with a mail of their own, which lists the posts.
FOUND: dict[str, Any] = {
    "search_found": lazy_gettext("“%(title)s” fits your search “%(search)s”"),
    "search_found_more": lazy_gettext("%(num)s new posts fit your search “%(search)s”"),
    "searches_found": lazy_gettext("%(num)s new posts fit your saved searches"),
}
NEWS: dict[str, Any] = {
    "search_rests": lazy_gettext(
        "You have not looked at your search “%(search)s” for a year, so we mail no more about it"
    ),
}
NEXT: dict[str, Any] = {
    "search_rests": lazy_gettext(
        "The search stays for another year. Are you still looking? Then choose again how often "
        "you want to hear of it."
    ),
}
