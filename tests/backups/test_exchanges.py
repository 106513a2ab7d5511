"""Exchanges with all that belongs to them, and private photos, come back as they were."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from marketplace import picture_files
from marketplace.accounts.models import Member
from marketplace.config import Settings
from marketplace.db import db, transaction
from marketplace.exchanges import handing, service
from marketplace.exchanges.models import Exchange, Feedback, ReturnCheck, Thanks
from marketplace.exchanges.service import Wish
from marketplace.images import render
from marketplace.messages.models import Message, MessagePhoto
from tests import factories
from tests.backups.conftest import Run, files_of, picture, rows_of


def _given(giver: Member, taker: Member, title: str) -> Exchange:
    post = factories.offer(giver, title)
    asked = service.ask(taker, post.public_id, Wish(terms="gift"), "Boleh?")
    service.promise(giver, asked.public_id)
    return handing.meet(taker, asked.public_id, handing.own_code(giver, asked.public_id))


def _private_photo(folder: Path) -> str:
    name = picture_files.new_private_name()
    picture_files.store(folder, name, render(picture("blue")))
    return name


def test_exchanges_and_their_private_photos_are_restored_whole(
    app: Flask,
    settings: Settings,
    elsewhere: Settings,
    alice: Member,
    bob: Member,
    carol: Member,
    backup: Callable[[], Path],
    restored: Run,
) -> None:
    later, before = _given(bob, carol, "Kursi"), _given(alice, bob, "Meja")
    running = service.ask(bob, factories.offer(alice, "Rak").public_id, Wish(), "Boleh?")
    service.promise(alice, running.public_id)
    names = [_private_photo(settings.uploads_dir) for _ in range(2)]
    message_id = db.session.query(Message.id).order_by(Message.id).limit(1).scalar()
    with transaction() as session:
        # It refers to a row with a higher number: one that is not there yet when it is filled in.
        session.get_one(Exchange, later.id).passes_on_id = before.id
        session.add_all([
            Thanks(exchange_id=later.id, by_id=carol.id, to_id=bob.id, words="Terima kasih"),
            Feedback(exchange_id=later.id, by_id=carol.id, about_id=bob.id, came=True),
            ReturnCheck(exchange_id=before.id, by_id=alice.id, condition="worn",
                        photo_name=names[0], photo_width=64, photo_height=48),
            MessagePhoto(message_id=message_id, name=names[1], width=64, height=48),
        ])  # fmt: skip
    made = backup()
    done = restored("restore", made)
    assert done.exit_code == 0, done.output
    assert rows_of(elsewhere) == rows_of(settings)
    assert files_of(elsewhere.uploads_dir) == files_of(settings.uploads_dir)
    for name in names:
        assert picture_files.private_file(elsewhere.uploads_dir, name, "480").is_file()
