"""What is wrong with a word that staff teach the search, and with the search itself."""

from typing import Any

from flask_babel import lazy_gettext as _l

PROBLEMS: dict[str, Any] = {
    "word_unreadable": _l("Write letters or numbers."),
    "word_phrase_long": _l("At most %(max)s words, please."),
    "word_says_nothing": _l(
        "Searching skips “%(words)s”: it stands in too many posts to tell anything."
    ),
    "word_same": _l("Write another word than the one above."),
    "word_unclear": _l("“%(words)s” means several things. Choose which one you mean."),
    "word_means_that": _l("“%(words)s” means this already."),
    "word_means_more": _l(
        "“%(words)s” means something else already. Tick this if it is to mean both."
    ),
    "word_is_there": _l("This word is in the list already. Change it there."),
    "too_many_words": _l("There is room for %(max)s words. Remove one to add another."),
}

# What is wrong, and what to do about it.
LAG: dict[str, tuple[Any, Any]] = {
    "index_unusable": (
        _l("The index cannot be used. Only the newest posts are found."),
        _l("It is built anew by itself within minutes, as long as the worker runs."),
    ),
    "index_late": (
        _l("The index is late: new posts make searching slow."),
        _l("Ask whoever runs the server whether the worker runs and the disk has room."),
    ),
    "index_behind": (
        _l("So many posts wait for the index that some are not found."),
        _l("After an import this passes in minutes. If it does not, look whether the worker runs."),
    ),
    "index_incomplete": (
        _l("The index lacks posts that are open."),
        _l("Whoever runs the server can build it anew: flask search rebuild."),
    ),
    "alerts_late": (
        _l("Members hear late of what their saved searches find."),
        _l("Ask whoever runs the server whether the worker runs and no sweep fails."),
    ),
}
