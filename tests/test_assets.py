"""The joined style sheet and scripts: what is in them, how they are served, what they weigh."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.assets import EVERYWHERE, VECTORS, Assets, squeeze_css, squeeze_js
from marketplace.config import PROJECT_ROOT

KB = 1024
CSS_BYTES_MAX = 10 * KB
JS_BYTES_MAX = 6 * KB
TEMPLATES = PROJECT_ROOT / "templates"
STATIC = PROJECT_ROOT / "static"


TAKEN_ALONG = "privacy/copy.html"  # a file in a member's copy: no page of the site, no policy


def page_templates() -> Iterator[tuple[str, str]]:
    """Name and source of every page and fragment; mails have rules of their own."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = str(path.relative_to(TEMPLATES))
        if path.parent.name != "mail" and name != TAKEN_ALONG:
            yield name, path.read_text("utf-8")


def behaviours_of(source: str) -> list[str]:
    found = re.findall(r"set behaviours = (.*?)%}", source, re.DOTALL)
    return [name for text in found for name in re.findall(r'"([^"]+)"', text)]


@pytest.fixture
def addresses(app: Flask) -> dict[str, str]:
    make = app.jinja_env.globals
    with app.test_request_context():
        return {
            "css": make["asset_css"](),
            "js": make["asset_js"](["share"]),
            "svg": make["asset_svg"]("icons"),
        }


@pytest.mark.parametrize("kind", ["css", "js", "svg"])
def test_a_joined_file_may_be_kept_for_ever_by_everybody(
    client: FlaskClient, addresses: dict[str, str], kind: str
) -> None:
    response = client.get(addresses[kind])
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_joined_file_comes_in_the_encoding_that_the_browser_reads(
    client: FlaskClient, addresses: dict[str, str]
) -> None:
    plain = client.get(addresses["css"]).data
    for name, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        response = client.get(addresses["css"], headers={"Accept-Encoding": name})
        assert response.headers["Content-Encoding"] == name
        assert unpack(response.data) == plain
        assert len(response.data) < len(plain) / 2


def test_an_address_of_the_release_before_answers_but_is_not_kept(client: FlaskClient) -> None:
    response = client.get("/static/bundle/style.000000000000.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name",
    [
        "other.0.css",
        "page+nothing.0.js",
        "page+../app.0.js",
        "other.0.js",
        "icons.0.png",
        "x.0.svg",
    ],
)
def test_what_was_never_joined_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/bundle/{name}").status_code == 404


def test_a_change_of_a_style_changes_its_address(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    for folder, names, suffix in (
        ("css", ("tokens", "base", "components"), "css"),
        ("img", VECTORS, "svg"),
    ):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.{suffix}").write_text(".a { color: red; }")
    before = Assets(tmp_path).css
    (tmp_path / "css" / "base.css").write_text(".a { color: green; }")
    after = Assets(tmp_path).css
    assert before.digest != after.digest
    assert after.plain == b".a{color:red}.a{color:green}.a{color:red}"


def test_squeezing_css_leaves_strings_and_calculations_alone() -> None:
    source = '/* why */ .a > .b { content: "a ; b" attr(href); inline-size: calc(1px + 2px) ; }'
    assert squeeze_css(source) == '.a > .b{content:"a ; b" attr(href);inline-size:calc(1px + 2px)}'


def test_squeezing_a_script_drops_comments_that_are_lines_only() -> None:
    assert squeeze_js('// why\n  const a = "http://b"; // c\n\n  f(a);\n') == (
        'const a = "http://b"; // c\nf(a);'
    )


def test_scripts_are_joined_in_blocks_the_common_ones_first(
    client: FlaskClient, addresses: dict[str, str]
) -> None:
    text = client.get(addresses["js"]).text
    assert text.count("{\n") >= len(EVERYWHERE) + 1
    assert text.index(".error-summary") < text.index("navigator.share")


def test_no_script_imports_another() -> None:
    for path in (STATIC / "js").glob("*.js"):
        assert not re.search(r"^\s*(import|export)\b", path.read_text("utf-8"), re.MULTILINE), path


def test_every_behaviour_that_a_page_names_has_a_file() -> None:
    for name, source in page_templates():
        for behaviour in behaviours_of(source):
            assert (STATIC / "js" / f"{behaviour}.js").is_file(), f"{name}: {behaviour}"


def test_every_icon_that_a_page_names_is_drawn() -> None:
    drawn = set(re.findall(r'id="i-(\w+)"', (STATIC / "img" / "icons.svg").read_text("utf-8")))
    for name, source in page_templates():
        named = re.findall(r'icon\("([^"]+)"\)|#i-([a-z]+)"', source)
        for icon in (first or second for first, second in named):
            assert icon in drawn, f"{name}: {icon}"


def test_every_class_that_a_page_names_is_styled_or_used_by_a_script() -> None:
    styles = "".join(path.read_text("utf-8") for path in (STATIC / "css").glob("*.css"))
    scripts = "".join(path.read_text("utf-8") for path in (STATIC / "js").glob("*.js"))
    styled = set(re.findall(r"\.([a-z][\w-]*)", styles))
    for name, source in page_templates():
        markup = re.sub(r"{%.*?%}", " ", re.sub(r"{{.*?}}", "{}", source, flags=re.DOTALL))
        for names in re.findall(r'class="([^"]*)"', markup):
            for one in names.split():
                if "{" not in one and not one.endswith("--"):  # completed by an expression
                    assert one in styled or one in scripts, f"{name}: {one}"


def test_no_page_needs_what_the_content_security_policy_forbids() -> None:
    for name, source in page_templates():
        markup = re.sub(r"{#.*?#}", "", source, flags=re.DOTALL)
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|javascript:|<style", markup), name


def test_style_and_scripts_of_every_page_stay_light(app: Flask) -> None:
    assets: Assets = app.extensions["assets"]
    assert len(assets.css.gzipped) <= CSS_BYTES_MAX
    for name, source in page_templates():
        if "map" in name or "leaflet" in source:  # a budget of its own
            continue
        script = assets.scripts(assets.script_set(behaviours_of(source)))
        assert len(script.gzipped) <= JS_BYTES_MAX, name
