"""An erased member is a tombstone: nothing of her is left but what the other side received."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.models import Credential, Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges.models import (
    ExactPlace,
    Exchange,
    Feedback,
    PlaceView,
    Proposal,
    ReturnCheck,
    Thanks,
)
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation, Message
from marketplace.messages.service import conversation_of, reply
from marketplace.privacy import erasure, ledger, service, sweeps
from marketplace.privacy.models import ErasureRequest
from marketplace.privacy.register import HELD
from marketplace.web import parts
from tests import factories
from tests.privacy.conftest import EMAIL, NAME, add_photo, conversation_about, picture

Pass = Callable[[float], None]


def erase_now(member: Member, pass_days: Pass) -> None:
    service.ask_erasure(member)
    pass_days(8)
    sweeps.erase(parts())


def texts_of_the_database() -> str:
    """Every value of every table but the bodies of messages."""
    db.session.rollback()
    found = []
    for table in db.metadata.sorted_tables:
        columns = [c for c in table.columns if (table.name, c.name) != ("messages", "body")]
        found += [str(tuple(row)) for row in db.session.execute(select(*columns))]
    return "\n".join(found)


def test_no_table_knows_her_any_more(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass, settle: Callable[[], None]
) -> None:
    settle()
    assert "kenanga" in texts_of_the_database()
    erase_now(rukmini, pass_days)
    settle()
    after = texts_of_the_database().lower()
    for trace in ("kenanga", NAME.lower(), EMAIL):
        assert trace not in after, trace


def test_every_row_that_is_not_kept_is_gone_or_scrubbed(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    """Walks the register: what it says is deleted has no row of hers left."""
    erase_now(rukmini, pass_days)
    for name, held in HELD.items():
        if held.erase == "delete":
            rows = select(func.count()).select_from(db.metadata.tables[name])
            left = db.session.scalar(rows.where(erasure.rows_of(name, rukmini.id)))
            assert left == 0, name


def test_before_the_seven_days_are_over_nothing_is_erased(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    service.ask_erasure(rukmini)
    pass_days(6.99)
    assert sweeps.erase(parts()) == 0
    assert db.session.get_one(Member, rukmini.id).name == NAME


def test_who_comes_back_in_time_loses_nothing(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    service.ask_erasure(rukmini)
    service.keep_account(rukmini)
    sweeps.erase(parts())
    assert (rukmini.name, rukmini.erase_after, full_life.state) == (NAME, None, "open")
    assert db.session.scalar(select(ErasureRequest.outcome)) == "kept"


def test_the_other_side_reads_on_under_deleted_member_and_cannot_answer(
    app: Flask, full_life: Listing, rukmini: Member, alice: Member, pass_days: Pass,
    as_member: Callable[[Member], FlaskClient],
) -> None:  # fmt: skip
    conversation = conversation_about(full_life).public_id
    erase_now(rukmini, pass_days)
    page = as_member(alice).get(f"/messages/{conversation}")
    assert page.status_code == 200
    assert "Masih, silakan datang." in page.text
    assert "Deleted member" in page.text
    assert NAME not in page.text
    assert "New messages are not possible" in page.text
    inbox = as_member(alice).get("/messages").text
    for said in ("Deleted member", "A deleted post"):
        assert said in page.text
        assert said in inbox


def test_a_conversation_of_two_who_are_gone_goes_too(
    app: Flask, full_life: Listing, rukmini: Member, alice: Member, pass_days: Pass,
    settle: Callable[[], None],
) -> None:  # fmt: skip
    post_id, messages = full_life.id, db.session.scalar(select(func.count(Message.id)))
    erase_now(rukmini, pass_days)
    assert db.session.scalar(select(func.count(Message.id))) == messages
    erase_now(alice, pass_days)
    settle()
    assert db.session.scalar(select(func.count(Conversation.id))) == 1  # that with bob
    assert db.session.get(Listing, post_id) is None


def test_a_post_nothing_hangs_on_goes_whole_once_the_index_forgot_it(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass, settle: Callable[[], None]
) -> None:
    settle()
    erase_now(rukmini, pass_days)
    settle()
    left = db.session.scalars(select(Listing).where(Listing.owner_id == rukmini.id)).all()
    assert [row.id for row in left] == [full_life.id]
    assert (left[0].title, left[0].state, left[0].place_kind) == ("", "withdrawn", "unknown")
    held = parts().search_index.revisions()
    assert full_life.id not in held


def test_what_runs_with_the_erased_ends_and_what_they_had_of_it_is_free_again(
    app: Flask, full_life: Listing, bob: Member, rukmini: Member, pass_days: Pass,
    settle: Callable[[], None],
) -> None:  # fmt: skip
    thread = db.session.query(Listing).filter_by(owner_id=bob.id).one()
    assert thread.promised == 1
    erase_now(rukmini, pass_days)
    settle()
    db.session.expire_all()
    assert {one.runs for one in db.session.query(Exchange)} == {False}
    assert (thread.promised, thread.given, thread.state) == (0, 0, "open")


def test_of_exchanges_the_other_side_keeps_what_became_of_it_without_a_word_or_a_place(
    app: Flask, full_life: Listing, alice: Member, rukmini: Member, pass_days: Pass,
    as_member: Callable[[Member], FlaskClient],
) -> None:  # fmt: skip
    lent = db.session.query(Exchange).filter_by(opener_id=alice.id).one()
    erase_now(rukmini, pass_days)
    page = as_member(alice).get(f"/exchanges/{lent.public_id}")
    assert page.status_code == 200
    assert "Deleted member" in page.text
    assert NAME not in page.text
    for model in (Proposal, ExactPlace, ReturnCheck, Thanks, Feedback):
        assert db.session.query(model).count() == 0, model
    db.session.expire_all()
    assert (lent.state, lent.meets_where, lent.giver_code) == ("closed", "", "")
    seen = db.session.query(PlaceView).filter_by(exchange_id=lent.id).count()
    assert seen == 2, "who saw the address may still be asked for: numbers and times"


def test_photos_of_messages_and_of_what_came_back_leave_the_disk(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    paths = [picture(name) for name in ("kenangapesan", "kenangabalik")]
    erase_now(rukmini, pass_days)
    assert [path.exists() for path in paths] == [False, False]


def test_photos_leave_the_disk_but_not_those_that_others_show(
    app: Flask, full_life: Listing, rukmini: Member, bob: Member, pass_days: Pass
) -> None:
    mine = add_photo(full_life, "kenangafoto2")
    shared = add_photo(full_life, "gambarbersama")
    add_photo(factories.offer(bob, "Tangga"), "gambarbersama")
    erase_now(rukmini, pass_days)
    assert not mine.exists()
    assert shared.exists()


def test_the_same_address_can_sign_up_afresh(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    erase_now(rukmini, pass_days)
    again = factories.member("Rukmini", email=EMAIL)
    assert again.id != rukmini.id
    assert db.session.scalar(select(Credential.login).where(Credential.member_id == again.id))


def test_the_public_pages_of_the_erased_do_not_exist(
    app: Flask, client: FlaskClient, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    member, listing = rukmini.public_id, full_life.public_id
    addresses = [f"/members/{member}", f"/listings/{listing}", f"/api/v1/listings/{listing}"]
    assert [client.get(one).status_code for one in addresses] == [200] * 3
    service.ask_erasure(rukmini)
    assert [client.get(one).status_code for one in addresses] == [404] * 3
    pass_days(8)
    sweeps.erase(parts())
    assert [client.get(one).status_code for one in addresses] == [404] * 3


def test_nobody_writes_to_whoever_is_leaving(
    app: Flask, full_life: Listing, rukmini: Member, alice: Member
) -> None:
    from marketplace.errors import Conflict

    service.ask_erasure(rukmini)
    conversation = conversation_of(alice, conversation_about(full_life).public_id)
    with pytest.raises(Conflict):
        reply(alice, conversation.public_id, "Halo?")


def test_people_who_were_helped_go_with_their_helper_unless_they_have_a_way_of_their_own(
    app: Flask, rukmini: Member, pass_days: Pass
) -> None:
    with transaction() as session:
        helped = Member(name="Mbah", type="helped", created_by_id=rukmini.id)
        session.add(helped)
        session.flush()
    grown = factories.member("Anak", type="helped", created_by_id=rukmini.id)
    erase_now(rukmini, pass_days)
    assert db.session.get_one(Member, helped.id).erased_at is not None
    assert db.session.get_one(Member, helped.id).name == ""
    kept = db.session.get_one(Member, grown.id)
    assert (kept.name, kept.created_by_id, kept.erased_at) == ("Anak", None, None)


def test_posts_made_for_others_stay_theirs(
    app: Flask, rukmini: Member, bob: Member, pass_days: Pass
) -> None:
    post = factories.offer(bob, "Tangga")
    with transaction():
        post.created_by_id = rukmini.id
    erase_now(rukmini, pass_days)
    db.session.refresh(post)
    assert (post.title, post.created_by_id) == ("Tangga", bob.id)


def test_a_mail_that_failed_keeps_her_name_from_others_too(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    from marketplace.mail import OutgoingMail

    with transaction() as session:
        for mail in session.query(OutgoingMail):
            mail.state = "failed"
    erase_now(rukmini, pass_days)
    assert NAME not in texts_of_the_database()


def test_an_unsent_digest_that_names_her_goes_and_one_of_a_namesake_in_part_stays(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    from marketplace.mail import OutgoingMail, queue_mail

    with transaction() as session:
        session.query(OutgoingMail).delete()
        for said in (f"{NAME} menulis kepada Anda", "Rukmini Kenangawati menulis"):
            queue_mail("digest", to="z@example.org", language="id",
                       params={"news": [{"sentence": said}]})  # fmt: skip
        rukmini.email = None
    with transaction():
        erasure.erase(rukmini, utcnow())
    left = db.session.scalars(select(OutgoingMail)).all()
    assert [mail.params["news"][0]["sentence"] for mail in left] == ["Rukmini Kenangawati menulis"]


def test_the_ledger_is_written_after_a_crash_between_the_erasure_and_its_line(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    path = ledger.path_in(parts().settings.instance_dir)
    service.ask_erasure(rukmini)
    pass_days(8)
    assert erasure.erase_if_due(rukmini.id)  # and then the process dies
    assert ledger.read(path) == []
    sweeps.erase(parts())
    assert [entry.member for entry in ledger.read(path)] == [rukmini.public_id]
    sweeps.erase(parts())
    assert len(ledger.read(path)) == 1


def test_the_ledger_names_nobody(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    erase_now(rukmini, pass_days)
    text = ledger.path_in(parts().settings.instance_dir).read_text()
    assert "Kenanga" not in text
    assert "@" not in text


def test_a_restored_database_loses_her_again(
    app: Flask, full_life: Listing, rukmini: Member, bob: Member
) -> None:
    entries = [ledger.Entry(rukmini.public_id, utcnow()), ledger.Entry("unknown00000", utcnow())]
    assert len(erasure.reapply(entries)) == 1
    assert "kenanga" not in texts_of_the_database()
    assert db.session.get_one(Member, rukmini.id).erased_at == entries[0].at
    assert db.session.get_one(Member, bob.id).name == "Bob"
    assert erasure.reapply(entries) == []


def test_what_was_written_at_the_very_moment_goes_with_the_next_run(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    erase_now(rukmini, pass_days)
    at = db.session.get_one(Member, rukmini.id).erased_at
    factories.offer(rukmini, "Tikar kenanga")
    with transaction() as session:
        session.add(Credential(member_id=rukmini.id, login=EMAIL, secret_hash="x"))
    assert sweeps.erase(parts()) == 1
    assert "kenanga" not in texts_of_the_database()
    assert db.session.get_one(Member, rukmini.id).erased_at == at
    assert sweeps.erase(parts()) == 0


def test_erasing_twice_changes_nothing_more(
    app: Flask, full_life: Listing, rukmini: Member, pass_days: Pass
) -> None:
    erase_now(rukmini, pass_days)
    once = texts_of_the_database()
    assert erasure.erase_if_due(rukmini.id) is None
    assert texts_of_the_database() == once


def test_nothing_is_written_to_who_leaves_but_about_the_account(
    app: Flask, full_life: Listing, rukmini: Member, settle: Callable[[], None], outbox: Any
) -> None:
    settle()
    before = len(outbox.to(EMAIL))
    service.ask_erasure(rukmini)
    settle()
    mails = outbox.to(EMAIL)[before:]
    assert [mail["Subject"].startswith("Your account will be deleted on") for mail in mails] == [
        True
    ]
    assert "/account/deletion" in mails[0].get_body(("plain",)).get_content()
