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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

with warnings.catch_warnings():  # an invalid escape in one docstring of Whoosh 2.7.5
    warnings.simplefilter("ignore", SyntaxWarning)
    from whoosh import columns, fields, formats
    from whoosh.codec.whoosh3 import W3Codec
    from whoosh.filedb.filestore import FileStorage
    from whoosh.filedb.structfile import BufferFile
    from whoosh.index import TOC, FileIndex
    from whoosh.reading import SegmentReader, TermNotFound
    from whoosh.util.filelock import try_for

from marketplace.search import arrays, scoring
from marketplace.search.builds import Builds
from marketplace.search.port import (
    CorpusStats,
    Document,
    IndexBusy,
    IndexUnusable,
    Query,
    Results,
    newest_of,
)
from marketplace.search.snapshot import Snapshot

log = logging.getLogger(__name__)

NAME = "MAIN"
_COMMIT = re.compile(rf"_{NAME}_([0-9]+)\.toc")
WRITING = "WRITING"  # name of the lock
LOCK_SECONDS = 10.0  # how long a writer waits for another one
READ_TRIES = 10  # a commit may delete a segment between our reading its name and its file
READ_PAUSE_SECONDS = 0.02
BLOCK_POSTINGS = 1024  # read at once; posts are few words long, so lists matter, not skipping
BUFFER_MB = 64
# What a full disk, a quota or too many open files say: no reason to build anew.
NO_DAMAGE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE}
MERGE_FACTOR = 2  # a segment joins the new one unless it is more than twice as large
MERGE_ALWAYS = 8  # documents; smaller segments than this are never worth a file


class Words(fields.FieldType):  # type: ignore[misc]
    """Indexed terms with their weights, which come ready: no analyser."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None)

    def index(self, value: Mapping[str, float], **_: Any) -> Iterator[tuple[Any, ...]]:
        for term, weight in value.items():
            yield term.encode(), 1, weight, b""


class Facts(fields.FieldType):  # type: ignore[misc]
    """One packed record per document, kept as a column."""

    indexed = False

    def __init__(self) -> None:
        super().__init__(None, None, sortable=columns.FixedBytesColumn(arrays.FACTS_BYTES))


class _CopyingStorage(FileStorage):  # type: ignore[misc]
    """Reads files whole: a mapped file that is cut short kills the process that touches it."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), supports_mmap=False)

    def open_file(self, name: str, **_: Any) -> BufferFile:
        return BufferFile((Path(self.folder) / name).read_bytes(), name=name)


class WhooshIndex:
    """A ``SearchIndex`` in a folder. Any number of processes read, one at a time writes."""

    def __init__(self, folder: Path, lock_seconds: float = LOCK_SECONDS) -> None:
        self._builds, self._lock_seconds = Builds(Path(folder)), lock_seconds
        self._snapshot: Snapshot | None = None
        self._refreshing = threading.Lock()
        self._cache = arrays.PostingCache()

    # Reading

    def search(self, query: Query) -> Results:
        with self._noticing_damage():
            snapshot = self._latest()
            stats = snapshot.stats(scoring.terms_of(query.groups))
            plan = scoring.plan(query.groups, stats, query.weights)
            return arrays.search(snapshot.views, query, plan)

    def stats(self, terms: Collection[str]) -> CorpusStats:
        with self._noticing_damage():
            return self._latest().stats(terms)

    def revisions(self) -> dict[int, int]:
        with self._noticing_damage():
            return self._latest().revisions()

    def usable(self) -> bool:
        try:
            with self._noticing_damage():
                build = self._latest().build
        except IndexUnusable:
            return False
        return not self._builds.is_broken(build)

    def close(self) -> None:
        self._snapshot, self._cache = None, arrays.PostingCache()

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
        if generation < 0:
            raise IndexUnusable("the index has lost its table of contents")
        storage = _CopyingStorage(self._builds.path(build))
        reusable = known.segments() if known else {}
        views = []
        for stored in TOC.read(storage, NAME, gen=generation).segments:
            name = f"{build}/{stored.segment_id()}"
            segment = reusable.get(name) or self._open(storage, stored, name)
            live = np.ones(len(segment), np.bool_)
            live[list(stored.deleted_docs())] = False
            views.append(arrays.View(segment, live))
        return Snapshot(build, generation, tuple(views))

    def _open(self, storage: FileStorage, stored: Any, name: str) -> arrays.Segment:
        codec = stored.codec()
        files = stored.open_compound_file(storage) if stored.is_compound() else storage
        column = columns.FixedBytesColumn(arrays.FACTS_BYTES)
        records = codec.per_document_reader(files, stored).column_reader("facts", column)
        terms = codec.terms_reader(files, stored)

        def read(term: str) -> arrays.Postings:
            numbers, weights = [], []
            with contextlib.suppress(TermNotFound):
                matcher = terms.matcher("words", term.encode(), formats.Existence())
                while matcher.is_active():
                    numbers.append(matcher.id())
                    weights.append(matcher.weight())
                    matcher.next()
            return np.array(numbers, np.int32), np.array(weights, np.float32)

        return arrays.Segment(name, b"".join(records), read, self._cache)

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
            with _closing(_writer(index, self._lock_seconds)) as writer:
                for number in outdated:
                    writer.delete_document(number)
                for document in fresh:
                    writer.add_document(words=document.words, facts=arrays.pack(document))
                writer.commit(mergetype=_merge)

    def rebuild(
        self, documents: Iterable[Document], progress: Callable[[int], None] | None = None
    ) -> int:
        self._builds.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._writing():
            build, count = self._builds.new(), 0
            storage = FileStorage(str(self._builds.path(build))).create()
            schema = fields.Schema(words=Words(), facts=Facts())
            index = storage.create_index(schema, indexname=NAME)
            with _closing(_writer(index, self._lock_seconds)) as writer:
                for document in documents:
                    writer.add_document(words=document.words, facts=arrays.pack(document))
                    count += 1
                    if progress:
                        progress(count)
                writer.commit(mergetype=_merge)
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


def _writer(index: FileIndex, timeout: float) -> Any:
    codec = W3Codec(blocklimit=BLOCK_POSTINGS, compression=0)
    codec.length_stats = False  # lengths are among the facts; Whoosh would look them up per posting
    return index.writer(timeout=timeout, codec=codec, limitmb=BUFFER_MB)


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


def _merge(writer: Any, segments: list[Any]) -> list[Any]:
    """Few segments: the new one swallows all that are not much larger, the smallest first."""
    kept, size = [], writer.doc_count()
    alive = (one for one in segments if one.doc_count())
    for segment in sorted(alive, key=lambda one: one.doc_count()):
        if segment.doc_count() <= max(MERGE_ALWAYS, MERGE_FACTOR * size):
            size += segment.doc_count()
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
        else:
            kept.append(segment)
    return kept
