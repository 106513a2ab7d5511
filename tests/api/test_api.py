"""The API: what a visitor may see, as JSON; a cell and a band, never more."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Block, Member
from marketplace.config import Settings
from marketplace.db import transaction, utcnow
from marketplace.listings.models import Listing, Photo, Wish
from marketplace.places import cells
from tests import factories
from tests.sample_areas import load_sample

CANARY = (-6.372841, 106.833617)
Ask = Callable[..., Any]
PROBLEM = "application/problem+json"


def titles(page: Any) -> list[str]:
    return [item["title"] for item in page["items"]]


def fields(answer: Any) -> list[str]:
    """The fields that a problem names."""
    assert answer.status_code == 422, answer.text
    assert answer.content_type == PROBLEM
    assert answer.json["status"] == 422
    assert all(error["detail"] for error in answer.json["errors"])
    return [error["field"] for error in answer.json["errors"]]


def test_a_listing_is_given_whole(ask: Ask, alice: Member) -> None:
    listing = factories.offer(
        alice,
        "Buku pelajaran",
        description="Kelas 4 sampai 6",
        category="schoolbooks",
        quantity=14,
        promised=2,
        unit="piece",
        swap=True,
    )
    with transaction() as session:
        session.add(Wish(listing_id=listing.id, text="tanaman hias", category=""))
        session.add(
            Photo(listing_id=listing.id, position=1, name="a" * 32, alt="Buku", width=9, height=9)
        )
    found = ask(f"/listings/{listing.public_id}")
    assert found["id"] == listing.public_id
    assert found["url"].endswith(f"/listings/{listing.public_id}")
    assert (found["direction"], found["kind"]) == ("offer", "goods")
    assert (found["quantity"], found["left"], found["unit"]) == (14, 12, "piece")
    assert found["terms"] == ["gift", "swap"]
    assert found["wishes"] == [{"text": "tanaman hias", "category": ""}]
    assert found["photos"][0]["medium"].endswith(f"/photos/{'a' * 32}-480.webp")
    assert found["owner"] == {"id": alice.public_id, "name": "Alice", "type": "person"}
    assert found["place"]["cell"] == cells.to_text(cells.snap(*factories.DEPOK))
    assert found["place"]["precision"] == 8
    assert found["place"]["band"] is None


def test_the_list_is_newest_first_and_pages_neither_repeat_nor_skip(
    ask: Ask, alice: Member
) -> None:
    now = utcnow()
    for number in range(5):
        at = now - timedelta(hours=number // 2)  # some at one instant
        factories.offer(alice, f"Kursi {number}", published_at=at)
    first = ask("/listings", limit=1)
    assert first["total"] == 5
    factories.offer(alice, "Kursi baru")
    seen, cursor = titles(first), first["next"]
    while cursor:
        page = ask("/listings", limit=1, cursor=cursor)
        seen += titles(page)
        cursor = page["next"]
    assert sorted(seen) == [f"Kursi {number}" for number in range(5)]
    assert titles(ask("/listings"))[0] == "Kursi baru"


def test_the_list_can_be_narrowed(ask: Ask, alice: Member, bob: Member) -> None:
    factories.offer(alice, "Novel lama", category="reading-books")
    factories.offer(alice, "Bor listrik", gift=False, loan=True)
    factories.request(bob, "Les gitar", kind="mentoring")
    assert titles(ask("/listings", direction="request")) == ["Les gitar"]
    assert titles(ask("/listings", kind="mentoring,skill")) == ["Les gitar"]
    assert titles(ask("/listings", category="school")) == ["Novel lama"]
    assert titles(ask("/listings", terms="loan")) == ["Bor listrik"]
    assert ask("/listings", terms="swap") == {"items": [], "next": None, "total": 0}


def test_a_search_finds_by_words_also_what_was_posted_just_now(
    ask: Ask, alice: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice, "Mesin jahit")
    factories.offer(alice, "Tangga lipat")
    settle()
    factories.offer(alice, "Mesin jahit tua")
    found = ask("/search", q="mesin jahit")
    assert sorted(titles(found)) == ["Mesin jahit", "Mesin jahit tua"]
    assert (found["total"], found["next"]) == (2, None)


def test_a_search_takes_every_filter_of_the_issue(ask: Ask, alice: Member, bob: Member) -> None:
    load_sample()
    factories.offer(alice, "Mesin jahit", category="machines")
    factories.offer(alice, "Mesin jahit jauh", point=factories.BOGOR)
    factories.request(bob, "Butuh mesin jahit")
    near = {"area": "32.76.06", "radius_km": 5}
    assert ask("/search", q="mesin jahit")["total"] == 3
    assert ask("/search", q="mesin jahit", **near)["total"] == 2
    assert titles(ask("/search", q="mesin", direction="offer", **near)) == ["Mesin jahit"]
    assert titles(ask("/search", category="tools-farm")) == ["Mesin jahit"]
    assert ask("/search", kind="skill")["total"] == 0
    assert ask("/search", terms=["loan", "swap"])["total"] == 0
    assert ask("/search", terms=["loan", "gift"])["total"] == 3
    by_name = ask("/search", area="Beji, Depok", radius_km=5)
    assert by_name["total"] == 2


def test_distances_are_bands_from_the_place_asked_for(ask: Ask, alice: Member) -> None:
    factories.offer(alice, "Dekat")
    factories.offer(alice, "Jauh", point=factories.BOGOR)
    cell = cells.to_text(cells.snap(*factories.NEAR_DEPOK))
    found = ask("/search", cell=cell, sort="nearest")
    assert titles(found) == ["Dekat", "Jauh"]
    bands = [item["place"]["band"] for item in found["items"]]
    assert bands[0]["from_km"] == 0
    assert bands[0]["to_km"] <= 2
    assert bands[1]["from_km"] >= 10
    assert all(set(band) == {"from_km", "to_km"} for band in bands)


def test_a_search_is_paged_by_its_cursor(
    ask: Ask, alice: Member, settle: Callable[[], None]
) -> None:
    for number in range(5):
        factories.offer(alice, f"Kursi {number}")
    settle()
    seen: list[str] = []
    page = ask("/search", q="kursi", limit=2)
    while True:
        seen += titles(page)
        if page["next"] is None:
            break
        page = ask("/search", q="kursi", limit=2, cursor=page["next"])
    assert len(seen) == len(set(seen)) == page["total"] == 5


def test_matches_come_with_their_reasons_for_everybody(
    ask: Ask, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    offer = factories.offer(alice, "Kursi roda lipat")
    request = factories.request(bob, "Butuh kursi roda")
    settle()
    public_id, other = offer.public_id, request.public_id
    found = ask(f"/listings/{public_id}/matches")
    assert (found["total"], found["next"]) == (1, None)
    item = found["items"][0]
    assert item["listing"]["id"] == other
    assert item["listing"]["place"]["band"]["from_km"] == 0
    assert 1 <= item["grains"] <= 3
    assert {reason["code"] for reason in item["reasons"]}
    assert ask(f"/listings/{other}/matches")["items"][0]["listing"]["id"] == public_id


@pytest.mark.parametrize("state", ["draft", "pending", "held", "fulfilled", "withdrawn"])
def test_what_is_not_open_does_not_exist(
    ask: Ask, client: FlaskClient, alice: Member, state: str
) -> None:
    listing = factories.offer(alice, state=state)
    assert ask("/listings")["total"] == ask("/search", q="mesin")["total"] == 0
    for path in ("", "/matches"):
        answer = client.get(f"/api/v1/listings/{listing.public_id}{path}")
        assert (answer.status_code, answer.content_type) == (404, PROBLEM)


def test_expired_and_paused_are_not_shown(ask: Ask, alice: Member, bob: Member) -> None:
    factories.offer(alice, expires_at=utcnow() - timedelta(seconds=1))
    factories.offer(bob)
    with transaction():
        bob.paused_at = utcnow()
    assert ask("/listings")["total"] == ask("/search")["total"] == 0


def test_who_is_signed_in_makes_no_difference(
    ask: Ask, alice: Member, bob: Member, as_member: Callable[[Member], FlaskClient]
) -> None:
    factories.offer(alice)
    factories.offer(bob, state="held")
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    assert as_member(bob).get("/api/v1/listings").json == ask("/listings")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/search?direction=up", "direction"),
        ("/search?kind=animal", "kind"),
        ("/search?terms=gift,steal", "terms"),
        ("/search?category=nope", "category"),
        ("/search?sort=price", "sort"),
        ("/search?limit=0", "limit"),
        ("/search?limit=101", "limit"),
        ("/search?limit=x", "limit"),
        ("/search?area=32.76.06&radius_km=-1", "radius_km"),
        ("/search?area=32.76.06&radius_km=0", "radius_km"),
        ("/search?area=32.76.06&radius_km=501", "radius_km"),
        ("/search?area=32.76.06&radius_km=nan", "radius_km"),
        ("/search?radius_km=5", "radius_km"),
        ("/search?sort=nearest", "sort"),
        ("/search?area=99.99.99", "area"),
        ("/search?area=Atlantis", "area"),
        ("/search?cell=zzz", "cell"),
        ("/search?cell=8b8c10700dfffff", "cell"),
        ("/search?cursor=abc", "cursor"),
        ("/listings?cursor=abc", "cursor"),
        ("/listings?direction=up", "direction"),
        ("/search?q=" + "x" * 601, "q"),
    ],
)
def test_a_bad_parameter_is_named(client: FlaskClient, path: str, named: str) -> None:
    load_sample()
    assert fields(client.get(f"/api/v1{path}")) == [named]


def test_a_cursor_serves_its_own_question_only(
    ask: Ask, client: FlaskClient, alice: Member
) -> None:
    for number in range(3):
        factories.offer(alice, f"Kursi {number}")
    cursor = ask("/search", q="kursi", limit=1)["next"]
    other = client.get("/api/v1/search", query_string={"q": "meja", "cursor": cursor})
    assert fields(other) == ["cursor"]
    forged = client.get("/api/v1/search", query_string={"q": "kursi", "cursor": cursor[:-2] + "xx"})
    assert fields(forged) == ["cursor"]


def test_unknown_is_404_as_problem_json_here_and_as_a_page_elsewhere(client: FlaskClient) -> None:
    for path in ("/api/v1/listings/000000000000", "/api/v1/nothing", "/api/v2/listings"):
        answer = client.get(path)
        assert (answer.status_code, answer.content_type) == (404, PROBLEM)
        assert answer.json is not None
        assert answer.json["status"] == 404
    page = client.get("/nothing")
    assert (page.status_code, page.mimetype) == (404, "text/html")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed(client: FlaskClient, method: str) -> None:
    answer = getattr(client, method)("/api/v1/listings")
    assert (answer.status_code, answer.content_type) == (405, PROBLEM)
    assert "GET" in answer.headers["Allow"]


def test_planted_coordinates_and_internal_ids_are_in_no_answer(
    client: FlaskClient, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    load_sample()
    offer = factories.offer(alice, "Kursi roda", point=CANARY)
    factories.request(bob, "Butuh kursi roda", point=CANARY)
    for _ in range(2):
        factories.offer(alice, "Kursi roda lagi", point=CANARY)
    settle()
    public_id = offer.public_id
    cell = cells.to_text(cells.snap(*CANARY))
    for path in (
        "/listings?limit=1",
        f"/listings/{public_id}",
        f"/listings/{public_id}/matches",
        f"/search?q=kursi&cell={cell}&sort=nearest&radius_km=2",
    ):
        answer = client.get(f"/api/v1{path}")
        assert answer.status_code == 200
        for trace in ("6.3728", "106.8336", "latitude", "longitude", "owner_id", "@example.org"):
            assert trace not in answer.text


def test_an_unchanged_answer_is_not_sent_twice(client: FlaskClient, alice: Member) -> None:
    listing = factories.offer(alice)
    path = f"/api/v1/listings/{listing.public_id}"
    first = client.get(path)
    assert first.headers["Cache-Control"] == "public, max-age=60"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with transaction():
        listing.title = "Mesin obras"
    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert client.get("/api/v1/listings/000000000000").headers["Cache-Control"] == "no-store"


def test_an_answer_sets_no_cookie(client: FlaskClient, alice: Member) -> None:
    factories.offer(alice)
    assert "Set-Cookie" not in client.get("/api/v1/listings").headers


def test_too_many_questions_are_asked_to_wait(
    make_app: Callable[..., Flask], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = make_app(replace(settings), RATELIMIT_ENABLED=True).test_client()
    codes = [browser.get("/api/v1/openapi.json").status_code]
    for _ in range(301):
        answer = browser.get("/api/v1/listings/000000000000")
        codes.append(answer.status_code)
    assert codes.count(429) == 1
    assert answer.content_type == PROBLEM
    assert int(answer.headers["Retry-After"]) > 0


def test_addresses_come_from_the_settings_not_from_the_request(
    make_app: Callable[..., Flask], settings: Settings
) -> None:
    app = make_app(replace(settings, site_url="https://lumbung.example"))
    with app.app_context():
        factories.offer(factories.member("Alice"))
        answer = app.test_client().get("/api/v1/listings", headers={"Host": "lumbung.example:81"})
    found = json.loads(answer.text)["items"][0]["url"]
    assert found.startswith("https://lumbung.example/listings/")


def test_a_listing_without_a_place_says_so(ask: Ask, alice: Member) -> None:
    with transaction() as session:
        session.add(
            Listing(
                owner_id=alice.id,
                created_by_id=alice.id,
                direction="offer",
                title="Impor",
                gift=True,
                state="open",
                published_at=utcnow(),
            )
        )
    place = ask("/listings")["items"][0]["place"]
    assert place == {"kind": "unknown", "cell": None, "precision": None, "area": "", "band": None}
