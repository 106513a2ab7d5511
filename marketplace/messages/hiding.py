"""What staff do with one message: take its words out of sight, and bring them back."""

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.errors import Conflict
from marketplace.messages.models import Message
from marketplace.permissions import require


def hide_message(actor: Member, message: Message) -> None:
    """Show a note instead of its words. Conflict when it is hidden already."""
    with transaction() as session:
        require(actor, "message.moderate", message)
        session.refresh(message, with_for_update=True)
        if message.hidden_at is not None:
            raise Conflict("message_hidden")
        message.hidden_at = utcnow()


def show_message(actor: Member, message: Message) -> None:
    """Show its words again. Conflict when it is not hidden."""
    with transaction() as session:
        require(actor, "message.moderate", message)
        session.refresh(message, with_for_update=True)
        if message.hidden_at is None:
            raise Conflict("message_shown")
        message.hidden_at = None
