"""The page of an exchange says the right thing to each side in every state, and has one main
action where it is the reader's turn."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db
from tests.exchanges import stages

AsMember = Callable[[Member], FlaskClient]

PROPOSE = "Propose a place and a time"
# (state, terms, direction) -> for owner and opener: what the page says, and the one main button.
PAGES = [
    ("interested", "gift", "offer",
     ("Bob would like this", "Promise it"), ("Alice has not answered yet", "")),
    ("interested", "gift", "request",
     ("Bob can help you", "Accept the help"), ("Alice has not answered yet", "")),
    ("promised", "gift", "offer",
     ("You have promised it to Bob", PROPOSE), ("Alice has promised it to you", PROPOSE)),
    ("promised", "gift", "request",
     ("Bob has promised it to you", PROPOSE), ("You have promised it to Alice", PROPOSE)),
    ("promised", "swap", "offer",
     ("You and Bob want to swap", PROPOSE), ("You and Alice want to swap", PROPOSE)),
    ("arranged", "gift", "offer",
     ("You hand it over to Bob", "When we meet: the code"),
     ("Alice hands it over to you", "When we meet: the code")),
    ("arranged", "loan", "request",
     ("Bob hands it over to you", "When we meet: the code"),
     ("You hand it over to Alice", "When we meet: the code")),
    ("met", "gift", "offer",
     ("Have you handed it over to Bob?", "Yes, I have handed it over"),
     ("Have you received it from Alice?", "Yes, I have received it")),
    ("met", "gift", "request",
     ("Have you received it from Bob?", "Yes, I have received it"),
     ("Have you handed it over to Alice?", "Yes, I have handed it over")),
    ("met", "swap", "offer",
     ("Have you and Bob swapped?", "I have given my half"),
     ("Have you and Alice swapped?", "I have given my half")),
    ("handed_over", "gift", "offer",
     ("You have said that it changed hands", ""),
     ("Alice says that you have received it", "Yes, I have received it")),
    ("handed_over", "loan", "request",
     ("Bob says that you have received it", "Yes, I have received it"),
     ("You have said that it changed hands", "")),
    ("handed_over", "swap", "offer",
     ("Have you received the other half as well?", "I have received the other half"),
     ("Alice says that you have received the other half", "I have received the other half")),
    ("partly", "swap", "offer",
     ("The half of Bob is still to come", "I have received the other half"),
     ("Your half of the swap is still to come", "I have given my half")),
    ("partly", "swap", "request",
     ("Your half of the swap is still to come", "I have given my half"),
     ("The half of Alice is still to come", "I have received the other half")),
    ("out", "loan", "offer", ("It is with Bob now", ""), ("You have borrowed it", "")),
    ("out", "loan", "request", ("You have borrowed it", ""), ("It is with Alice now", "")),
    ("returned", "loan", "offer",
     ("Bob says that it is back", ""), ("You have said that it is back", "")),
    ("lost", "loan", "offer", ("It counts as lost", ""), ("It counts as lost", "")),
    ("closed", "gift", "offer", ("It is done", ""), ("It is done", "")),
    ("closed", "loan", "request", ("It is done", ""), ("It is done", "")),
    ("closed", "swap", "offer", ("It is done", ""), ("It is done", "")),
    ("declined", "gift", "offer",
     ("You two did not come together this time", ""),
     ("This time it did not work out", "Look for something similar")),
    ("declined", "gift", "request",
     ("You two did not come together this time", ""),
     ("This time it did not work out", "See what others need")),
    ("released", "gift", "offer",
     ("The promise is taken back", ""),
     ("The promise was taken back", "Look for something similar")),
    ("cancelled", "gift", "offer", ("Bob no longer needs it", ""), ("You have called it off", "")),
    ("cancelled", "gift", "request",
     ("Bob cannot help after all", ""), ("You have called it off", "")),
    ("did_not_happen", "gift", "offer",
     ("Bob says that it did not happen", ""), ("You have said that it did not happen", "")),
]  # fmt: skip


def main_buttons(page: str) -> list[str]:
    """What the filled buttons of the main part say."""
    main = re.search(r"<main.*</main>", page, re.DOTALL)
    assert main is not None
    found = re.findall(
        r'<(?:button|a) class="button(?: button--big full-on-phone| button--wide| button--big)*"'
        r"[^>]*>(.*?)</(?:button|a)>",
        main.group(),
        re.DOTALL,
    )
    return [re.sub(r"<svg.*?</svg>|<[^>]*>", "", text).strip() for text in found]


@pytest.mark.parametrize(
    ("state", "terms", "direction", "owner", "opener"),
    PAGES,
    ids=["-".join(page[:3]) for page in PAGES],
)
def test_each_side_reads_what_comes_next_and_has_one_main_action(
    alice: Member,
    bob: Member,
    as_member: AsMember,
    state: str,
    terms: str,
    direction: str,
    owner: tuple[str, str],
    opener: tuple[str, str],
) -> None:
    exchange = stages.reach(state, stages.asked(bob, stages.post(alice, terms, direction)))
    for member, (title, button) in ((alice, owner), (bob, opener)):
        page = as_member(member).get(f"/exchanges/{exchange.public_id}")
        assert page.status_code == 200
        assert f'<h2 id="next-title">{title}</h2>' in page.text
        assert [one for one in main_buttons(page.text) if one == button] == [button] * bool(button)
        own = re.search(r'<section class="panel stack" aria-labelledby="next-title">.*?</section>',
                        page.text, re.DOTALL)  # fmt: skip
        assert own is not None
        assert len(re.findall(r'class="button button--big', own.group())) == bool(button)


@pytest.mark.parametrize(
    ("kind", "said"), [("skill", "You help Bob"), ("goods", "You hand it over to Bob")]
)
def test_help_is_spoken_of_as_help(
    alice: Member, bob: Member, as_member: AsMember, kind: str, said: str
) -> None:
    listing = stages.post(alice, "gift", kind=kind)
    exchange = stages.reach("arranged", stages.asked(bob, listing))
    assert said in as_member(alice).get(f"/exchanges/{exchange.public_id}").text


def test_the_page_tells_how_much_under_which_terms_and_what_in_return(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    listing = stages.post(alice, "swap", quantity=30, unit="piece")
    exchange = stages.reach("promised", stages.asked(bob, listing, 12))
    page = as_member(bob).get(f"/exchanges/{exchange.public_id}").text
    assert "12 pieces for you" in page
    assert "Dua ikat bayam" in page
    assert "12 pieces for Bob" in as_member(alice).get(f"/exchanges/{exchange.public_id}").text


def test_less_than_asked_may_be_promised_and_a_wrong_number_is_said_beside_the_field(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    listing = stages.post(alice, "gift", quantity=30)
    exchange = stages.asked(bob, listing, 12)
    giver, address = as_member(alice), f"/exchanges/{exchange.public_id}/promise"
    for wrong in ("13", "0", "", "many"):
        refused = giver.post(address, data={"quantity": wrong})
        assert refused.status_code == 422
        assert 'id="quantity-error"' in refused.text
    assert giver.post(address, data={"quantity": "5"}).status_code == 303
    db.session.refresh(exchange)
    assert (exchange.quantity, exchange.asked) == (5, 12)


@pytest.mark.parametrize(
    ("state", "step", "field"),
    [
        ("interested", "refusal", "decline-reason"),
        ("arranged", "cancellation", "cancel-reason"),
        ("met", "failure", "fail-reason"),
    ],
)
def test_without_a_reason_the_form_stays_open_with_words_beside_the_choices(
    alice: Member, bob: Member, as_member: AsMember, state: str, step: str, field: str
) -> None:
    exchange = stages.reach(state, stages.asked(bob, stages.post(alice, "gift")))
    refused = as_member(alice).post(f"/exchanges/{exchange.public_id}/{step}", data={})
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert f'id="{field}-error"' in refused.text
    assert "<details open>" in refused.text
    before = exchange.state
    db.session.refresh(exchange)
    assert exchange.state == before


def test_before_the_meeting_nobody_can_say_that_it_did_not_happen(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("arranged", stages.asked(bob, stages.post(alice, "gift")))
    assert "It did not happen" not in as_member(bob).get(f"/exchanges/{exchange.public_id}").text
    early = as_member(bob).post(
        f"/exchanges/{exchange.public_id}/failure", data={"reason": "no_show"}
    )
    assert early.status_code == 409


def test_who_felt_unsafe_is_led_to_the_moderators_and_the_other_does_not_learn_of_it(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("met", stages.asked(bob, stages.post(alice, "gift")))
    told = as_member(bob).post(
        f"/exchanges/{exchange.public_id}/failure",
        data={"reason": "unsafe"},
        follow_redirects=True,
    )
    assert main_buttons(told.text)[0] == "Tell the moderators"
    assert f"/members/{alice.public_id}/report" in told.text
    assert "I did not feel safe" in told.text
    theirs = as_member(alice).get(f"/exchanges/{exchange.public_id}").text
    assert "I did not feel safe" not in theirs
    assert "Another reason" in theirs


def test_the_history_says_who_did_what_and_why(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("released", stages.asked(bob, stages.post(alice, "gift")))
    page = as_member(bob).get(f"/exchanges/{exchange.public_id}").text
    for line in (
        "Asked for: as a gift",
        "Promised",
        "Alice took the promise back",
        "Something came up",
    ):
        assert line in page


def test_an_exchange_of_a_deleted_post_still_has_its_page(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("promised", stages.asked(bob, stages.post(alice, "gift")))
    exchange.listing.title = ""
    exchange.listing.state = "withdrawn"
    db.session.commit()
    page = as_member(bob).get(f"/exchanges/{exchange.public_id}")
    assert page.status_code == 200
    assert "A deleted post" in page.text


@pytest.mark.parametrize(
    "step",
    ["promise", "refusal", "withdrawal", "cancellation", "failure", "handover", "confirmation",
     "objection", "dispute"],
)  # fmt: skip
def test_a_step_is_only_posted_by_the_two_and_only_in_its_state(
    alice: Member, bob: Member, carol: Member, as_member: AsMember, step: str
) -> None:
    exchange = stages.reach("closed", stages.asked(bob, stages.post(alice, "gift")))
    address = f"/exchanges/{exchange.public_id}/{step}"
    data = {"reason": "changed_mind" if step != "failure" else "no_show"}
    assert as_member(alice).get(address).status_code == 405
    assert as_member(carol).post(address, data=data).status_code == 404
    assert as_member(alice).post(address, data=data).status_code == 409


def test_the_strip_in_a_conversation_is_small_and_has_the_next_action(
    app: object, alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = stages.reach("handed_over", stages.asked(bob, stages.post(alice, "gift")))
    page = as_member(bob).get(f"/messages/{exchange.conversation.public_id}").text
    strip = re.search(r'<section class="panel stack" aria-labelledby="exchange-next">.*?</section>',
                      page, re.DOTALL)  # fmt: skip
    assert strip is not None
    assert len(re.findall(r"<[a-z]", strip.group())) <= 60
    assert "Yes, I have received it" in strip.group()
