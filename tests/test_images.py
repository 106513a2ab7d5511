import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from marketplace import images


def picture(size=(700, 500), kind="JPEG", **options):
    image = Image.effect_noise(size, 90).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_header(width, height):
    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + ihdr
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def refusal(data):
    with pytest.raises(images.PictureRefused) as caught:
        images.render(data)
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_even_noise_fits_the_byte_caps(kind):
    made = images.render(picture(size=(1000, 800), kind=kind))
    for edge, cap in images.WEBP_SIZES.items():
        data = made.files[f"-{edge}.webp"]
        assert len(data) <= cap
        small = Image.open(io.BytesIO(data))
        assert small.format == "WEBP"
        assert max(small.size) <= edge
    preview = Image.open(io.BytesIO(made.files[".jpg"]))
    assert (preview.format, preview.size) == ("JPEG", (1200, 630))
    assert set(made.files) == set(images.suffixes())


def test_no_metadata_survives_but_the_rotation_is_applied():
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by 90 degrees to view
    exif[0x010F] = "CANARY-CAMERA"
    gps = exif.get_ifd(0x8825)
    gps[2] = (6.0, 22.0, 12.34)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"CANARY-COMMENT")
    made = images.render(out.getvalue())
    assert made.width < made.height
    for data in made.files.values():
        again = Image.open(io.BytesIO(data))
        assert not again.getexif()
        assert b"CANARY" not in data
        assert "exif" not in again.info
    top = Image.open(io.BytesIO(made.files["-240.webp"])).convert("RGB").getpixel((50, 20))
    assert top[2] > 200 > 60 > top[0]


def test_a_transparent_picture_stands_on_paper():
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(out, "PNG")
    made = images.render(out.getvalue())
    pixel = Image.open(io.BytesIO(made.files["-240.webp"])).convert("RGB").getpixel((9, 9))
    assert all(abs(a - b) < 6 for a, b in zip(pixel, images.PAPER, strict=True))


def test_a_small_picture_is_not_blown_up():
    made = images.render(picture(size=(120, 90)))
    assert (made.width, made.height) == (120, 90)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + b"\0" * 50,
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>',
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7 not a picture",
        b"BM" + b"\0" * 200,
    ],
)
def test_only_photos_are_accepted_whatever_their_name(data):
    assert refusal(data) == "photo_kind"


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("pixels were decoded"))
    assert refusal(png_header(6000, 6000)) == "photo_too_large"
    assert refusal(png_header(60_000, 60_000)) == "photo_too_large"


def test_a_truncated_photo_is_refused():
    whole = picture()
    assert refusal(whole[: len(whole) // 2]) == "photo_broken"
    png = picture(kind="PNG", size=(300, 300))
    assert refusal(png[: len(png) // 2]) == "photo_broken"


def test_a_photo_that_is_also_a_page_is_refused():
    assert refusal(picture() + b"<script>alert(1)</script>") == "photo_two_things"
    assert refusal(picture(comment=b"<?php system($_GET['c']); ?>")) == "photo_two_things"


def test_a_photo_that_is_also_an_archive_is_refused():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.html", "<b>hi</b>")
    assert refusal(picture() + archive.getvalue()) == "photo_two_things"


def test_too_many_bytes_are_refused():
    assert refusal(picture(size=(60, 60)) + b"\0" * images.BYTES_MAX) == "photo_too_heavy"


def test_a_motion_photo_is_taken_as_its_still():
    made = images.render(picture() + b"\0\0\0\x18ftypmp42" + b"\x07" * 5000)
    assert max(made.width, made.height) <= 960
