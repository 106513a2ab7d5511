import pytest

from marketplace.listings.member_text import member_text

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "http://a.example/\"onmouseover='alert(1)'",
    "https://a.example/<svg/onload=alert(1)>",
    "data:text/html,<script>alert(1)</script>",
    "&lt;script&gt;",
    "{{ 7*7 }}",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_stays_text(payload):
    html = str(member_text(f"lihat {payload} ya"))
    rest = html.replace("<p>", "").replace("</p>", "")
    tags = [piece.split(">")[0] for piece in rest.split("<")[1:]]
    assert all(tag in ("/a", "br") or tag.startswith('a href="http') for tag in tags)
    for tag in tags:
        assert tag.count('"') in (0, 4)


def test_lines_and_paragraphs_are_kept():
    assert member_text("satu\ndua\n\ntiga") == "<p>satu<br>\ndua</p>\n<p>tiga</p>"


def test_an_address_becomes_a_link_that_vouches_for_nothing():
    html = member_text("Lihat https://a.example/x?a=1&b=2.")
    assert html == (
        '<p>Lihat <a href="https://a.example/x?a=1&amp;b=2" rel="nofollow ugc noopener">'
        "https://a.example/x?a=1&amp;b=2</a>.</p>"
    )


def test_nothing_gives_nothing():
    assert member_text("") == ""
    assert member_text(None) == ""
