"""Developer's script: draw every SVG of this folder as a WebP beside it, with Chromium.

Run once after a drawing changed: ``python marketplace/demo/drawings/render.py [SHEET.png]``.
The product reads the WebP files only, so that loading the demo needs no browser. With a file
name it also leaves a contact sheet of all drawings, to be looked at.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SIZE = (640, 480)  # pixels; enough for a phone's full width, about 8 KB as WebP
QUALITY = 72
SHEET_COLUMNS = 8


def render_all() -> None:
    """Write NAME.webp for every NAME.svg."""
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        for source in sorted(HERE.glob("*.svg")):
            page.set_content(
                "<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>"
                + source.read_text(encoding="utf-8")
            )
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            target = source.with_suffix(".webp")
            picture.save(target, "WEBP", quality=QUALITY, method=6)
            print(f"{target.name:24} {target.stat().st_size / 1024:5.1f} KB")
        browser.close()


def contact_sheet(target: Path) -> None:
    """Put all rendered drawings on one picture, in the order of their names."""
    names = sorted(HERE.glob("*.webp"))
    width, height = SIZE[0] // 3, SIZE[1] // 3
    rows = -(-len(names) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (width * SHEET_COLUMNS, height * rows), "white")
    for position, name in enumerate(names):
        with Image.open(name) as picture:
            small = picture.resize((width - 6, height - 6))
        row, column = divmod(position, SHEET_COLUMNS)
        sheet.paste(small, (column * width, row * height))
    sheet.save(target)


if __name__ == "__main__":
    render_all()
    if len(sys.argv) > 1:
        contact_sheet(Path(sys.argv[1]))
