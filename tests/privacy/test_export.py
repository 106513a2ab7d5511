"""The copy of one's data: whole, readable, without the secrets of anybody, and hard to steal."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select, update

from marketplace import wording
from marketplace.accounts.models import AuditEvent, Credential, Member, SignIn
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import rules
from marketplace.exchanges.models import Exchange, ReturnCheck
from marketplace.exchanges.service import report_failure
from marketplace.listings.models import Listing
from marketplace.listings.units import UNIT_NAMES
from marketplace.matching.answers import decline
from marketplace.matching.models import Match
from marketplace.messages.models import Message, MessagePhoto
from marketplace.moderation import telling as moderation_telling
from marketplace.notifications import rules as notification_rules
from marketplace.privacy import erasure, export, fields
from marketplace.privacy.models import DataExport
from marketplace.privacy.register import HELD
from marketplace.wording import copies
from tests import factories
from tests.accounts.conftest import give_password
from tests.exchanges.crowd import exchange
from tests.factories import PASSWORD
from tests.privacy.conftest import BIO, DRAW_SEED, EMAIL, NAME, WORDS, add_photo, picture

As = Callable[[Member], FlaskClient]
Take = Callable[[Member], zipfile.ZipFile]
COPY = "/account/data/copy"


@pytest.fixture
def take(as_member: As) -> Take:
    def take_(member: Member) -> zipfile.ZipFile:
        give_password(member)
        answer = as_member(member).post(COPY, data={"password": PASSWORD})
        assert answer.status_code == 200, answer.text[:2000]
        assert answer.mimetype == "application/zip"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert re.search(r"attachment; filename=Lumbung-.*\.zip", str(answer.headers))
        copy = zipfile.ZipFile(io.BytesIO(answer.data))
        answer.close()
        return copy

    return take_


def data_of(copy: zipfile.ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(copy.read("data.json"))
    return found


def test_the_copy_of_one_side_does_not_tell_that_the_other_said_no_to_a_match(
    alice: Member, bob: Member, settle: Callable[[], None], take: Take
) -> None:
    factories.offer(alice)
    factories.request(bob)
    settle()
    match = db.session.scalars(select(Match)).one()
    decline(bob, match.public_id, "too_far")
    db.session.rollback()
    (pair,) = data_of(take(alice))["matches"]
    assert not [key for key, value in pair.items() if "decline" in f"{key} {value}"]


def test_the_copy_holds_the_profile_the_posts_and_what_hangs_on_them(
    full_life: Listing, rukmini: Member, take: Take
) -> None:
    data = data_of(take(rukmini))
    assert (data["version"], data["members"][0]["id"]) == (1, rukmini.public_id)
    assert (data["members"][0]["name"], data["members"][0]["bio"]) == (NAME, BIO)
    assert data["members"][0]["area"]
    assert data["credentials"][0]["login"] == EMAIL
    post = next(one for one in data["listings"] if one["title"] == WORDS)
    assert post["wishes"][0]["text"] == "kain kenanga"
    assert post["listing_events"][0]["to_state"] == "open"
    assert post["photos"][0]["file"] == "photos/kenangafoto1.webp"
    assert re.fullmatch("[0-9a-f]{15,16}", post["cell"])
    assert re.match(r"20\d\d-\d\d-\d\dT.*\+00:00$", post["created_at"])
    assert data["consents"][0]["version"] == "2026-11-24"
    assert data["blocks"][0]["blocked"]["name"] == "Blocked"
    assert data["matches"][0]["offer"]["title"] == "Benang katun"
    (search,) = data["saved_searches"]
    assert (search["text"], search["kinds"], search["how_often"]) == (
        "Kain kenanga", ["goods"], "daily"
    )  # fmt: skip
    assert fields.in_words("kinds", search["kinds"]) != "goods"


def test_both_sides_of_a_conversation_are_in_it_with_the_name_that_the_other_shows(
    full_life: Listing, rukmini: Member, take: Take
) -> None:
    said = [
        (message["sender"]["name"], message["body"])
        for one in data_of(take(rukmini))["conversations"]
        for message in one["messages"]
    ]
    assert said == [
        ("Alice", "Halo, masih ada?"),
        (NAME, "Masih, silakan datang."),
        ("Alice", "Boleh saya pinjam?"),
        (NAME, "Saya butuh benangnya."),
        (NAME, "Boleh?"),
    ]


def test_exchanges_are_in_it_with_what_happened_and_what_was_said_to_her(
    full_life: Listing, rukmini: Member, bob: Member, take: Take
) -> None:
    data = data_of(take(rukmini))
    lent, got = data["exchanges"]
    assert (lent["state"], lent["terms"], lent["giver"]["name"]) == ("closed", "loan", NAME)
    assert (lent["opener"]["name"], got["owner"]["name"]) == ("Alice", "Bob")
    verbs = [(one["verb"], (one["actor"] or {}).get("name")) for one in got["exchange_events"]]
    assert verbs == [("ask", NAME), ("promise", "Bob"), ("arrange", "Bob")]
    assert [one["place"] for one in got["proposals"]] == ["Balai kenanga"]
    assert {one["words"] for one in data["thanks"]} == {"Dari kenanga", "Untuk kenanga"}
    assert [one["about"]["name"] for one in data["feedbacks"]] == ["Alice"]
    assert {one["text"] for one in data["exact_places"]} == {"Jalan Kenanga 3"}
    assert len(data["place_views"]) == 1, "when she looked herself; not when others did"
    assert data["return_checks"][0]["photo"] == "photos/kenangabalik.webp"
    assert data["message_photos"][0]["file"] == "photos/kenangapesan.webp"
    assert not {"giver_code", "receiver_code"} & lent.keys()


def test_nothing_that_the_other_side_keeps_to_itself_is_in_it(
    full_life: Listing, rukmini: Member, alice: Member, take: Take
) -> None:
    lent = db.session.query(Exchange).filter_by(opener_id=alice.id).one()
    with transaction() as session:
        session.add(MessagePhoto(message_id=session.query(Message).filter_by(
            sender_id=alice.id).first().id, name="milikalice01", width=4, height=3))  # fmt: skip
        lent.receiver_code = "135791"
        check = session.get_one(ReturnCheck, lent.id)
        check.by_id = alice.id
        check.words = "Hanya untuk alice"
    copy = take(rukmini)
    text = copy.read("data.json").decode()
    assert "Hanya untuk alice" not in text
    for secret in ("135791", "milikalice01", alice.email or ""):
        assert secret not in text, secret
    assert [one for one in copy.namelist() if "milikalice" in one] == []


def test_the_page_says_codes_of_exchanges_in_words(
    full_life: Listing, rukmini: Member, take: Take
) -> None:
    page = take(rukmini).read("index.html").decode()
    for said in ("Exchanges", "as a loan", "Back again", "A little worn", "Meeting agreed"):
        assert said in page, said
    for code in ("accept_return", "handed_over", "&gt;worn"):
        assert code not in page, code


def test_every_step_and_state_of_an_exchange_has_a_word_in_the_page() -> None:
    assert set(copies.VERBS) >= {one.verb for one in rules.TRANSITIONS} | {"ask"}
    states = {*rules.STATES, *rules.PROPOSAL_STATES}
    assert all(copies.word("state", one) for one in states)
    assert all(copies.word("reason", one) for one in rules.REASONS)
    assert all(copies.word("condition", one) for one in rules.CONDITIONS)


def test_the_photos_are_in_it(full_life: Listing, rukmini: Member, take: Take) -> None:
    for name in ("kenangapesan", "kenangabalik"):
        picture(name).with_name(f"{name}-960.webp").write_bytes(b"a private one")
        assert take(rukmini).read(f"photos/{name}.webp") == b"a private one"
    path = add_photo(full_life, "kenangafoto3")
    path.with_name("kenangafoto3-960.webp").write_bytes(b"the large one")
    assert take(rukmini).read("photos/kenangafoto3.webp") == b"the large one"


def test_the_page_reads_by_itself_in_the_language_of_the_member(
    full_life: Listing, rukmini: Member, take: Take
) -> None:
    english = take(rukmini).read("index.html").decode()
    assert '<html lang="en">' in english
    for said in (NAME, WORDS, "Halo, masih ada?", "My offers and requests", "there is nothing"):
        assert said in english, said
    assert "http" not in re.sub(r"\(http://127.0.0.1:8000\)", "", english)  # nothing is fetched
    assert "<script" not in english
    with transaction():
        rukmini.language = "id"
    assert "Penawaran dan permintaan saya" in take(rukmini).read("index.html").decode()


def test_hostile_text_in_the_page_stays_text(
    full_life: Listing, rukmini: Member, take: Take
) -> None:
    with transaction() as session:
        session.execute(update(Message).values(body="<script>alert(1)</script>"))
    assert "<script" not in take(rukmini).read("index.html").decode()


def test_no_secret_of_anybody_is_in_it(
    app: Flask, full_life: Listing, rukmini: Member, alice: Member, staff: Member, take: Take
) -> None:
    with transaction() as session:
        session.add(
            AuditEvent(
                actor_id=staff.id,
                action="listing.hide",
                member_id=rukmini.id,
                reason="Alice complained about it",
                params={"note": "told by Alice in confidence"},
            )
        )
    copy = take(rukmini)
    text = "".join(copy.read(name).decode("utf-8", "replace") for name in copy.namelist())
    rows = db.session.execute(
        select(Credential.secret_hash, SignIn.token_hash, Member.link_key)
        .join(Member, Member.id == Credential.member_id)
        .join(SignIn, SignIn.member_id == Member.id)
    )
    secrets = {value for row in rows for value in row} | {"kenanga-hash", DRAW_SEED}
    foreign = {alice.email, "bob@example.org", staff.public_id, "complained", "told by Alice"}
    assert "listing.hide" in text
    for trace in secrets | foreign:
        assert str(trace) not in text, trace


def test_who_blocked_me_is_not_told(
    full_life: Listing, rukmini: Member, carol: Member, take: Take
) -> None:
    from marketplace.accounts.blocks import block_member

    block_member(carol, rukmini)
    assert "Carol" not in take(rukmini).read("data.json").decode()


def test_every_table_that_is_not_withheld_is_a_section_or_part_of_one(
    full_life: Listing, rukmini: Member, take: Take
) -> None:
    data = data_of(take(rukmini))
    for name, held in HELD.items():
        if "*" in held.withheld:
            assert name not in data
        elif held.part_of:
            assert all(name in row for row in data[held.part_of]), name
        else:
            assert name in data, name


@pytest.mark.parametrize("typed", ["", "salah-salah-salah"])
def test_without_the_password_there_is_no_copy(
    full_life: Listing, rukmini: Member, as_member: As, typed: str
) -> None:
    give_password(rukmini)
    answer = as_member(rukmini).post(COPY, data={"password": typed})
    assert answer.status_code == 422
    assert "This is not your password" in answer.text
    assert db.session.scalar(select(DataExport.id)) is None


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ("topic", notification_rules.TOPICS),
        ("channel", notification_rules.CHANNELS),
        ("mail", notification_rules.MAIL_STATES),
        ("type", ("person", "helped", "organisation")),
        ("place_kind", ("cell", "online", "unknown")),
        ("giving_rule", ("first", "order", "choice", "draw")),
        ("rule", ("choice", "draw")),
        ("unit", tuple(UNIT_NAMES.keys() - {"kg"})),
        ("text_language", ("id", "en")),
        ("outcome", ("acted", "dismissed", "kept", "erased")),
        ("outcome", ("drawn", "chooses", "nobody", "called_off")),
        ("asked_by", ("member", "operator")),
        ("action", (*moderation_telling.KINDS, "decision.warn", "member.copy")),
        ("kind", tuple(wording.NEWS)),
    ],
)
def test_the_page_says_every_code_in_words(app: Flask, key: str, codes: tuple[str, ...]) -> None:
    with app.test_request_context(), force_locale("en"):
        for code in codes:
            said = fields.in_words(key, code)
            assert said, code
            assert said != code, code
            assert "%(" not in said, code


def test_that_somebody_did_not_feel_safe_stands_in_their_own_copy_alone(
    alice: Member, bob: Member, take: Take
) -> None:
    met = {"meets_at": utcnow() - timedelta(hours=2), "promised_at": utcnow()}
    running = exchange(factories.offer(alice, promised=1), bob, "arranged", **met)
    report_failure(alice, running.public_id, "unsafe")
    for member, reason in ((alice, "unsafe"), (bob, "other")):
        copy = take(member)
        (event,) = data_of(copy)["exchanges"][0]["exchange_events"]
        assert event["reason"] == reason
    assert "unsafe" not in copy.read("data.json").decode()


def test_three_copies_a_day_and_the_page_counts_them(
    full_life: Listing, rukmini: Member, as_member: As, take: Take
) -> None:
    page = as_member(rukmini)
    for left in ("3 copies are left", "2 copies are left", "1 copy is left"):
        assert left in page.get("/account/data").text
        take(rukmini)
    assert "possible tomorrow" in page.get("/account/data").text
    answer = page.post(COPY, data={"password": PASSWORD})
    assert answer.status_code == 422
    assert "You have had 3 copies" in answer.text


def test_demo_members_have_no_password_to_ask_for(
    full_life: Listing, rukmini: Member, as_member: As
) -> None:
    with transaction():
        rukmini.is_demo = True
    answer = as_member(rukmini).post(COPY)
    assert answer.mimetype == "application/zip"
    answer.close()


def test_nothing_of_a_copy_stays_on_the_disk(
    app: Flask, full_life: Listing, rukmini: Member, take: Take
) -> None:
    before = set(parts_folder(app).iterdir())
    take(rukmini)
    assert set(parts_folder(app).iterdir()) == before


def parts_folder(app: Flask) -> Any:
    return app.extensions["marketplace"].settings.instance_dir


def test_a_visitor_gets_no_copy(client: FlaskClient, rukmini: Member) -> None:
    assert client.post(COPY, data={"password": PASSWORD}).status_code in (302, 303)
    assert client.get(COPY).status_code == 405


def test_rows_are_read_page_by_page_and_none_is_lost(
    app: Flask, rukmini: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    titles = [f"Tangga {n}" for n in range(7)]
    for title in titles:
        factories.offer(rukmini, title)
    copy = export.copy_of(rukmini, "Lumbung", "http://localhost")
    sections = {name: list(rows) for name, rows in copy.sections()}
    assert [row["title"] for row in sections["listings"]] == titles


def test_the_erased_have_nothing_left_to_copy(
    app: Flask, full_life: Listing, rukmini: Member
) -> None:
    with transaction():
        erasure.erase(rukmini, utcnow())
    copy = export.copy_of(rukmini, "Lumbung", "http://localhost")
    text = json.dumps([list(rows) for _, rows in copy.sections()]).lower()
    assert "kenanga" not in text


def test_the_page_of_my_data_says_what_is_kept_and_what_was_agreed(
    full_life: Listing, rukmini: Member, as_member: As
) -> None:
    page = as_member(rukmini).get("/account/data")
    assert page.status_code == 200
    for said in ("Get my data", "What you agreed to", "2026-11-24", "Delete my account"):
        assert said in page.text


def test_what_she_said_of_hard_times_is_in_her_own_copy_and_in_no_other(
    full_life: Listing, rukmini: Member, alice: Member, bob: Member, take: Take
) -> None:
    copy = take(rukmini)
    (said,) = data_of(copy)["hardships"]
    assert said.keys() == {"said_at", "ends_at", "reminded_at"}
    pages = [name for name in copy.namelist() if name.endswith(".html")]
    assert any("That times are hard for me" in copy.read(name).decode() for name in pages)
    for other in (alice, bob):
        assert data_of(take(other)).get("hardships", []) == []
