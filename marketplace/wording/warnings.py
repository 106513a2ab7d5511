"""Advice to who reads a message in which ``messages.warnings`` found something."""

from typing import Any

from flask_babel import lazy_gettext

WARNINGS: dict[str, Any] = {
    "money": lazy_gettext(
        "Never transfer money first: no deposit, no fee, no phone credit. Here things are given, "
        "lent and swapped."
    ),
    "code": lazy_gettext(
        "Never pass on a code that was sent to your phone, or a PIN. Whoever has it can take over "
        "your account."
    ),
    "link": lazy_gettext(
        "Do not sign in behind a link that hides where it leads. This site never asks for your "
        "password by message."
    ),
}
