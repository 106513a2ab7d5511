"""Words that staff add: what they may be, what they mean from then on, and for whom."""

import ast
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.models import AuditEvent, Member
from marketplace.db import db
from marketplace.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.search import analysis, explaining, meanings, reading, service, synonyms
from marketplace.search import synonym_rules as rules
from marketplace.search.completing import complete
from marketplace.search.lexicon import LEXICON
from marketplace.search.models import Synonym
from marketplace.search.service import SearchRequest
from marketplace.search.synonym_rules import Entry, SynonymDraft
from tests import factories

Settle = Callable[[], None]
PHONE = "phone"


@pytest.fixture
def parts(app: Flask):
    return app.extensions["marketplace"]


def add(staff: Member, words: str, same_as: str, **more: object) -> Synonym:
    return synonyms.add_synonym(staff, SynonymDraft(words, same_as, **more))


def titles(parts, text: str) -> list[str]:
    found = service.find(parts, None, SearchRequest(text=text, as_typed=True))
    return sorted(listing.title for listing in found.listings)


def wrong(staff: Member, *draft: str, **more: object) -> tuple[str, str]:
    with pytest.raises(Invalid) as raised:
        add(staff, *draft, **more)
    (problem,) = raised.value.problems
    return problem.field, problem.code


def test_a_word_that_means_a_concept_finds_the_post_that_says_another_word_of_it(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Ponsel bekas")
    settle()
    assert titles(parts, "gawailama") == []
    add(staff, "gawailama", "handphone")
    assert titles(parts, "gawailama") == ["Ponsel bekas"]


def test_two_words_without_a_concept_mean_the_same_in_both_directions_and_in_chains(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    for title in ("Tudung blurik", "Tudung zamzuri", "Tudung xanana"):
        factories.offer(alice, title)
    add(staff, "blurik", "zamzuri")
    settle()
    both = ["Tudung blurik", "Tudung zamzuri"]
    assert titles(parts, "blurik") == titles(parts, "zamzuri") == both
    add(staff, "xanana", "zamzuri")
    settle()
    assert len(titles(parts, "blurik")) == len(titles(parts, "xanana")) == 3


def test_a_word_of_the_site_is_completed_like_any_other(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Ponsel bekas")
    assert complete(parts, None, "blur") == []
    add(staff, "blurik", "handphone")
    settle()
    assert complete(parts, None, "blur") == ["blurik"]


def test_a_phrase_of_four_words_is_one_word(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Ponsel bekas")
    settle()
    add(staff, "kotak kecil suara jauh", "handphone")
    assert titles(parts, "kotak kecil suara jauh") == ["Ponsel bekas"]
    assert titles(parts, "kotak") == []


def test_posts_follow_the_questions_and_go_back_when_the_word_goes(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Blurik bekas")
    settle()
    row = add(staff, "blurik", "handphone")
    settle()
    assert titles(parts, "ponsel") == ["Blurik bekas"]
    synonyms.remove_synonym(staff, row.public_id)
    settle()
    assert titles(parts, "ponsel") == []
    synonyms.restore_synonym(staff, row.public_id)
    settle()
    assert titles(parts, "ponsel") == ["Blurik bekas"]


def test_a_changed_word_means_the_new_thing_only(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Blurik bekas")
    row = add(staff, "blurik", "handphone")
    synonyms.change_synonym(staff, row.public_id, SynonymDraft("blurik", "sepeda"))
    settle()
    assert (titles(parts, "ponsel"), titles(parts, "sepeda")) == ([], ["Blurik bekas"])
    synonyms.change_synonym(staff, row.public_id, SynonymDraft("blurak", "sepeda"))
    settle()
    assert titles(parts, "sepeda") == []


def test_another_process_takes_a_change_up_with_its_next_question(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Ponsel bekas")
    settle()
    add(staff, "blurik", "handphone")
    synonyms.take_up()
    here = reading.name()
    reading.take([])  # as in a process that knows nothing of it yet
    synonyms._taken, synonyms._looked_at = None, 0.0
    assert titles(parts, "blurik") == ["Ponsel bekas"]
    assert reading.name() == here


def test_what_may_not_be_a_word_is_said_beside_its_field(app: Flask, staff: Member) -> None:
    assert wrong(staff, "", "handphone") == ("words", "required")
    assert wrong(staff, "...", "handphone") == ("words", "word_unreadable")
    assert wrong(staff, "yang", "handphone") == ("words", "word_says_nothing")
    assert wrong(staff, "satu dua tiga empat lima", "hp") == ("words", "word_phrase_long")
    assert wrong(staff, "x" * 51, "handphone") == ("words", "too_long")
    assert wrong(staff, "Blurik", " bluRIK ") == ("same_as", "word_same")
    assert wrong(staff, "Blurik", "bluRIK!") == ("words", "word_means_that")
    assert wrong(staff, "telepon genggam", "handphone") == ("words", "word_means_that")
    add(staff, "blurik", "handphone")
    assert wrong(staff, "BLURIK", "sepeda", both=True) == ("words", "word_is_there")
    add(staff, "zamzuri", "xanana")
    assert wrong(staff, "xanana", "zamzuri") == ("words", "word_means_that")


def test_a_word_that_means_something_already_is_asked_about_and_then_means_both(
    app: Flask, staff: Member
) -> None:
    assert wrong(staff, "sepeda", "handphone") == ("both", "word_means_more")
    add(staff, "sepeda", "handphone", both=True)
    synonyms.take_up()
    assert set(meanings.concepts_of(("sepeda",))) >= {PHONE, *LEXICON.files.meanings[("sepeda",)]}


def test_what_is_only_guessed_of_a_word_does_not_stand_in_the_way(
    app: Flask, staff: Member
) -> None:
    assert meanings.concepts_of(("panchi",)) == ("cooking-pot",)  # as panci
    assert add(staff, "panchi", "sepeda").concept == "cycle"
    synonyms.take_up()
    assert meanings.concepts_of(("panchi",)) == ("cycle",)
    assert add(staff, "blurik", "sepda").concept == ""


def test_a_result_says_that_it_was_found_by_what_the_word_means(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Ponsel bekas")
    settle()
    add(staff, "blurik", "handphone")
    found = service.find(parts, None, SearchRequest(text="blurik", as_typed=True))
    (part,) = explaining.parts_of("Ponsel bekas", "", found.asked)
    assert (part.asked, part.how) == ("blurik", explaining.MEANING)


def test_a_word_of_the_site_is_never_taken_for_a_misspelling(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    for number in range(4):
        factories.offer(alice, f"Batik tulis {number}")
    settle()
    assert service.find(parts, None, SearchRequest(text="batic")).asked.corrections
    add(staff, "batic", "handphone")
    found = service.find(parts, None, SearchRequest(text="batic"))
    assert (found.asked.corrections, found.total) == ((), 0)


def test_where_the_other_word_means_several_things_one_is_chosen(app: Flask, staff: Member) -> None:
    phrase = next(p for p, slugs in LEXICON.files.meanings.items() if len(p) == 1 < len(slugs))
    possible = LEXICON.files.meanings[phrase]
    assert wrong(staff, "blurik", phrase[0]) == ("concept", "word_unclear")
    assert wrong(staff, "blurik", phrase[0], concept="no-such") == ("concept", "word_unclear")
    assert add(staff, "blurik", phrase[0], concept=possible[1]).concept == possible[1]
    only = add(staff, "zamzuri", phrase[0], concept=rules.ONLY_EACH_OTHER)
    assert only.concept == ""


def test_a_concept_that_a_new_lexicon_has_no_more_becomes_the_words_it_was_chosen_by() -> None:
    (made,) = rules.added([Entry(3, "blurik", "zamzuri", "gone")], {PHONE}.__contains__)
    assert (made.slug, set(made.phrases)) == ("local-3", {"blurik", "zamzuri"})


def test_only_staff_may_and_everything_they_do_is_written_down(
    app: Flask, staff: Member, carol: Member
) -> None:
    row = add(staff, "blurik", "handphone")
    synonyms.change_synonym(staff, row.public_id, SynonymDraft("blurik", "sepeda"))
    synonyms.remove_synonym(staff, row.public_id)
    synonyms.restore_synonym(staff, row.public_id)
    for deed in (
        lambda: add(carol, "zamzuri", "handphone"),
        lambda: synonyms.change_synonym(carol, row.public_id, SynonymDraft("a", "b")),
        lambda: synonyms.remove_synonym(carol, row.public_id),
        lambda: synonyms.restore_synonym(carol, row.public_id),
    ):
        with pytest.raises(NotAllowed):
            deed()
    written = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [one.action.split(".")[1] for one in written] == [
        "add_word",
        "change_word",
        "remove_word",
        "restore_word",
    ]
    assert {one.thing for one in written} == {"word:blurik"}
    assert written[1].params["before"]["same_as"] == "handphone"


def test_a_removed_word_may_be_added_anew_and_then_does_not_come_back_twice(
    app: Flask, staff: Member
) -> None:
    row = add(staff, "blurik", "handphone")
    synonyms.remove_synonym(staff, row.public_id)
    synonyms.remove_synonym(staff, row.public_id)
    add(staff, "blurik", "sepeda")
    with pytest.raises(Conflict):
        synonyms.restore_synonym(staff, row.public_id)
    with pytest.raises(NotFound):
        synonyms.find_synonym(row.public_id)


def test_there_is_room_for_so_many_words(
    app: Flask, staff: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synonyms, "MOST", 1)
    row = add(staff, "blurik", "handphone")
    assert wrong(staff, "zamzuri", "handphone") == ("words", "too_many_words")
    synonyms.remove_synonym(staff, row.public_id)
    add(staff, "zamzuri", "handphone")


def test_a_thread_that_reads_while_words_change_sees_the_old_ones_or_the_new_ones() -> None:
    new = rules.added([Entry(1, "blurik", "", PHONE)], LEXICON.files.concepts.__contains__)
    stop, failed = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            try:
                analysis.query_groups("blurik merah")
                analysis.document_terms("blurik", "merah", "id")
            except Exception as error:  # whatever it is, nobody may see it
                failed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(4):
        reading.take(new if number % 2 else [])
    stop.set()
    reader.join()
    reading.take([])
    assert failed == []


def test_the_name_of_a_reading_is_that_of_its_words_and_of_all_its_rules() -> None:
    plain = reading.name()
    entries = [Entry(1, "blurik", "", PHONE), Entry(2, "zamzuri", "", PHONE)]
    known = LEXICON.files.concepts.__contains__
    reading.take(rules.added(entries, known))
    both = reading.name()
    reading.take(rules.added(reversed(entries), known))
    assert reading.name() == both != plain
    reading.take([])
    assert reading.name() == plain
    seen, waiting = set(), ["analysis.py"]
    while waiting:
        file = waiting.pop()
        seen.add(file)
        for node in ast.walk(ast.parse((reading.FOLDER / file).read_text("utf-8"))):
            module = getattr(node, "module", None) or ""
            rooms = [module.removeprefix("marketplace.search.")]
            if module == "marketplace.search":
                rooms = [one.name for one in node.names]  # type: ignore[attr-defined]
            elif not module.startswith("marketplace.search."):
                rooms = []
            for room in (one.replace(".", "/") for one in rooms):
                is_package = (reading.FOLDER / room).is_dir()
                waiting += {f"{room}/__init__.py" if is_package else f"{room}.py"} - seen
    texts = {path.name for path in reading.FOLDER.glob("*.t[xs][tv]")}
    assert seen - {"port.py"} | texts == set(reading.RULES)


def test_a_removed_word_never_makes_a_question_fail_that_began_before(app: Flask) -> None:
    reading.take(rules.added([Entry(1, "blurik", "zamzuri", "")], {}.__contains__))
    (slug,) = meanings.concepts_of(("blurik",))
    reading.take([])
    assert meanings.concepts_of(("blurik",)) == ()
    assert LEXICON.ancestors(slug) == []
