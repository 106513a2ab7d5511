"""The drawings of the demo as photos: rendered once, shared by every post that shows them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from marketplace import images, picture_files
from marketplace.demo import content
from marketplace.errors import NotFound

AT_ONCE = 2  # drawings rendered side by side
LARGEST = f"-{max(images.WEBP_SIZES)}.webp"


@dataclass(frozen=True, slots=True)
class StoredDrawing:
    """Files of a photo that many posts share; ``alt`` by language, sizes in pixels."""

    name: str
    alt: dict[str, str]
    width: int
    height: int


Pictures = dict[str, StoredDrawing]


def store_drawings(folder: Path) -> Pictures:
    """Every drawing that is used through the pipeline of photos, two at a time."""
    used = {post.drawing for post in content.posts()}
    drawings = {name: drawing for name, drawing in content.drawings().items() if name in used}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        stored = pool.map(lambda drawing: _store(folder, drawing), drawings.values())
        return dict(zip(drawings, stored, strict=True))


def _store(folder: Path, drawing: content.Drawing) -> StoredDrawing:
    """Under a name made of its bytes, so that one that is there already need not be made again."""
    data = drawing.file.read_bytes()
    name = f"demo{hashlib.sha256(data).hexdigest()[:32]}"
    if not _is_stored(folder, name):
        picture_files.store(folder, name, images.render(data))
    with Image.open(picture_files.stored_file(folder, f"{name}{LARGEST}")) as picture:
        return StoredDrawing(name, drawing.alt, *picture.size)


def _is_stored(folder: Path, name: str) -> bool:
    try:
        found = [
            picture_files.stored_file(folder, f"{name}{suffix}") for suffix in images.suffixes()
        ]
    except NotFound:
        return False
    return all(path.stat().st_size for path in found)
