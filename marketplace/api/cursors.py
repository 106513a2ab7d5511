"""Where the next page begins, as a signed text that only this site can make or read.

A cursor belongs to one question: with other filters it is refused.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from marketplace.errors import Invalid, Problem

SALT = "api-cursor"


def seal(key: str, question: Mapping[str, Any], position: list[Any]) -> str:
    """The cursor to ``position`` (JSON values) in the answer to ``question``."""
    return URLSafeSerializer(key, salt=SALT).dumps([_print_of(question), position])


def unseal(key: str, question: Mapping[str, Any], cursor: str) -> list[Any]:
    """The position. Raises Invalid for a cursor of another question or of another site."""
    try:
        belongs_to, position = URLSafeSerializer(key, salt=SALT).loads(cursor)
    except (BadSignature, ValueError, TypeError):
        belongs_to, position = "", None
    if belongs_to != _print_of(question) or not isinstance(position, list):
        raise Invalid([Problem("cursor", "cursor_unknown")])
    return position


def _print_of(question: Mapping[str, Any]) -> str:
    """A short print of the question, whatever the order of its parts."""
    sayable = {name: sorted(v) if isinstance(v, list) else v for name, v in question.items()}
    text = json.dumps(sayable, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
