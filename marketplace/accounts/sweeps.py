"""What the worker does for accounts, out of sight of whoever asked."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from marketplace.accounts.credentials import answer_reset
from marketplace.accounts.models import ResetRequest
from marketplace.db import changed, db, transaction

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 50


def answer_resets(parts: "Parts") -> int:
    """Answer who forgot a password, each once; returns how many."""
    asked = select(ResetRequest.id, ResetRequest.email, ResetRequest.language)
    due = db.session.execute(asked.order_by(ResetRequest.id).limit(BATCH)).all()
    for request_id, email, language in due:
        with transaction():
            if changed(delete(ResetRequest).where(ResetRequest.id == request_id)):
                answer_reset(email, language)
    return len(due)
