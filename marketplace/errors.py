"""The four ways in which a request can fail for a reason the member should hear. Pure.

Services raise these; ``web`` maps each to one status and one page, once.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, as a code; ``wording.problem`` makes the sentence."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class DomainError(Exception):
    """A failure that the member can understand; ``status`` is its HTTP status."""

    status = 500

    def __init__(self, code: str = "") -> None:
        super().__init__(code)
        self.code = code


class NotFound(DomainError):
    """The thing does not exist, or the actor may not know that it does."""

    status = 404


class NotAllowed(DomainError):
    """The actor may see the thing but not do this with it."""

    status = 403


class Conflict(DomainError):
    """The thing is no longer in a state in which this can be done."""

    status = 409


class Invalid(DomainError):
    """The input was understood and refused; carries every problem at once."""

    status = 422

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("invalid")
        self.problems = tuple(problems)
