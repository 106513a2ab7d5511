"""What a member sees of their conversations: the list, and one page of one of them."""

from dataclasses import dataclass

from marketplace.accounts.models import Member
from marketplace.messages.models import Conversation, Message

PER_PAGE = 20  # conversations in the list
MESSAGES_SHOWN = 50  # of one conversation; earlier ones are a link away


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the inbox."""

    conversation: Conversation
    other: Member
    last: Message
    unread: int


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation as one of its two members sees it; ``messages`` oldest first."""

    conversation: Conversation
    other: Member
    messages: list[Message]
    earlier: int | None  # the id before which there are more
    read_by_other: int  # the last message id that the other has seen
    writable: bool
    listing_open: bool
    listing_shown: bool  # open, and to be seen by who reads
    may_close: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of conversations; pages count from 1."""

    rows: list[Row]
    page: int
    pages: int
