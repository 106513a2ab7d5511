"""Photos in messages: clean, small, and for the two members alone."""

import io
import os
import re
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, func, select

from marketplace import images
from marketplace.accounts.models import Block, Member
from marketplace.config import Settings
from marketplace.db import db, transaction, utcnow
from marketplace.messages import rules, service
from marketplace.messages.hiding import hide_message
from marketplace.messages.models import Conversation, Message, MessagePhoto
from marketplace.messages.service import open_conversation
from marketplace.moderation.reports import report, reported_message
from marketplace.privacy.sweeps import erase, retain
from tests import factories
from tests.conftest import Outbox

As = Callable[[Member], FlaskClient]
CANARY = b"CANARY-CAMERA"


def jpeg(size: tuple[int, int] = (320, 240), colour: str = "seagreen", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", **options)
    return out.getvalue()


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.html", "<b>hi</b>")
    return archive.getvalue()


def form(*pictures: bytes, **values: str) -> dict[str, Any]:
    return values | {"photos": [(io.BytesIO(one), "foto.jpg") for one in pictures]}


@pytest.fixture
def running(alice: Member, bob: Member) -> Conversation:
    return open_conversation(bob, factories.offer(alice).public_id, "Masih ada?")


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.uploads_dir


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def send(client: FlaskClient, conversation: Conversation, *pictures: bytes, **values: str) -> Any:
    path = f"/messages/{conversation.public_id}"
    answer = client.post(path, data=form(*pictures, **values))
    answer.request.environ["wsgi.input"].close()  # the test client leaves large bodies open
    return answer


def fetch(client: FlaskClient, path: str, **headers: str) -> Any:
    """The answer with its file read and closed."""
    answer = client.get(path, headers=headers)
    answer.get_data()
    answer.close()
    return answer


def photos() -> list[MessagePhoto]:
    db.session.rollback()
    return list(db.session.scalars(select(MessagePhoto).order_by(MessagePhoto.id)))


def address(conversation: Conversation, photo: MessagePhoto, width: int = 240) -> str:
    return f"/messages/{conversation.public_id}/photos/{photo.name}/{width}"


def test_both_see_the_photo_and_nobody_else_does(
    app: Flask, as_member: As, alice: Member, bob: Member, carol: Member, staff: Member,
    running: Conversation,
) -> None:  # fmt: skip
    assert send(as_member(alice), running, jpeg(), body="Ini").status_code == 303
    (photo,) = photos()
    for who, words in ((bob, "Photo from Alice"), (alice, "Photo from you")):
        page = unescape(as_member(who).get(f"/messages/{running.public_id}").text)
        assert f'src="{address(running, photo)}"' in page
        assert f'alt="{words}"' in page
        for width in (240, 480, 960):
            answer = fetch(as_member(who), address(running, photo, width))
            assert answer.status_code == 200
            assert answer.mimetype == "image/webp"
            assert Image.open(io.BytesIO(answer.data)).format == "WEBP"
    for stranger in (carol, staff):
        assert as_member(stranger).get(address(running, photo)).status_code == 404
    visitor = app.test_client().get(address(running, photo))
    assert (visitor.status_code, "/sign-in" in visitor.location) == (303, True)
    for who in (alice, carol):  # nor at the address of photos that are for everybody
        assert as_member(who).get(f"/photos/{photo.name}-240.webp").status_code == 404


def test_a_photo_is_found_only_in_its_own_conversation(
    as_member: As, alice: Member, carol: Member, running: Conversation
) -> None:
    send(as_member(alice), running, jpeg())
    other = open_conversation(carol, running.listing.public_id, "Saya juga")
    (photo,) = photos()
    for client in (as_member(alice), as_member(carol)):
        assert client.get(address(other, photo)).status_code == 404


def test_a_photo_never_runs_and_is_asked_for_anew(
    as_member: As, alice: Member, running: Conversation
) -> None:
    send(as_member(alice), running, jpeg())
    answer = fetch(as_member(alice), address(running, photos()[0]))
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = fetch(
        as_member(alice),
        address(running, photos()[0]),
        **{"If-Modified-Since": answer.headers["Last-Modified"]},
    )
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("width", ["1", "241", "240.webp", "../240", "0"])
def test_only_the_widths_that_there_are_can_be_had(
    as_member: As, alice: Member, running: Conversation, width: str
) -> None:
    send(as_member(alice), running, jpeg())
    path = f"/messages/{running.public_id}/photos/{photos()[0].name}/{width}"
    assert as_member(alice).get(path).status_code == 404


def test_where_a_photo_was_taken_never_leaves(
    as_member: As, alice: Member, bob: Member, running: Conversation, folder: Path
) -> None:
    exif = Image.Exif()
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825).update({1: "S", 2: (6.0, 22.0, 22.2276), 3: "E", 4: (106.0, 50.0, 1.0212)})
    picture = jpeg(exif=exif, comment=CANARY)
    assert CANARY in picture
    send(as_member(bob), running, picture, body="Ini")
    (photo,) = photos()
    assert len(files(folder)) == 3
    served = [fetch(as_member(alice), address(running, photo, w)).data for w in (240, 480, 960)]
    for data in (*served, *(path.read_bytes() for path in files(folder))):
        assert CANARY not in data
        assert not Image.open(io.BytesIO(data)).getexif()


def test_a_photo_may_speak_for_itself(
    as_member: As, alice: Member, bob: Member, running: Conversation, outbox: Outbox,
    settle: Callable[[], None],
) -> None:  # fmt: skip
    assert send(as_member(alice), running, jpeg(), jpeg(colour="red"), body="").status_code == 303
    assert len(photos()) == 2
    assert "2 photos" in as_member(bob).get("/messages").text
    assert "You: 2 photos" in as_member(alice).get("/messages").text
    settle()
    (mail,) = outbox.to("bob@example.org")
    assert "[2 photos]" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert list(mail.iter_attachments()) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a photo we can read"),
        (b"<html><script>alert(1)</script>", "not a photo we can read"),
        (jpeg(size=(500, 400))[:1500], "incomplete"),
        (jpeg() + b"<script>alert(1)</script>", "something else inside"),
        (jpeg() + zipped(), "something else inside"),
        (jpeg() + b"\0" * images.BYTES_MAX, "larger than 8 MB"),
        (jpeg(size=(6000, 5000)), "25 million pixels"),
    ],
)
def test_each_attack_is_refused_and_what_was_typed_is_kept(
    as_member: As, alice: Member, running: Conversation, folder: Path, data: bytes, words: str
) -> None:
    answer = send(as_member(alice), running, jpeg(), data, body="Ini fotonya")
    assert answer.status_code == 422
    text = unescape(answer.text)
    assert re.search(rf'id="photos-error".*{words}', text)
    assert re.search(r"<textarea[^>]*>\s*Ini fotonya</textarea>", text)
    assert re.search(r"<details open>.*id=\"photos\"", text, re.DOTALL)
    assert photos() == []
    assert files(folder) == []


def test_three_are_enough(as_member: As, alice: Member, running: Conversation, folder: Path):
    many = [jpeg(colour=colour) for colour in ("red", "green", "blue", "black")]
    answer = send(as_member(alice), running, *many, body="Ini")
    assert answer.status_code == 422
    assert "At most 3 photos in one message" in answer.text
    assert send(as_member(alice), running, *many[: rules.PHOTOS_MAX], body="Ini").status_code == 303
    assert len(photos()) == 3


def test_a_second_tap_sends_nothing_twice_and_leaves_no_files(
    as_member: As, alice: Member, running: Conversation, folder: Path
) -> None:
    for _ in range(2):
        assert send(as_member(alice), running, jpeg(), body="").status_code == 303
    assert (len(photos()), len(files(folder))) == (1, 3)
    send(as_member(alice), running, jpeg(colour="red"), body="")  # another photo is another message
    assert len(photos()) == 2


def test_a_quick_answer_takes_the_photo_along(
    as_member: As, alice: Member, running: Conversation
) -> None:
    answer = send(as_member(alice), running, jpeg(), quick="yes_there", body="Saya juga")
    assert answer.status_code == 200
    last = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert last is not None
    assert (last.body, len(last.photos)) == ("Yes, it is still there.", 1)


def test_a_block_stops_photos_before_any_work(
    as_member: As, alice: Member, bob: Member, running: Conversation, folder: Path
) -> None:
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    assert send(as_member(bob), running, b"no picture at all").status_code == 409
    assert files(folder) == []


def test_a_stranger_cannot_send_one(as_member: As, carol: Member, running: Conversation):
    assert send(as_member(carol), running, jpeg()).status_code == 404
    assert photos() == []


def test_hiding_a_message_hides_its_photos(
    as_member: As, alice: Member, bob: Member, staff: Member, running: Conversation
) -> None:
    send(as_member(bob), running, jpeg(), body="Jelek")
    (photo,) = photos()
    hide_message(staff, db.session.get_one(Message, photo.message_id))
    for who in (alice, bob):
        page = as_member(who).get(f"/messages/{running.public_id}").text
        assert photo.name not in page
        assert "Hidden by the moderators" in page
        assert as_member(who).get(address(running, photo)).status_code == 404


def test_staff_see_a_photo_with_a_reported_message_only(
    as_member: As, alice: Member, bob: Member, staff: Member, running: Conversation
) -> None:
    for number in range(4):
        service.reply(bob, running.public_id, f"Pesan {number}")
    send(as_member(bob), running, jpeg(colour="red"), body="Jelek")
    for number in range(4):
        service.reply(bob, running.public_id, f"Lalu {number}")
    send(as_member(bob), running, jpeg(colour="blue"), body="Jauh")
    shown, far = photos()
    case = report(alice, reported_message(alice, running.public_id, shown.message_id), "spam", "")
    start = f"/staff/reports/{case.case.public_id}"
    client = as_member(staff)
    assert f"{start}/photos/{shown.name}/240" in client.get(start).text
    assert fetch(client, f"{start}/photos/{shown.name}/240").mimetype == "image/webp"
    assert client.get(f"{start}/photos/{far.name}/240").status_code == 404
    for who in (alice, bob):
        assert as_member(who).get(f"{start}/photos/{shown.name}/240").status_code == 404
    form = as_member(alice).get(f"/messages/{running.public_id}/{shown.message_id}/report").text
    assert shown.name in form


def test_the_sweep_leaves_the_photos_of_messages_and_takes_what_no_row_names(
    app: Flask, as_member: As, alice: Member, running: Conversation, folder: Path
) -> None:
    send(as_member(alice), running, jpeg())
    for path in files(folder):
        os.utime(path, (0, 0))
    retain(app.extensions["marketplace"])
    assert len(files(folder)) == 3
    with transaction() as session:
        session.query(MessagePhoto).delete()
    retain(app.extensions["marketplace"])
    assert files(folder) == []
    assert "The photo is gone" in as_member(alice).get(f"/messages/{running.public_id}").text


def test_the_photos_of_who_leaves_go_and_those_of_the_other_stay(
    app: Flask, as_member: As, alice: Member, bob: Member, running: Conversation, folder: Path
) -> None:
    send(as_member(alice), running, jpeg())
    send(as_member(bob), running, jpeg(colour="red"))
    with transaction():
        bob.erase_after = utcnow()
    erase(app.extensions["marketplace"])
    (left,) = photos()
    assert {path.name.partition("-")[0] for path in files(folder)} == {left.name}
    assert "The photo is gone" in as_member(alice).get(f"/messages/{running.public_id}").text


def test_the_number_of_queries_does_not_grow_with_the_photos(
    as_member: As, alice: Member, running: Conversation
) -> None:
    counted: list[str] = []
    client = as_member(alice)
    numbers = []
    for colour in ("red", "blue", "green"):
        send(client, running, jpeg(colour=colour), body=colour)
        listener = lambda *args: counted.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        client.get(f"/messages/{running.public_id}")
        event.remove(db.engine, "before_cursor_execute", listener)
        numbers.append(len(counted))
        counted.clear()
    assert numbers[1] == numbers[2]
    assert db.session.scalar(select(func.count(MessagePhoto.id))) == 3
