"""The photo of a member: cleaned, cut square, replaced and removed."""

from pathlib import Path

from marketplace import images, picture_files
from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.permissions import require


def set_photo(actor: Member, data: bytes, *, folder: Path) -> None:
    """Make this picture the actor's photo. Raises PictureRefused for what is none."""
    picture = images.render_portrait(data)
    name = picture_files.new_name()
    try:
        picture_files.store(folder, name, picture)
        _replace(actor, name, folder)
    except BaseException:
        picture_files.remove_files(folder, name)
        raise


def remove_photo(actor: Member, *, folder: Path) -> None:
    """Show the first letter of the name instead. Without a photo nothing changes."""
    _replace(actor, "", folder)


def _replace(actor: Member, name: str, folder: Path) -> None:
    with transaction():
        db.session.refresh(actor, with_for_update=True)
        require(actor, "member.edit", actor)
        before, actor.photo_name = actor.photo_name, name
    if before:
        picture_files.remove_files(folder, before)
