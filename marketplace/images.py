"""One uploaded picture in, a handful of small clean files out; everything else is refused.

Only the pixels survive: metadata (and with it the place of the camera) is read for the rotation
and then dropped. Knows nothing of members, rows or folders.
"""

import io
import re
import threading
from dataclasses import dataclass

from PIL import Image, ImageOps

from marketplace.errors import DomainError

BYTES_MAX = 8 * 1024 * 1024
PIXELS_MAX = 25_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
KB = 1024
# Longest edge in pixels -> largest file in bytes.
WEBP_SIZES = {240: 6 * KB, 480: 22 * KB, 960: 60 * KB}
PORTRAIT_SIZES = {96: 4 * KB, 240: 12 * KB}  # squares: in lists, and on the member's page
PORTRAIT_CENTRE = (0.5, 0.4)  # a face is rather above the middle of a picture
PREVIEW_SIZE = (1200, 630)  # what messengers and social sites show of a link
PREVIEW_BYTES_MAX = 150 * KB
PREVIEW_CROP_FROM_RATIO = 1.25  # narrower pictures would lose too much and get margins instead
PAPER = (251, 248, 241)
QUALITIES = (10, 20, 35, 50, 60, 70, 80)
SHRINK = 0.85
AT_ONCE = 2  # a decoded picture takes up to 100 MB

# Two documents in one file: what browsers or unpackers would find behind the picture.
_DOCUMENT = re.compile(
    rb"<script[\s>]|<html[\s>]|<!doctype\s+html|<\?php\s|<iframe\s|<svg\s+xmlns", re.IGNORECASE
)
_PDF_WITHIN = 1024
_ZIP_END = b"PK\x05\x06"
_ZIP_END_WITHIN = 66_000

# The limit below is checked before any pixel is decoded; Pillow's own only warns.
Image.MAX_IMAGE_PIXELS = None
_slots = threading.BoundedSemaphore(AT_ONCE)


class PictureRefused(DomainError):
    """``code``: photo_too_heavy, photo_kind, photo_too_large, photo_broken, photo_two_things."""

    status = 422


@dataclass(frozen=True, slots=True)
class Picture:
    """Files by suffix ("-240.webp", ".jpg"); width and height of the largest WebP."""

    files: dict[str, bytes]
    width: int
    height: int


def suffixes() -> tuple[str, ...]:
    """The suffixes of all files of a picture."""
    return (*(f"-{edge}.webp" for edge in WEBP_SIZES), ".jpg")


def portrait_suffixes() -> tuple[str, ...]:
    """The suffixes of all files of a portrait."""
    return tuple(f"-{edge}.webp" for edge in PORTRAIT_SIZES)


def render(data: bytes, *, preview: bool = True) -> Picture:
    """All files of one picture; without ``preview`` those for the site alone.

    Raises PictureRefused.
    """
    if len(data) > BYTES_MAX:
        raise PictureRefused("photo_too_heavy")
    with _slots:
        picture = _decode(data)
        files = {}
        size = (0, 0)
        for edge, cap in WEBP_SIZES.items():
            small, encoded = _webp(picture, edge, cap)
            files[f"-{edge}.webp"] = encoded
            size = small.size
        if preview:
            files[".jpg"] = _preview(picture)
    return Picture(files, *size)


def render_portrait(data: bytes) -> Picture:
    """The square files of a portrait, cut a little above the middle. Raises PictureRefused."""
    if len(data) > BYTES_MAX:
        raise PictureRefused("photo_too_heavy")
    with _slots:
        picture = _decode(data)
        files = {f"-{edge}.webp": _square(picture, edge) for edge in PORTRAIT_SIZES}
    return Picture(files, max(PORTRAIT_SIZES), max(PORTRAIT_SIZES))


def _square(picture: Image.Image, edge: int) -> bytes:
    square = ImageOps.fit(
        picture, (edge, edge), Image.Resampling.LANCZOS, centering=PORTRAIT_CENTRE
    )
    return _best(square, "WEBP", PORTRAIT_SIZES[edge]) or _save(square, "WEBP", QUALITIES[0])


def _is_two_things(data: bytes) -> bool:
    return (
        _DOCUMENT.search(data, 1) is not None
        or b"%PDF-" in data[:_PDF_WITHIN]
        or _ZIP_END in data[-_ZIP_END_WITHIN:]
    )


def _decode(data: bytes) -> Image.Image:
    """Upright RGB pixels on paper. The size is checked while only the header is read."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:  # whatever a parser of hostile bytes may raise
        raise PictureRefused("photo_kind") from error
    if _is_two_things(data):
        raise PictureRefused("photo_two_things")
    if image.width * image.height > PIXELS_MAX:
        raise PictureRefused("photo_too_large")
    edge = max(*WEBP_SIZES, *PREVIEW_SIZE)
    try:
        image.draft("RGB", (edge, edge))  # lets JPEG decode at a fraction of its size
        image.load()
        upright = ImageOps.exif_transpose(image)
        return _on_paper(upright)
    except Exception as error:
        raise PictureRefused("photo_broken") from error


def _on_paper(image: Image.Image) -> Image.Image:
    """RGB without metadata; what is transparent shows the colour of the page."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGB", layer.size, PAPER)
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    clean = image.convert("RGB")
    clean.info = {}
    return clean


def _webp(picture: Image.Image, edge: int, cap: int) -> tuple[Image.Image, bytes]:
    """The best quality that fits under ``cap`` bytes, smaller when none does."""
    while True:
        small = picture.copy()
        small.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        encoded = _best(small, "WEBP", cap)
        if encoded:
            return small, encoded
        edge = int(edge * SHRINK)


def _preview(picture: Image.Image) -> bytes:
    if picture.width / picture.height >= PREVIEW_CROP_FROM_RATIO:
        framed = ImageOps.fit(picture, PREVIEW_SIZE, Image.Resampling.LANCZOS)
    else:
        framed = ImageOps.pad(picture, PREVIEW_SIZE, Image.Resampling.LANCZOS, color=PAPER)
    return _best(framed, "JPEG", PREVIEW_BYTES_MAX) or _save(framed, "JPEG", QUALITIES[0])


def _best(image: Image.Image, kind: str, cap: int) -> bytes | None:
    """The highest of ``QUALITIES`` that fits, by halving: three encodings at most."""
    best = None
    low, high = 0, len(QUALITIES)
    while low < high:
        middle = (low + high) // 2
        encoded = _save(image, kind, QUALITIES[middle])
        if len(encoded) <= cap:
            best, low = encoded, middle + 1
        else:
            high = middle
    return best


def _save(image: Image.Image, kind: str, quality: int) -> bytes:
    out = io.BytesIO()
    if kind == "WEBP":
        image.save(out, kind, quality=quality, method=4)
    else:
        image.save(out, kind, quality=quality, optimize=True, progressive=True)
    return out.getvalue()
