"""The files of pictures in the uploads folder, under names that nobody can guess.

Files are written before the row that names them and removed after it, so that a row always has
its files; a file without a row is only waste, and a name is never used twice.
"""

import re
import secrets
from pathlib import Path

from marketplace import images
from marketplace.errors import NotFound

NAME_BYTES = 16  # 128 random bits: nobody finds the photo of a draft by guessing
_SUFFIXES = tuple(dict.fromkeys(images.suffixes() + images.portrait_suffixes()))
_FILE = re.compile(rf"([0-9a-z]{{8,40}})({'|'.join(map(re.escape, _SUFFIXES))})")


def new_name() -> str:
    return secrets.token_hex(NAME_BYTES)


def store(folder: Path, name: str, picture: images.Picture) -> None:
    """Write the files of a picture under a name of 8 to 40 lower case letters and digits."""
    for suffix, data in picture.files.items():
        path = path_of(folder, name, suffix)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(data)


def stored_file(folder: Path, file_name: str) -> Path:
    """The path of a served file; NotFound for a name that no picture has."""
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
