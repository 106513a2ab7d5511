"""What a member has to be told about her account, as rows. Written in the deed's transaction.

Telling is the business of features to the right: ``notifications.sweeps`` picks the rows up.
"""

from marketplace.accounts.models import AccountEvent, Member
from marketplace.db import db


def note(member: Member, kind: str, **params: str) -> None:
    """Add a row to the caller's transaction; ``kind`` names the mail and the sentence."""
    db.session.add(AccountEvent(member_id=member.id, kind=kind, params=params))
