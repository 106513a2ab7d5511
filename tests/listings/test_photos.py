import errno
import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from marketplace import images, picture_files
from marketplace.db import db, new_public_id
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.listings import lifecycle, photos, service
from marketplace.listings.holding import hold_listing
from marketplace.listings.models import Listing
from marketplace.listings.rules import Draft
from tests import factories
from tests.listings.conftest import jpeg

pytestmark = pytest.mark.usefixtures("areas")


@pytest.fixture
def folder(settings):
    return settings.uploads_dir


@pytest.fixture
def draft(alice):
    return service.save_draft(alice, Draft(direction="offer", title="Kursi"))


def stored(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def only_draft():
    db.session.rollback()
    return db.session.scalars(select(Listing)).one()


def test_a_photo_becomes_four_small_files(alice, draft, folder):
    photo = photos.attach_photo(alice, draft.public_id, jpeg(), folder=folder, alt="Kursi merah")
    assert stored(folder) == sorted(photo.name + suffix for suffix in images.suffixes())
    assert (photo.alt, photo.width, photo.height) == ("Kursi merah", 320, 240)


def test_only_the_owner_adds_and_removes_photos(alice, carol, draft, folder):
    with pytest.raises(NotFound):
        photos.attach_photo(carol, draft.public_id, jpeg(), folder=folder)
    photo = photos.attach_photo(alice, draft.public_id, jpeg(), folder=folder)
    with pytest.raises(NotFound):
        photos.remove_photo(carol, draft.public_id, photo.name)
    with pytest.raises(NotFound):
        photos.describe_photos(carol, draft.public_id, {photo.name: "x"})


def test_a_photo_of_another_listing_is_not_removed(alice, bob, draft, folder):
    photo = photos.attach_photo(alice, draft.public_id, jpeg(), folder=folder)
    theirs = service.save_draft(bob, Draft(title="Meja"))
    with pytest.raises(NotFound):
        photos.remove_photo(bob, theirs.public_id, photo.name)
    photos.describe_photos(bob, theirs.public_id, {photo.name: "diubah"})
    db.session.rollback()
    assert photo.alt == ""
    assert stored(folder)


def test_a_seventh_photo_is_refused_and_leaves_no_file(alice, draft, folder):
    for _ in range(6):
        photos.attach_photo(alice, draft.public_id, jpeg(size=(20, 20)), folder=folder)
    before = stored(folder)
    with pytest.raises(Invalid):
        photos.attach_photo(alice, draft.public_id, jpeg(size=(20, 20)), folder=folder)
    assert stored(folder) == before


def test_a_disk_that_fills_up_halfway_leaves_no_file_and_no_row(alice, draft, folder, monkeypatch):
    write = Path.write_bytes

    def full(path, data):
        if path.name.endswith("-960.webp"):
            write(path, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        photos.attach_photo(alice, draft.public_id, jpeg(), folder=folder)
    assert stored(folder) == []
    assert only_draft().photos == []


def attach(member, listing, folder):
    data = jpeg(size=(20, 20))
    return photos.attach_photo(member, listing.public_id, data, folder=folder).name


def test_a_removed_photo_comes_back_where_it_was(alice, draft, folder):
    names = [attach(alice, draft, folder) for _ in range(3)]
    photos.remove_photo(alice, draft.public_id, names[1])
    assert [photo.name for photo in only_draft().photos] == [names[0], names[2]]
    assert photos.removed_photo(only_draft()).name == names[1]
    photos.return_photo(alice, draft.public_id, names[1])
    assert [photo.name for photo in only_draft().photos] == names
    assert photos.removed_photo(only_draft()) is None


def test_a_removed_photo_comes_back_only_where_there_is_room(alice, draft, folder):
    names = [attach(alice, draft, folder) for _ in range(6)]
    photos.remove_photo(alice, draft.public_id, names[0])
    attach(alice, draft, folder)
    with pytest.raises(Invalid):
        photos.return_photo(alice, draft.public_id, names[0])


@pytest.mark.parametrize(
    ("moved", "where", "order"),
    [("c", "first", "cab"), ("c", "earlier", "acb"), ("a", "later", "bac"), ("c", "later", "abc")],
)
def test_photos_are_put_in_order(alice, draft, folder, moved, where, order):
    names = {letter: attach(alice, draft, folder) for letter in "abc"}
    photos.move_photo(alice, draft.public_id, names[moved], where)
    letters = {name: letter for letter, name in names.items()}
    assert "".join(letters[photo.name] for photo in only_draft().photos) == order


def test_the_first_photo_moved_earlier_stays_first(alice, draft, folder):
    names = [attach(alice, draft, folder) for _ in range(2)]
    photos.move_photo(alice, draft.public_id, names[0], "earlier")
    assert [photo.name for photo in only_draft().photos] == names


def test_nobody_else_moves_or_returns_a_photo(alice, carol, draft, folder):
    name = attach(alice, draft, folder)
    for verb in (
        lambda: photos.move_photo(carol, draft.public_id, name, "first"),
        lambda: photos.return_photo(carol, draft.public_id, name),
        lambda: photos.remove_photo(carol, draft.public_id, name),
    ):
        with pytest.raises(NotFound):
            verb()


def test_photos_are_arranged_by_buttons_of_the_form(alice, as_member, answers, upload):
    browser = as_member(alice)
    for _ in range(3):
        key = only_draft().public_id if db.session.scalar(select(Listing.id)) else ""
        browser.post("/listings/new", data=answers(key=key, action="photo", photo=upload()))
    first, second, third = (photo.name for photo in only_draft().photos)
    edit = f"/listings/{only_draft().public_id}/edit"
    page = browser.get(edit).text
    assert f'value="later:{first}"' in page
    assert f'value="earlier:{first}"' not in page
    assert f'value="later:{third}"' not in page
    browser.post(edit, data=answers(action=f"first:{third}"))
    assert [photo.name for photo in only_draft().photos] == [third, first, second]
    page = browser.post(edit, data=answers(action=f"remove:{third}"), follow_redirects=True).text
    assert f'value="return:{third}"' in page
    browser.post(edit, data=answers(action=f"return:{third}"))
    assert len(only_draft().photos) == 3


def test_what_is_over_takes_no_photos(alice, folder):
    listing = factories.offer(alice, state="withdrawn")
    with pytest.raises(Conflict):
        photos.attach_photo(alice, listing.public_id, jpeg(), folder=folder)
    assert stored(folder) == []


def test_a_photo_is_attached_at_once_and_the_typed_text_is_kept(
    alice, as_member, answers, upload, folder
):
    browser = as_member(alice)
    data = answers(action="photo", title="Kursi merah", photo=upload())
    response = browser.post("/listings/new", data=data)
    assert response.status_code == 303
    assert response.location.endswith("#photos")
    listing = only_draft()
    assert (listing.state, len(listing.photos)) == ("draft", 1)
    page = browser.get(response.location).text
    assert "Kursi merah" in page
    assert f"{listing.photos[0].name}-240.webp" in page


def test_photos_survive_an_error_in_the_form(alice, as_member, answers, upload):
    data = answers(terms=None, photo=upload())
    response = as_member(alice).post("/listings/new", data=data)
    assert response.status_code == 422
    listing = only_draft()
    assert f"{listing.photos[0].name}-240.webp" in response.text


def test_a_script_gets_the_part_with_the_photos_alone(alice, as_member, answers, upload):
    browser = as_member(alice)
    data = answers(key=new_public_id(), action="photo", photo=upload())
    response = browser.post("/listings/new", data=data, headers={"X-Fragment": "photos"})
    listing = only_draft()
    assert response.status_code == 200
    assert "<html" not in response.text
    assert f'data-address="/listings/{listing.public_id}/edit"' in response.text
    bad = answers(key=listing.public_id, action="photo", photo=upload(b"GIF89a"))
    refused = browser.post("/listings/new", data=bad, headers={"X-Fragment": "photos"})
    assert refused.status_code == 422
    assert "not a photo we can read" in refused.text


def test_alternative_texts_are_kept_and_a_photo_is_removed(alice, as_member, answers, upload):
    browser = as_member(alice)
    browser.post("/listings/new", data=answers(action="photo", photo=upload()))
    listing = only_draft()
    name = listing.photos[0].name
    edit = f"/listings/{listing.public_id}/edit"
    browser.post(edit, data=answers(action="save", **{f"alt-{name}": "Dari depan"}))
    assert only_draft().photos[0].alt == "Dari depan"
    browser.post(edit, data=answers(action=f"remove:{name}"))
    assert only_draft().photos == []


def test_an_open_listing_keeps_its_text_while_photos_change(alice, as_member, answers, upload):
    browser = as_member(alice)
    browser.post("/listings/new", data=answers())
    edit = f"/listings/{only_draft().public_id}/edit"
    response = browser.post(edit, data=answers(action="photo", title="Baru", photo=upload()))
    assert response.status_code == 200
    assert 'value="Baru"' in response.text
    assert (only_draft().title, len(only_draft().photos)) == ("Mesin jahit Singer", 1)


def test_adding_without_a_file_says_so(alice, as_member, answers):
    response = as_member(alice).post("/listings/new", data=answers(action="photo"))
    assert response.status_code == 422
    assert "Choose a photo first" in response.text


def zipped():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.html", "<b>hi</b>")
    return archive.getvalue()


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
def test_each_attack_is_refused_with_a_kind_sentence(
    alice, as_member, answers, upload, folder, data, words
):
    response = as_member(alice).post("/listings/new", data=answers(photo=upload(data)))
    response.request.environ["wsgi.input"].close()  # the test client leaves large bodies open
    assert response.status_code == 422
    assert words in response.text
    assert 'id="photo-error"' in response.text
    assert stored(folder) == []
    assert only_draft().state == "draft"


def test_photos_are_served_as_pictures_and_nothing_else(alice, client, draft, folder):
    photo = photos.attach_photo(alice, draft.public_id, jpeg(), folder=folder)
    for suffix, kind in (("-240.webp", "image/webp"), (".jpg", "image/jpeg")):
        with client.get(f"/photos/{photo.name}{suffix}") as response:
            headers = response.headers
            assert response.status_code == 200
            assert response.content_type == kind
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in headers["Content-Security-Policy"]
            assert "immutable" in headers["Cache-Control"]
            assert "Set-Cookie" not in headers


def test_a_photo_of_a_hidden_post_is_there_for_its_owner_and_staff_alone(
    alice, carol, staff, client, as_member, folder
):
    post = factories.offer(alice)
    photo = photos.attach_photo(alice, post.public_id, jpeg(), folder=folder)
    address = f"/photos/{photo.name}-480.webp"

    def answer(reader):
        with reader.get(address) as response:
            return response.status_code, response.headers["Cache-Control"]

    assert answer(client)[0] == 200
    lifecycle.copy_listing(alice, post.public_id)  # a draft that shares the file shows it to nobody
    hold_listing(staff, post)
    assert answer(client)[0] == 404
    assert answer(as_member(carol))[0] == 404
    for reader in (alice, staff):
        assert answer(as_member(reader)) == (200, "private, no-store")


@pytest.mark.parametrize(
    "name",
    ["..%2f..%2fsecret_key", "secret_key", "x.jpg", "0" * 32 + ".jpg", "0" * 32 + ".svg"],
)
def test_no_other_file_is_served(client, name):
    assert client.get(f"/photos/{name}").status_code == 404


def test_the_place_of_the_camera_is_in_no_stored_file(alice, as_member, answers, upload, folder):
    exif = Image.Exif()
    exif[0x010F] = "CANARY"
    exif.get_ifd(0x8825)[2] = (6.0, 22.0, 12.34)
    data = answers(photo=upload(jpeg(exif=exif)))
    as_member(alice).post("/listings/new", data=data)
    for name in stored(folder):
        content = picture_files.stored_file(folder, name).read_bytes()
        assert b"CANARY" not in content
        assert not re.search(rb"Exif", content)
