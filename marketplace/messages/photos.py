"""Photos in messages: cleaned, kept under private names, shown to the two members alone.

Files are written before their message and removed when it does not come about, so that a row
always has its files; what a killed process left is waste that the sweep ``privacy.retain`` clears.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import select

from marketplace import images, picture_files
from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.errors import Invalid, NotFound, Problem
from marketplace.messages import rules, service
from marketplace.messages.models import Conversation, Message, MessagePhoto

CHANCE_BYTES = 12  # 96 random bits in a name, and only the two may ask for it at all


def send(
    actor: Member, public_id: str, body: str, uploads: Sequence[bytes], *, folder: Path
) -> Conversation:
    """Send a message with photos, or photos alone, into a running conversation.

    Raises what ``service.reply`` raises; Invalid, too, for what is no photo. Nothing is sent then.
    """
    service.check_message(actor, public_id, body, len(uploads))
    pictures = [_cleaned(data) for data in uploads]
    photos = [rules.NewPhoto(_name_of(one), one.width, one.height) for one in pictures]
    names = [one.name for one in photos]
    try:
        for name, picture in zip(names, pictures, strict=True):
            picture_files.store(folder, name, picture)
        conversation = service.reply(actor, public_id, body, photos)
    except BaseException:
        remove_files_of(names, folder)
        raise
    remove_files_of(set(names) - _with_rows(names), folder)  # it was a second tap
    return conversation


def file_for(actor: Member, public_id: str, name: str, width: str, *, folder: Path) -> Path:
    """The file of a photo in a width ("240", "480", "960"), for one of the two members.

    NotFound for everybody else, and while the moderators hide its message.
    """
    shown = (
        select(MessagePhoto.name)
        .join(Message, Message.id == MessagePhoto.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.public_id == public_id,
            Conversation.of(actor),
            MessagePhoto.name == name,
            Message.hidden_at.is_(None),
        )
    )
    if db.session.scalar(shown) is None:
        raise NotFound("photo")
    return picture_files.private_file(folder, name, width)


def remove_files_of(names: Iterable[str], folder: Path) -> None:
    """Remove the files of photos whose rows are gone, or never came."""
    for name in names:
        picture_files.remove_files(folder, name)


def _cleaned(data: bytes) -> images.Picture:
    try:
        return images.render(data, preview=False)
    except images.PictureRefused as refused:
        raise Invalid([Problem("photos", refused.code)]) from refused


def _name_of(picture: images.Picture) -> str:
    """A private name that nobody guesses; its end is the same for the same picture."""
    content = hashlib.sha256(b"".join(picture.files.values())).hexdigest()
    chance = secrets.token_hex(CHANCE_BYTES)
    return chance + content[: rules.CONTENT_LETTERS] + picture_files.PRIVATE


def _with_rows(names: Sequence[str]) -> set[str]:
    return set(db.session.scalars(select(MessagePhoto.name).where(MessagePhoto.name.in_(names))))
