"""Photo, languages, skills and a pause: what a member shows, and how it is taken back."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from marketplace import images
from marketplace.accounts.models import Member, MemberSkill
from marketplace.db import db, transaction
from tests import factories

Browser = Callable[[Member], FlaskClient]


def jpeg(size: tuple[int, int] = (900, 600), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, "JPEG", **more)
    return out.getvalue()


def send(browser: FlaskClient, data: bytes, name: str = "me.jpg") -> Any:
    return browser.post("/account/photo", data={"photo": (io.BytesIO(data), name)})


def files(app: Flask) -> list[str]:
    folder: Path = app.extensions["marketplace"].settings.uploads_dir
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def here(alice: Member, as_member: Browser) -> FlaskClient:
    return as_member(alice)


# Photo


def test_a_photo_becomes_two_small_squares_that_everybody_sees(
    app: Flask, client: FlaskClient, here: FlaskClient, alice: Member
) -> None:
    answer = send(here, jpeg())
    assert (answer.status_code, answer.location) == (303, f"/members/{alice.public_id}")
    db.session.expire_all()
    assert files(app) == [f"{alice.photo_name}-240.webp", f"{alice.photo_name}-96.webp"]
    assert f"/photos/{alice.photo_name}-240.webp" in client.get(f"/members/{alice.public_id}").text
    offer = factories.offer(alice)
    assert f"/photos/{alice.photo_name}-96.webp" in client.get(f"/listings/{offer.public_id}").text
    for edge, cap in images.PORTRAIT_SIZES.items():
        with client.get(f"/photos/{alice.photo_name}-{edge}.webp") as served:
            assert served.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in served.headers["Content-Security-Policy"]
            assert len(served.data) <= cap
            assert Image.open(io.BytesIO(served.data)).size == (edge, edge)


def test_a_new_photo_replaces_the_old_files_and_a_removal_leaves_none(
    app: Flask, here: FlaskClient, alice: Member
) -> None:
    send(here, jpeg())
    first = files(app)
    send(here, jpeg((300, 700)))
    assert not set(first) & set(files(app))
    assert len(files(app)) == 2
    assert here.post("/account/photo/removal").location == "/account/photo"
    assert files(app) == []
    assert here.post("/account/photo/removal").status_code == 303, "twice changes nothing more"
    db.session.expire_all()
    assert alice.photo_name == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a photo we can read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo we can read"),
        (jpeg() + b"<script>alert(1)</script>", "something else inside"),
        (jpeg((500, 400))[:1500], "incomplete"),
        (jpeg() + b"\0" * images.BYTES_MAX, "larger than 8 MB"),
    ],
)
def test_what_is_no_photo_is_refused_and_leaves_no_file(
    app: Flask, here: FlaskClient, alice: Member, data: bytes, words: str
) -> None:
    answer = send(here, data)
    answer.request.environ["wsgi.input"].close()  # the test client leaves large bodies open
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="photo-error"' in answer.text
    assert files(app) == []


def test_sending_no_file_is_told(here: FlaskClient) -> None:
    answer = here.post("/account/photo", data={})
    assert answer.status_code == 422
    assert "Choose a photo first" in answer.text


def test_the_place_of_the_camera_does_not_stay_in_a_portrait(app: Flask, here: FlaskClient) -> None:
    exif = Image.Exif()
    exif[0x9286] = "CANARY"
    send(here, jpeg(exif=exif))
    folder = app.extensions["marketplace"].settings.uploads_dir
    for name in files(app):
        assert b"CANARY" not in (folder / name[:2] / name).read_bytes()


# Languages


def test_languages_spoken_are_chosen_from_a_list_and_shown(
    here: FlaskClient, client: FlaskClient, alice: Member
) -> None:
    data = {"name": "Alice", "bio": "", "reach_km": "10", "language": "en",
            "place_cell": f"{alice.cell:x}", "spoken": ["inl", "jv", "klingon"]}  # fmt: skip
    from tests.sample_areas import load_sample

    load_sample()
    answer = here.post("/account", data=data | {"place": "Beji, Depok"})
    assert answer.status_code == 303, answer.text
    db.session.expire_all()
    assert alice.languages_spoken == ["jv", "inl"]
    page = client.get(f"/members/{alice.public_id}", headers={"Accept-Language": "en"}).text
    assert "Speaks Javanese, BISINDO (sign language)" in page


# Skills


def add(browser: FlaskClient, text: str = "Menjahit", **more: str) -> Any:
    data = {"direction": "offer", "text": text, "category": ""} | more
    return browser.post("/account/skills", data=data)


def test_a_line_is_added_shown_on_the_profile_and_removed(
    here: FlaskClient, client: FlaskClient, alice: Member
) -> None:
    assert add(here, "  Menjahit   baju ").location == "/account/skills"
    assert add(here, "Bahasa Inggris", direction="request").status_code == 303
    page = client.get(f"/members/{alice.public_id}").text
    assert "Menjahit baju" in page
    assert "Bahasa Inggris" in page
    rows = db.session.scalars(select(MemberSkill).order_by(MemberSkill.id)).all()
    assert [(row.direction, row.text) for row in rows] == [
        ("offer", "Menjahit baju"),
        ("request", "Bahasa Inggris"),
    ]
    assert here.post(f"/account/skills/{rows[0].public_id}/removal").location == "/account/skills"
    assert "Menjahit baju" not in client.get(f"/members/{alice.public_id}").text


def test_the_same_line_twice_is_one(here: FlaskClient) -> None:
    add(here)
    assert add(here, "MENJAHIT").status_code == 303
    assert len(db.session.scalars(select(MemberSkill)).all()) == 1


def test_ten_lines_of_each_kind_are_enough(here: FlaskClient) -> None:
    for number in range(10):
        add(here, f"Keahlian {number}")
    answer = add(here, "Keahlian lagi")
    assert answer.status_code == 422
    assert "At most 10 lines" in answer.text
    assert 'value="Keahlian lagi"' in answer.text, "what was typed is kept"
    assert add(here, "Belajar", direction="request").status_code == 303


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"text": "x"}, "text", "Write a few words"),
        ({"text": "x" * 81}, "text", "too long"),
        ({"direction": "both"}, "direction", "Choose one"),
    ],
)
def test_a_line_that_will_not_do_is_told_beside_its_field(
    here: FlaskClient, change: dict[str, str], field: str, words: str
) -> None:
    answer = add(here, **change)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalars(select(MemberSkill)).all() == []


def test_nobody_else_can_remove_a_line(
    here: FlaskClient, carol: Member, as_member: Browser, client: FlaskClient
) -> None:
    add(here)
    row = db.session.scalars(select(MemberSkill)).one()
    address = f"/account/skills/{row.public_id}/removal"
    assert as_member(carol).post(address).status_code == 404
    assert client.post(address).status_code == 303
    assert db.session.scalars(select(MemberSkill)).all() == [row]


def test_moving_lets_skills_be_matched_again(here: FlaskClient, alice: Member) -> None:
    from marketplace.accounts import rules, service
    from marketplace.db import utcnow
    from marketplace.places.cells import place_of

    add(here)
    with transaction() as session:
        session.scalars(select(MemberSkill)).one().matched_at = utcnow()
    same = rules.ProfileDraft(name="Alice", bio="", reach_km=10, language="en")
    service.edit_profile(alice, same, place_of(alice))
    assert db.session.scalars(select(MemberSkill.matched_at)).one() is not None
    further = rules.ProfileDraft(name="Alice", bio="", reach_km=50, language="en")
    service.edit_profile(alice, further, place_of(alice))
    assert db.session.scalars(select(MemberSkill.matched_at)).one() is None


# Pause


def test_a_pause_hides_posts_and_one_button_brings_them_back(
    here: FlaskClient, client: FlaskClient, alice: Member
) -> None:
    offer = factories.offer(alice)
    assert here.post("/account/pause").location == "/me"
    assert client.get(f"/listings/{offer.public_id}").status_code == 404
    assert here.get(f"/listings/{offer.public_id}").status_code == 200, "one's own stay in sight"
    page = here.get("/me").text
    assert "taking a break" in page
    assert 'action="/account/pause/end"' in page
    assert here.post("/account/pause/end").location == "/me"
    assert client.get(f"/listings/{offer.public_id}").status_code == 200
    assert 'action="/account/pause/end"' not in here.get("/me").text


def test_a_pause_keeps_conversations_and_stops_mail_about_them(
    here: FlaskClient, alice: Member, bob: Member, outbox: Any, settle: Callable[[], None]
) -> None:
    from marketplace.messages.service import open_conversation

    offer = factories.offer(alice)
    talk = open_conversation(bob, offer.public_id, "Halo")
    settle()
    before = len(outbox.to("alice@example.org"))
    here.post("/account/pause")
    assert here.get(f"/messages/{talk.public_id}").status_code == 200
    from marketplace.notifications.service import notify

    notify(alice, "message", "new_message", {"sender": "Bob", "title": "Mesin", "body": "Halo"})
    settle()
    assert len(outbox.to("alice@example.org")) == before


@pytest.mark.parametrize(
    "path",
    ["/account/photo", "/account/photo/removal", "/account/skills", "/account/pause",
     "/account/pause/end"],
)  # fmt: skip
def test_a_visitor_is_asked_to_sign_in_for_every_part(client: FlaskClient, path: str) -> None:
    assert client.post(path).location.startswith("/sign-in")
