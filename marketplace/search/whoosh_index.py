"""The embedded engine: Whoosh keeps the postings on disk, ``arrays`` searches them in memory.

A rebuild is written beside and swapped by one rename (``builds``). Segment files are read whole,
never mapped, so that a folder that vanishes or is damaged under use can end neither a search nor
the process. Nothing is synced to disk: after a power failure the index may be unusable, which is
noticed, and then it is rebuilt.
"""

import contextlib
import errno
import logging
import re
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

with warnings.catch_warnings():  # an invalid escape in one docstring of Whoosh 2.7.5
    warnings.simplefilter("ignore", SyntaxWarning)
    from whoosh import fields
    from whoosh.filedb.filestore import FileStorage
    from whoosh.index import TOC, FileIndex
    from whoosh.util.filelock import try_for

from marketplace.search import array_facets, arrays, scoring, segments
from marketplace.search.builds import Builds
from marketplace.search.port import (
    CorpusStats,
    Document,
    Facets,
    IndexBusy,
    IndexFacts,
    IndexUnusable,
    Query,
    Reach,
    Results,
    newest_of,
)
from marketplace.search.postings import PostingCache
from marketplace.search.snapshot import Snapshot
from marketplace.search.whoosh_files import (
    CopyingStorage,
    Facts,
    Words,
    merge,
    open_segment,
    open_writer,
)

log = logging.getLogger(__name__)

NAME = "MAIN"
_COMMIT = re.compile(rf"_{NAME}_([0-9]+)\.toc")
WRITING = "WRITING"  # name of the lock
LOCK_SECONDS = 10.0  # how long a writer waits for another one
READ_TRIES = 10  # a commit may delete a segment between our reading its name and its file
READ_PAUSE_SECONDS = 0.02
# What a full disk, a quota or too many open files say: no reason to build anew.
NO_DAMAGE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE}


class WhooshIndex:
    """A ``SearchIndex`` in a folder. Any number of processes read, one at a time writes."""

    counts_to: int | None = None

    def __init__(self, folder: Path, lock_seconds: float = LOCK_SECONDS) -> None:
        self._builds, self._lock_seconds = Builds(Path(folder)), lock_seconds
        self._snapshot: Snapshot | None = None
        self._refreshing = threading.Lock()
        self._cache = PostingCache()

    # Reading

    def search(self, query: Query) -> Results:
        with self._noticing_damage():
            snapshot = self._latest()
            stats = snapshot.stats(scoring.terms_of(query.groups))
            plan = scoring.plan(query.groups, stats, query.weights)
            return arrays.search(snapshot.views, query, plan)

    def facets(self, query: Query, reaches: Sequence[Reach] = ()) -> Facets:
        with self._noticing_damage():
            snapshot = self._latest()
            stats = snapshot.stats(scoring.terms_of(query.groups))
            plan = scoring.plan(query.groups, stats, query.weights)
            return array_facets.facets(snapshot.views, query, plan, reaches)

    def completions(self, start: str, most: int) -> list[str]:
        with self._noticing_damage():
            return self._latest().completions(start, most)

    def neighbours(self, word: str, most: int) -> list[str]:
        with self._noticing_damage():
            return self._latest().neighbours(word, most)

    def stats(self, terms: Collection[str]) -> CorpusStats:
        with self._noticing_damage():
            return self._latest().stats(terms)

    def revisions(self) -> dict[int, int]:
        with self._noticing_damage():
            return self._latest().revisions()

    def facts(self) -> IndexFacts:
        with self._noticing_damage():
            snapshot = self._latest()
            size, changed = self._builds.size_and_age(snapshot.build)
            committed = datetime.fromtimestamp(changed, UTC)
            return IndexFacts("Whoosh", snapshot.documents, committed, size)

    def usable(self) -> bool:
        try:
            with self._noticing_damage():
                build = self._latest().build
        except IndexUnusable:
            return False
        return not self._builds.is_broken(build)

    def close(self) -> None:
        self._snapshot, self._cache = None, PostingCache()

    @contextlib.contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """Turn whatever a damaged file makes Whoosh raise into IndexUnusable, and leave word."""
        try:
            yield
        except (IndexUnusable, IndexBusy):
            raise
        except Exception as error:
            log.exception("the search index cannot be used")
            if not (isinstance(error, OSError) and error.errno in NO_DAMAGE):
                self._builds.mark_broken()
                self._snapshot = None
            raise IndexUnusable(f"{type(error).__name__}: {error}") from error

    def _latest(self) -> Snapshot:
        """The snapshot of the last commit; only what is new is read from disk."""
        build = self._builds.current()
        if not build:
            raise IndexUnusable("there is no index yet")
        known = self._snapshot
        if known and (known.build, known.generation) == (build, self._generation(build)):
            return known
        with self._refreshing:
            for tries_left in reversed(range(READ_TRIES)):
                try:
                    self._snapshot = fresh = self._load(self._builds.current())
                    return fresh
                except FileNotFoundError:
                    if not tries_left:
                        raise
                    time.sleep(READ_PAUSE_SECONDS)
        raise AssertionError("not reached")

    def _generation(self, build: str) -> int:
        """Number of the last commit; -1 when there is none."""
        numbers = [-1]
        with contextlib.suppress(FileNotFoundError):
            for path in self._builds.path(build).iterdir():
                if found := _COMMIT.fullmatch(path.name):
                    numbers.append(int(found[1]))
        return max(numbers)

    def _load(self, build: str) -> Snapshot:
        known = self._snapshot
        generation = self._generation(build)
        if known and (known.build, known.generation) == (build, generation):
            return known
        if generation < 0 and build != self._builds.current():
            raise FileNotFoundError(build)  # replaced since we read its name
        if generation < 0:
            raise IndexUnusable("the index has lost its table of contents")
        storage = CopyingStorage(self._builds.path(build))
        reusable = known.by_segment() if known else {}
        views = []
        for stored in TOC.read(storage, NAME, gen=generation).segments:
            name, deleted = f"{build}/{stored.segment_id()}", frozenset(stored.deleted_docs())
            view = reusable.get(name)
            if view is None:
                view = segments.View(open_segment(storage, stored, name, self._cache), deleted)
            elif view.deleted != deleted:
                view = segments.View(view.segment, deleted)
            views.append(view)
        return Snapshot(build, generation, tuple(views))

    # Writing

    def apply(self, upserts: Iterable[Document], removals: Collection[int] = ()) -> None:
        newest, leaving = newest_of(upserts), set(removals)
        with self._writing(), self._noticing_damage():
            snapshot = self._latest()
            held = snapshot.held(newest.keys() | leaving)
            fresh = [
                document
                for document in newest.values()
                if document.id in leaving
                or document.id not in held
                or held[document.id][1] <= document.revision
            ]
            leaving |= {document.id for document in fresh}
            outdated = [number for one, (number, _) in held.items() if one in leaving]
            if not fresh and not outdated:
                return
            index = FileIndex(FileStorage(str(self._builds.path(snapshot.build))), indexname=NAME)
            with _closing(open_writer(index, self._lock_seconds)) as writer:
                for number in outdated:
                    writer.delete_document(number)
                for document in fresh:
                    writer.add_document(words=document.words, facts=segments.pack(document))
                writer.commit(mergetype=merge)

    def rebuild(
        self, documents: Iterable[Document], progress: Callable[[int], None] | None = None
    ) -> int:
        self._builds.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._writing():
            build, count = self._builds.new(), 0
            storage = FileStorage(str(self._builds.path(build))).create()
            schema = fields.Schema(words=Words(), facts=Facts())
            index = storage.create_index(schema, indexname=NAME)
            with _closing(open_writer(index, self._lock_seconds)) as writer:
                for document in documents:
                    writer.add_document(words=document.words, facts=segments.pack(document))
                    count += 1
                    if progress:
                        progress(count)
                writer.commit(mergetype=merge)
            self._builds.use(build)
        return count

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock of all builds; the system frees it when a process dies."""
        if not self._builds.folder.is_dir():
            raise IndexUnusable("there is no index yet")
        lock = FileStorage(str(self._builds.folder)).lock(WRITING)
        if not try_for(lock.acquire, timeout=self._lock_seconds, delay=0.05):
            raise IndexBusy("another process is writing to the search index")
        try:
            yield
        finally:
            lock.release()


@contextlib.contextmanager
def _closing(writer: Any) -> Iterator[Any]:
    """Give the writer up when something goes wrong before its commit."""
    try:
        yield writer
    except BaseException:
        with contextlib.suppress(Exception):
            if not writer.is_closed:
                writer.cancel()
        raise
