"""What a lender says of what came back, with its photo: in their copy, kept, and gone with them."""

import io
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.exchanges.models import Exchange, ReturnCheck
from marketplace.exchanges.returns import Seen, check_return
from marketplace.privacy import export, fields, sweeps
from marketplace.web import parts
from tests.exchanges.lending import fresh, ladder, lent
from tests.listings.conftest import jpeg
from tests.privacy.test_erasure import erase_now


@pytest.fixture
def checked(app: Flask, alice: Member, bob: Member) -> Exchange:
    """bob's loan is back with alice, who took a photo."""
    loan = lent(alice, bob, ladder(alice))
    seen = Seen("worn", "Sedikit kenanga", jpeg())
    return check_return(alice, loan.public_id, seen, folder=parts().settings.uploads_dir)


def copy_of(app: Flask, member: Member) -> zipfile.ZipFile:
    file = io.BytesIO()
    with app.test_request_context():
        copy = export.copy_of(member, "Lumbung", "http://localhost")
        export.write(copy, file, uploads=parts().settings.uploads_dir, render=fields.page)
    return zipfile.ZipFile(file)


def test_it_is_in_the_copy_of_who_wrote_it(
    app: Flask, checked: Exchange, alice: Member, bob: Member
) -> None:
    name = db.session.get_one(ReturnCheck, checked.id).photo_name
    mine = copy_of(app, alice)
    assert f"photos/{name}.webp" in mine.namelist()
    assert "Sedikit kenanga" in mine.read("data.json").decode()
    theirs = copy_of(app, bob)
    assert not [file for file in theirs.namelist() if file.startswith("photos/")]


def test_its_photo_is_no_waste(app: Flask, checked: Exchange) -> None:
    files = [path for path in parts().settings.uploads_dir.rglob("*") if path.is_file()]
    old = (utcnow() - timedelta(days=2)).timestamp()
    for path in files:
        os.utime(path, (old, old))
    sweeps.retain(parts())
    assert all(path.exists() for path in files)


def test_it_goes_with_who_wrote_it(
    app: Flask, checked: Exchange, alice: Member, pass_days: Callable[[float], None]
) -> None:
    exchange_id = checked.id
    erase_now(alice, pass_days)
    db.session.rollback()
    assert db.session.get(ReturnCheck, exchange_id) is None
    assert not list(parts().settings.uploads_dir.rglob("*.webp"))


def test_the_other_side_leaving_takes_nothing_from_it(
    app: Flask, checked: Exchange, bob: Member, pass_days: Callable[[float], None]
) -> None:
    erase_now(bob, pass_days)
    check = db.session.get(ReturnCheck, fresh(checked).id)
    assert check is not None
    assert check.words == "Sedikit kenanga"
