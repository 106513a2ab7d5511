"""The files of pictures in the uploads folder, under names that nobody can guess.

Files are written before the row that names them and removed after it, so that a row always has
its files; a file without a row is only waste, and a name is never used twice. The name itself says
whether a picture is for everybody or for the two members of a conversation alone.
"""

import re
import secrets
from pathlib import Path

from marketplace import images
from marketplace.errors import NotFound

NAME_BYTES = 16  # 128 random bits: nobody finds the photo of a draft by guessing
PRIVATE = "z"  # ends the name of a private picture; no hexadecimal digit, so no other's
_SUFFIXES = tuple(dict.fromkeys(images.suffixes() + images.portrait_suffixes()))
_FILE = re.compile(rf"([0-9a-z]{{8,40}})({'|'.join(map(re.escape, _SUFFIXES))})")


def new_name() -> str:
    return secrets.token_hex(NAME_BYTES)


def new_private_name() -> str:
    """A name that ``stored_file`` does not serve: whoever asks must be allowed to first."""
    return new_name() + PRIVATE


def store(folder: Path, name: str, picture: images.Picture) -> None:
    """Write the files of a picture under a name of 8 to 40 lower case letters and digits."""
    for suffix, data in picture.files.items():
        path = path_of(folder, name, suffix)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(data)


def stored_file(folder: Path, file_name: str) -> Path:
    """The path of a file for everybody; NotFound for a name that no picture has, or a private."""
    if stem_of(file_name).endswith(PRIVATE):
        raise NotFound("photo")
    return _existing(folder, file_name)


def private_file(folder: Path, name: str, width: str) -> Path:
    """The path of a private picture in a width ("240", "480", "960"), for who may see it."""
    return _existing(folder, f"{name}-{width}.webp")


def _existing(folder: Path, file_name: str) -> Path:
    named = _FILE.fullmatch(file_name)
    path = path_of(folder, *named.groups()) if named else None
    if path is None or not path.is_file():
        raise NotFound("photo")
    return path


def stem_of(file_name: str) -> str:
    """The name of the picture that a file belongs to; NotFound for what is no such file."""
    named = _FILE.fullmatch(file_name)
    if named is None:
        raise NotFound("photo")
    return named[1]


def remove_files(folder: Path, name: str) -> None:
    """Remove the files of a picture whose row is gone, as far as they are there."""
    for suffix in _SUFFIXES:
        path_of(folder, name, suffix).unlink(missing_ok=True)


def path_of(folder: Path, name: str, suffix: str) -> Path:
    """Where a file of a picture is. Spread over subfolders, so that none holds too many files."""
    return folder / name[:2] / f"{name}{suffix}"
