"""Words that staff add to the lexicon of their site.

They hold from the next question on, in every process: each looks whether anything changed before
it reads a question. The posts follow by the sweep ``search.analyse``.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from marketplace.accounts.audit import record
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.listings.rules import one_line
from marketplace.permissions import require
from marketplace.search import reading
from marketplace.search import synonym_rules as rules
from marketplace.search.lexicon import LEXICON, Concept
from marketplace.search.meanings import WRITTEN
from marketplace.search.meanings import meaning_of as read_meaning
from marketplace.search.models import Synonym
from marketplace.search.port import IndexUnusable, Query, SearchIndex
from marketplace.search.stopwords import WORDS
from marketplace.search.synonym_rules import Entry, Phrase, SynonymDraft

Slugs = tuple[str, ...]
MOST = 500  # words of one site; more are for the lexicon itself
PER_PAGE = 25
REMOVED_SHOWN = 5

LOOKED_SECONDS = 1.0  # for so long another process may answer by the words of before

_taking = threading.Lock()
_taken: Any = None  # what the table said when its words were taken up
_looked_at = 0.0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a word or phrase. ``posts``: open ones that hold all its words, None while
    the index cannot say."""

    words: str
    says_nothing: bool
    meanings: tuple[Concept, ...]
    posts: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the words in force, by the alphabet. ``posts``: by row."""

    rows: Sequence[Synonym]
    posts: Mapping[int, int | None]
    removed: Sequence[Synonym]
    total: int
    page: int
    pages: int


def take_up(at_once: bool = False) -> None:
    """Let the words of this site hold in this process, when they are others than before. Looks
    once a second, unless ``at_once``."""
    global _taken, _looked_at
    if not at_once and time.monotonic() - _looked_at < LOOKED_SECONDS:
        return
    _looked_at = time.monotonic()
    now = db.session.execute(select(func.sum(Synonym.version), func.max(Synonym.changed_at))).one()
    if tuple(now) == _taken:
        return
    with _taking:
        rows = db.session.scalars(_present())
        entries = [Entry(row.id, row.words, row.same_as, row.concept) for row in rows]
        reading.take(rules.added(entries, LEXICON.files.concepts.__contains__))
        _taken = tuple(now)


def look_up(index: SearchIndex, text: str, row: Synonym | None = None) -> Known | None:
    """What a word or phrase means without ``row``, and how many posts hold it; None for nothing
    readable."""
    take_up()
    phrase = rules.phrase_of(text)
    if not phrase:
        return None
    meanings = tuple(LEXICON.concepts[slug] for slug in _meanings(phrase, row))
    return Known(one_line(text), rules.says_nothing(phrase), meanings, _posts(index, phrase))


def meaning_of(row: Synonym) -> Concept | None:
    """The concept of the lexicon that a row names, if it is (still) there."""
    return LEXICON.files.concepts.get(row.concept)


def page_of(actor: Member, index: SearchIndex, page: int) -> Page:
    """The words in force with the number of open posts that hold them, and what was removed."""
    require(actor, "search.edit_words")
    take_up()
    total = _number_present()
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.scalars(
        _present().order_by(Synonym.phrase).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    ).all()
    removed = db.session.scalars(
        select(Synonym)
        .where(Synonym.removed_at.is_not(None))
        .order_by(Synonym.removed_at.desc(), Synonym.id.desc())
        .limit(REMOVED_SHOWN)
    ).all()
    posts = {row.id: _posts(index, tuple(row.phrase.split())) for row in rows}
    return Page(rows, posts, removed, total, page, pages)


def find_synonym(public_id: str) -> Synonym:
    """A word in force; NotFound for any other."""
    row: Synonym | None = db.session.scalar(_present().where(Synonym.public_id == public_id))
    if row is None:
        raise NotFound("synonym")
    return row


def add_synonym(actor: Member, draft: SynonymDraft) -> Synonym:
    """Let a word mean something from now on. Raises Invalid, for one that is there already too."""
    require(actor, "search.edit_words")
    with _changing() as session:
        row = Synonym()
        _write(row, draft)
        if _number_present() >= MOST:
            raise Invalid([Problem("words", "too_many_words", {"max": MOST})])
        session.add(row)
        session.flush()
        record(actor, "search.add_word", thing=_thing(row), **_told(row))
    return row


def change_synonym(actor: Member, public_id: str, draft: SynonymDraft) -> Synonym:
    """Let it be another word, or mean something else. Raises Invalid."""
    require(actor, "search.edit_words")
    with _changing() as session:
        row = _locked(public_id)
        before = _told(row)
        _write(row, draft)
        session.flush()
        record(actor, "search.change_word", thing=_thing(row), before=before, **_told(row))
    return row


def remove_synonym(actor: Member, public_id: str) -> Synonym:
    """From now on the word means what it meant before. Twice is once; can be undone."""
    require(actor, "search.edit_words")
    with _changing():
        row = _locked(public_id)
        if row.removed_at is None:
            row.removed_at = utcnow()
            record(actor, "search.remove_word", thing=_thing(row), **_told(row))
    return row


def restore_synonym(actor: Member, public_id: str) -> Synonym:
    """Undo a removal; twice is once. Conflict when the word was added anew, or there is no room."""
    require(actor, "search.edit_words")
    with _changing():
        row = _locked(public_id)
        if row.removed_at is not None:
            if _is_there(row.phrase, row) or _number_present() >= MOST:
                raise Conflict("word_is_there")
            row.removed_at = None
            record(actor, "search.restore_word", thing=_thing(row), **_told(row))
    return row


def _write(row: Synonym, draft: SynonymDraft) -> None:
    """Fill the row, when nothing is wrong with the draft; Invalid otherwise."""
    take_up(at_once=True)
    known, possible = (
        _meanings(rules.phrase_of(text), row) for text in (draft.words, draft.same_as)
    )
    problems = rules.check(draft, known, possible)
    phrase = " ".join(rules.phrase_of(draft.words))
    if not problems and _is_there(phrase, row):
        problems = [Problem("words", "word_is_there", {"words": phrase})]
    if problems:
        raise Invalid(problems)
    concept = rules.concept_of(draft, possible) or ""
    row.words, row.same_as = one_line(draft.words), one_line(draft.same_as)
    row.phrase, row.same_phrase = phrase, " ".join(rules.phrase_of(draft.same_as))
    row.concept = "" if concept.startswith(rules.LOCAL) else concept
    row.changed_at = utcnow()


def _meanings(phrase: Phrase, row: Synonym | None) -> Slugs:
    """What a phrase means without this row and those that say the same as others only; what may
    be guessed by its sound or its root does not count, staff know better."""
    meant = read_meaning(phrase)
    found = meant.concepts if meant.sure == WRITTEN else ()
    if row is None or row.id is None:
        return found
    own = row.concept if " ".join(phrase) == row.phrase else ""
    return tuple(one for one in found if one != own and not one.startswith(rules.LOCAL))


def _is_there(phrase: str, row: Synonym) -> bool:
    """Whether another row in force says something of this phrase."""
    others = _present().where(Synonym.phrase == phrase)
    with db.session.no_autoflush:
        return any(one is not row for one in db.session.scalars(others))


def _present() -> Any:
    """Select the words in force."""
    return select(Synonym).where(Synonym.removed_at.is_(None))


def _number_present() -> int:
    with db.session.no_autoflush:
        return db.session.scalar(select(func.count()).select_from(_present().subquery())) or 0


def _locked(public_id: str) -> Synonym:
    chosen = select(Synonym).where(Synonym.public_id == public_id).with_for_update()
    row = db.session.scalar(chosen)
    if row is None:
        raise NotFound("synonym")
    return row


@contextlib.contextmanager
def _changing() -> Iterator[scoped_session[Session]]:
    """A transaction; this process takes up what it changed with the next question. Two members of
    staff may add the same word at the same moment."""
    global _looked_at
    try:
        with transaction() as session:
            yield session
        _looked_at = 0.0
    except IntegrityError:
        raise Invalid([Problem("words", "word_is_there", {"words": ""})]) from None


def _posts(index: SearchIndex, phrase: Phrase) -> int | None:
    """How many open posts of the index hold all these words."""
    groups = tuple(((word, 1.0),) for word in dict.fromkeys(phrase) if word not in WORDS)
    try:
        return index.search(Query(now=utcnow(), groups=groups, needed=1.0, limit=1)).total
    except IndexUnusable:
        return None


def _thing(row: Synonym) -> str:
    return f"word:{row.phrase}"


def _told(row: Synonym) -> dict[str, Any]:
    return {"words": row.words, "same_as": row.same_as, "concept": row.concept}
