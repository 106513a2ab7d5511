"""Links that turn one topic of one member off, without signing in. Pure.

A link is ``<member>.<topic>.<signature>``, signed with the member's own key: it can be made for
every mail without writing anything, opens for years, and can do nothing else.
"""

import hashlib
import hmac
from typing import Protocol

SIGNATURE_HEX = 32  # 128 bits
PURPOSE = "off"


class Signed(Protocol):
    """Whoever has a public id and a key."""

    @property
    def public_id(self) -> str: ...

    @property
    def link_key(self) -> str: ...


def off_token(member: Signed, topic: str) -> str:
    """The token of the link that turns ``topic`` off for ``member``."""
    content = f"{member.public_id}.{topic}"
    return f"{content}.{signature(member, PURPOSE, content)}"


def read_off_token(member: Signed, token: str) -> str | None:
    """The topic of a token that was made for ``member``, else None."""
    content, _, signed = token.rpartition(".")
    public_id, _, topic = content.partition(".")
    good = hmac.compare_digest(signed.encode(), signature(member, PURPOSE, content).encode())
    return topic if good and public_id == member.public_id else None


def signature(member: Signed, purpose: str, content: str) -> str:
    """What only this member's key makes of ``content``; one purpose never opens another's link."""
    made = hmac.new(member.link_key.encode(), f"{purpose}:{content}".encode(), hashlib.sha256)
    return made.hexdigest()[:SIGNATURE_HEX]
