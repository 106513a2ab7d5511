import re

import pytest
from sqlalchemy import func, select

from marketplace.db import db, new_public_id
from marketplace.listings import service
from marketplace.listings.models import Listing
from tests import factories

pytestmark = pytest.mark.usefixtures("areas")


def only_listing():
    db.session.rollback()
    return db.session.scalars(select(Listing)).one()


def count():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Listing))


def test_a_member_posts_an_offer(alice, as_member, answers):
    response = as_member(alice).post("/listings/new", data=answers(), follow_redirects=True)
    assert response.status_code == 200
    assert "Mesin jahit Singer" in response.text
    listing = only_listing()
    assert (listing.state, listing.direction, listing.category) == ("open", "offer", "machines")
    assert listing.place_kind == "cell"


def test_the_form_begins_with_the_direction_of_the_link_and_the_members_place(alice, as_member):
    page = as_member(alice).get("/listings/new?direction=request").text
    assert re.search(r'value="request" checked', page)
    assert re.search(r'name="place_cell" value="[0-9a-f]{15}"', page)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/listings/new"),
        ("post", "/listings/new"),
        ("get", "/listings/{}/edit"),
        ("post", "/listings/{}/edit"),
        ("post", "/listings/{}/withdrawal"),
        ("post", "/listings/{}/fulfilment"),
    ],
)
def test_a_visitor_is_asked_to_sign_in(client, alice, method, path):
    listing = factories.offer(alice)
    response = getattr(client, method)(path.format(listing.public_id))
    assert response.status_code in (302, 303)
    assert "/sign-in" in response.location
    db.session.rollback()
    assert listing.state == "open"


@pytest.mark.parametrize("who", ["carol", "staff"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/listings/{}/edit"),
        ("post", "/listings/{}/edit"),
        ("post", "/listings/{}/withdrawal"),
        ("post", "/listings/{}/fulfilment"),
    ],
)
def test_nobody_else_can_touch_a_listing(request, alice, as_member, answers, who, method, path):
    listing = factories.offer(alice)
    other = as_member(request.getfixturevalue(who))
    options = {"data": answers(title="Diubah orang")} if method == "post" else {}
    response = getattr(other, method)(path.format(listing.public_id), **options)
    assert response.status_code == 404
    db.session.rollback()
    assert (listing.state, listing.title) == ("open", "Mesin jahit")


@pytest.mark.parametrize("state", ["withdrawn", "fulfilled"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/listings/{}/edit"),
        ("post", "/listings/{}/edit"),
        ("post", "/listings/{}/withdrawal"),
        ("post", "/listings/{}/fulfilment"),
    ],
)
def test_what_is_over_answers_409(alice, as_member, answers, state, method, path):
    listing = factories.offer(alice, state=state)
    options = {"data": answers()} if method == "post" else {}
    response = getattr(as_member(alice), method)(path.format(listing.public_id), **options)
    assert response.status_code == 409


@pytest.mark.parametrize("path", ["/listings/{}/fulfilment", "/listings/{}/withdrawal"])
def test_changes_of_state_are_posted_only(alice, as_member, path):
    listing = factories.offer(alice)
    assert as_member(alice).get(path.format(listing.public_id)).status_code == 405


def test_a_post_without_token_is_refused(make_app, alice, answers):
    app = make_app(WTF_CSRF_ENABLED=True)
    browser = factories.sign_in(app, alice)
    assert browser.post("/listings/new", data=answers()).status_code == 400
    assert count() == 0


def test_mistakes_are_told_beside_the_field_and_what_was_typed_is_kept(alice, as_member, answers):
    browser = as_member(alice)
    response = browser.post(
        "/listings/new",
        data=answers(
            title="",
            description="Kursi merah, kuat.",
            quantity="dua puluhan",
            terms=["gift", "loan"],
            loan_days_max="seminggu",
            available_until="besok",
            hours=["0-pagi"],
        ),
    )
    page = response.text
    assert response.status_code == 422
    assert "<title>Error:" in page
    for field in ("title", "quantity", "loan_days_max", "available_until"):
        assert f'href="#{field}"' in page
        assert f'id="{field}-error"' in page
    for typed in ("Kursi merah, kuat.", "dua puluhan", "seminggu", "besok", "Beji"):
        assert typed in page
    assert re.search(r'value="0-pagi" checked', page)


def test_the_first_post_keeps_a_draft_even_with_mistakes(alice, carol, as_member, answers):
    key = new_public_id()
    page = as_member(alice).post("/listings/new", data=answers(key=key, terms=None)).text
    draft = only_listing()
    assert (draft.state, draft.title, draft.public_id) == ("draft", "Mesin jahit Singer", key)
    assert f'action="/listings/{key}/edit"' in page
    assert as_member(carol).get(f"/listings/{key}").status_code == 404
    assert as_member(carol).get(f"/listings/{key}/edit").status_code == 404


def test_a_draft_is_finished_later(alice, as_member, answers):
    browser = as_member(alice)
    saved = browser.post("/listings/new", data=answers(action="save", terms=None, place=None))
    draft = only_listing()
    assert saved.location.endswith(f"/listings/{draft.public_id}/edit")
    assert "Mesin jahit Singer" in browser.get(saved.location).text
    shown = browser.get(f"/listings/{draft.public_id}")
    assert shown.location.endswith("/edit")
    done = browser.post(f"/listings/{draft.public_id}/edit", data=answers())
    assert done.location.endswith(f"/listings/{draft.public_id}")
    assert only_listing().state == "open"


def test_a_draft_that_is_too_long_says_so_and_keeps_the_text(alice, as_member, answers):
    long = "kursi " * 30
    response = as_member(alice).post("/listings/new", data=answers(action="save", title=long))
    assert response.status_code == 422
    assert long.strip() in response.text


def test_a_double_tap_makes_one_listing(alice, as_member, answers):
    browser = as_member(alice)
    data = answers(key=new_public_id())
    first, second = (browser.post("/listings/new", data=data) for _ in range(2))
    assert first.location == second.location
    assert count() == 1


def test_an_ambiguous_place_asks_back(alice, as_member, answers):
    response = as_member(alice).post("/listings/new", data=answers(place="xyzzy"))
    assert response.status_code == 422
    assert "xyzzy" in response.text
    assert only_listing().state == "draft"


def test_advice_may_be_online_without_a_place(alice, as_member, answers):
    data = answers(kind="mentoring", online="y", place="")
    page = as_member(alice).post("/listings/new", data=data, follow_redirects=True)
    assert page.status_code == 200
    assert only_listing().place_kind == "online"


def test_terms_wishes_and_quantity_are_kept(alice, as_member, answers):
    data = answers(
        terms=["loan", "swap"],
        loan_days_max="14",
        wishes="beras\n\npisang kepok",
        quantity="1.000",
        unit="kg",
        hours=["5-pagi", "6-pagi"],
    )
    page = as_member(alice).post("/listings/new", data=data, follow_redirects=True).text
    listing = only_listing()
    assert listing.terms == {"loan", "swap"}
    assert (listing.loan_days_max, listing.quantity, listing.unit) == (14, 1000, "kg")
    assert [wish.text for wish in listing.wishes] == ["beras", "pisang kepok"]
    assert "To lend for at most 14 days or to swap" in page
    assert "Saturday, Sunday: morning" in page


def test_an_open_listing_is_changed(alice, as_member, answers):
    browser = as_member(alice)
    browser.post("/listings/new", data=answers())
    listing = only_listing()
    revision = listing.revision
    changed = answers(title="Mesin obras", terms=["loan"])
    response = browser.post(f"/listings/{listing.public_id}/edit", data=changed)
    assert response.status_code == 303
    listing = only_listing()
    assert (listing.title, listing.terms) == ("Mesin obras", {"loan"})
    assert listing.revision == revision + 1


def test_a_bad_change_leaves_the_open_listing_as_it_was(alice, as_member, answers):
    browser = as_member(alice)
    browser.post("/listings/new", data=answers())
    public_id = only_listing().public_id
    response = browser.post(f"/listings/{public_id}/edit", data=answers(title=""))
    assert response.status_code == 422
    assert only_listing().title == "Mesin jahit Singer"


def test_a_withdrawn_listing_is_gone_for_everybody_else_at_once(alice, carol, as_member):
    listing = factories.offer(alice)
    browser = as_member(alice)
    response = browser.post(f"/listings/{listing.public_id}/withdrawal", follow_redirects=True)
    assert response.status_code == 200
    assert only_listing().state == "withdrawn"
    gone = as_member(carol).get(f"/listings/{listing.public_id}")
    assert gone.status_code == 410
    assert "Mesin jahit" not in gone.text
    assert "/search?" in gone.text


def test_a_draft_can_be_deleted(alice, as_member, client, answers):
    draft = service.save_draft(alice, service.Draft(title="Coba"))
    response = as_member(alice).post(f"/listings/{draft.public_id}/withdrawal")
    assert response.location.endswith("/me/drafts")
    assert client.get(f"/listings/{draft.public_id}").status_code == 404


@pytest.mark.parametrize(("direction", "word"), [("offer", "as given"), ("request", "as met")])
def test_the_owner_marks_it_as_done(alice, client, as_member, direction, word):
    listing = factories.listing(alice, direction=direction)
    browser = as_member(alice)
    assert f"Mark {word}" in browser.get(f"/listings/{listing.public_id}").text
    browser.post(f"/listings/{listing.public_id}/fulfilment")
    assert only_listing().state == "fulfilled"
    assert client.get(f"/listings/{listing.public_id}").status_code == 410


def test_a_listing_is_shown_to_a_visitor(alice, client):
    listing = factories.offer(
        alice, "Buku paket", description="Lengkap.\nDua semester.", area_code="32.76.06"
    )
    response = client.get(f"/listings/{listing.public_id}")
    page = response.text
    assert response.status_code == 200
    assert '<h1 lang="id">Buku paket</h1>' in page
    assert "Lengkap.<br>" in page
    assert "Alice" in page
    assert "Beji" in page
    assert f"/listings/{listing.public_id}/edit" not in page


def test_the_band_to_the_readers_place_is_shown(alice, as_member):
    bob = factories.member("Bob", point=factories.NEAR_DEPOK)
    listing = factories.offer(alice)
    page = as_member(bob).get(f"/listings/{listing.public_id}").text
    assert "under 1 km" in page


def test_the_preview_for_messengers_tells_no_price_and_no_place(alice, client):
    listing = factories.request(alice, "Butuh kursi roda", area_code="32.76.06")
    page = client.get(f"/listings/{listing.public_id}", headers={"Accept-Language": "en"}).text
    head = page.split("</head>")[0]
    assert 'property="og:title" content="Request: Butuh kursi roda"' in head
    assert f'rel="canonical" href="http://127.0.0.1:8000/listings/{listing.public_id}"' in head
    assert '"@type": "Demand"' in head
    assert "price" not in head.lower()
    assert "https://wa.me/?text=" in page
    assert "-6.37" not in page
    assert "106.8" not in page


def test_a_held_listing_is_404_for_strangers(alice, client, as_member, staff):
    listing = factories.offer(alice, state="held")
    assert client.get(f"/listings/{listing.public_id}").status_code == 404
    assert "Hidden by the moderators" in as_member(alice).get(f"/listings/{listing.public_id}").text
    assert as_member(staff).get(f"/listings/{listing.public_id}").status_code == 200


def test_an_invented_address_is_404(client):
    assert client.get("/listings/000000000000").status_code == 404
    assert client.get("/listings/x").status_code == 404


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</script>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_stays_text_everywhere(alice, as_member, client, answers, payload):
    browser = as_member(alice)
    data = answers(title=f"Kursi {payload}", description=payload, terms=["swap"], wishes=payload)
    browser.post("/listings/new", data=data)
    public_id = only_listing().public_id
    for page in (
        client.get(f"/listings/{public_id}").text,
        browser.get(f"/listings/{public_id}/edit").text,
        browser.post("/listings/new", data=data | {"terms": [], "key": ""}).text,
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "</script></script>" not in page


def test_a_member_of_the_pseudo_language_reads_no_bare_code(alice, as_member):
    listing = factories.request(
        alice, kind="mentoring", loan=True, hours="f" * 41 + "e", quantity=3
    )
    page = as_member(alice).get(f"/listings/{listing.public_id}").text
    main = page.split("<main")[1].split("</main>")[0]
    for code in (">mentoring<", ">loan<", ">request<", ">open<"):
        assert code not in main


def test_a_price_is_refused_beside_its_field_and_the_draft_is_kept(alice, as_member, answers):
    data = answers(description="Masih bagus. Rp 50.000 saja.", terms=["swap"], wishes="uang 20rb")
    page = as_member(alice).post("/listings/new", data=data)
    assert page.status_code == 422
    assert "“Rp 50.000” reads like a price" in page.text
    assert 'id="description-error"' in page.text
    assert 'id="wishes-error"' in page.text
    assert "Rp 50.000 saja." in page.text
    assert only_listing().state == "draft"


def test_the_cost_of_material_may_be_mentioned(alice, as_member, answers):
    data = answers(kind="mentoring", description="Kelas jahit. Biaya bahan Rp 20.000.")
    assert as_member(alice).post("/listings/new", data=data).status_code == 303


def test_what_may_not_be_shared_is_asked_about_once_and_then_let_through(alice, as_member, answers):
    browser = as_member(alice)
    data = answers(title="Anak kucing dua ekor", category="")
    page = browser.post("/listings/new", data=data)
    assert page.status_code == 422
    assert "live animals may not be shared here" in page.text
    assert 'name="sure"' in page.text
    sure = data | {"key": only_listing().public_id, "sure": "y"}
    assert browser.post("/listings/new", data=sure).status_code == 303
    assert only_listing().state == "open"


def test_what_may_not_be_shared_is_shown_while_posting(alice, as_member):
    from marketplace.pages.texts import NOT_SHARED

    page = as_member(alice).get("/listings/new").text
    for point in NOT_SHARED.points:
        assert str(point) in page
    assert 'name="sure"' not in page


def test_one_tick_for_the_weekend_is_kept_as_its_hours(alice, as_member, answers):
    browser = as_member(alice)
    browser.post("/listings/new", data=answers(hours=["weekends"]))
    page = browser.get(f"/listings/{only_listing().public_id}").text
    assert "Saturday, Sunday: morning, midday, afternoon, evening" in page
    form = browser.get(f"/listings/{only_listing().public_id}/edit").text
    assert re.search(r'value="5-pagi" checked', form)
