"""The sweep ``pages.digests``: each member's digest at their hour, once a day, if it is worth it.

What is slow is gathered first. Then one short transaction claims the day and queues the mail, so
that a kill at any line neither loses nor doubles a digest.
"""

from datetime import date
from typing import TYPE_CHECKING

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.notifications import digests
from marketplace.pages.digest import compose

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 20  # members; some hundredths of a second each


def send_digests(parts: "Parts") -> int:
    """See to the digests of a batch of members whose hour has come; returns how many members."""
    due = digests.due(utcnow(), BATCH)
    for member_id, day in due:
        _send(parts, member_id, day)
    return len(due)


def _send(parts: "Parts", member_id: int, day: date) -> None:
    member, rows, last_sent_at = digests.waiting(member_id)
    found = compose(parts, member, rows, last_sent_at, now=utcnow())
    ids = [row.id for row in rows]
    with transaction() as session:
        if digests.claim(member_id, day) and found.is_due:
            digests.queue(session.get_one(Member, member_id), ids, found.params())
