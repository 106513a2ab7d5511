"""Links in mails by which an owner answers for one listing without signing in. Pure.

A link is ``<listing>.<stamp>.<signature>``, signed with the owner's key for this purpose alone. The
stamp is the end of the listing: once it was renewed, a link of before does nothing.
"""

import hmac
from datetime import datetime

from marketplace.notifications.links import Signed, signature

PURPOSE = "answer"


def answer_token(owner: Signed, public_id: str, expires_at: datetime | None) -> str:
    """The token for the listing ``public_id`` of ``owner`` as it is now."""
    content = f"{public_id}.{_stamp(expires_at)}"
    return f"{content}.{signature(owner, PURPOSE, content)}"


def listing_of(token: str) -> str:
    """The public id that the token claims to be about; empty for what is no token."""
    return token.split(".")[0] if token.count(".") == 2 else ""


def is_genuine(owner: Signed, token: str) -> bool:
    """Whether the token was made for this owner, for whatever end of the listing."""
    content, _, signed = token.rpartition(".")
    return hmac.compare_digest(signed.encode(), signature(owner, PURPOSE, content).encode())


def is_current(token: str, expires_at: datetime | None) -> bool:
    """Whether a genuine token is about the listing as it is now."""
    return token.split(".")[1] == _stamp(expires_at)


def _stamp(expires_at: datetime | None) -> str:
    return str(int(expires_at.timestamp())) if expires_at else "0"
