"""Files of the embedded engine: how Whoosh stores documents, reads a segment, and merges."""

import struct
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

with warnings.catch_warnings():  # an invalid escape in one docstring of Whoosh 2.7.5
    warnings.simplefilter("ignore", SyntaxWarning)
    from whoosh import columns, fields, formats
    from whoosh.codec.whoosh3 import W3Codec
    from whoosh.filedb.filestore import FileStorage
    from whoosh.filedb.structfile import BufferFile
    from whoosh.index import FileIndex
    from whoosh.reading import SegmentReader, TermNotFound

from marketplace.search import segments
from marketplace.search.postings import PostingCache, Postings
from marketplace.search.terms import is_word
from marketplace.search.vocabulary import Vocabulary

BLOCK_POSTINGS = 1024  # read at once; posts are few words long, so lists matter, not skipping
BUFFER_MB = 64
FIELD_BYTES = 2  # of a key in the file of terms; the term follows
TERM_FREQUENCY = struct.Struct("!5xI")  # in what is noted of a term: how many documents hold it
MERGE_FACTOR = 2  # a segment joins the new one unless it is more than twice as large
MERGE_ALWAYS = 8  # documents; smaller segments than this are never worth a file
MERGE_MOST = 20_000  # documents; some fifteen seconds, in which the tail shows what is new


class Words(fields.FieldType):  # type: ignore[misc]
    """Indexed terms with their weights, which come ready: no analyser."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None)

    def index(self, value: Mapping[str, float], **_: Any) -> Iterator[tuple[Any, ...]]:
        for term, weight in value.items():
            yield _key(term), 1, weight, b""


class Facts(fields.FieldType):  # type: ignore[misc]
    """One packed record per document, kept as a column."""

    indexed = False

    def __init__(self) -> None:
        super().__init__(None, None, sortable=columns.FixedBytesColumn(segments.FACTS_BYTES))


def _key(term: str) -> bytes:
    """As it stands in the files; whatever is asked for can be looked up."""
    return term.encode(errors="surrogatepass")


class CopyingStorage(FileStorage):  # type: ignore[misc]
    """Reads files whole: a mapped file that is cut short kills the process that touches it."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), supports_mmap=False)

    def open_file(self, name: str, **_: Any) -> BufferFile:
        return BufferFile((Path(self.folder) / name).read_bytes(), name=name)


def open_segment(
    storage: FileStorage, stored: Any, name: str, cache: PostingCache
) -> segments.Segment:
    """A stored segment with its facts in memory; postings are read when they are asked for."""
    codec = stored.codec()
    files = stored.open_compound_file(storage) if stored.is_compound() else storage
    column = columns.FixedBytesColumn(segments.FACTS_BYTES)
    records = codec.per_document_reader(files, stored).column_reader("facts", column)
    terms = codec.terms_reader(files, stored)

    def read(term: str) -> Postings:
        try:
            info = terms.term_info("words", _key(term))
        except TermNotFound:
            return np.array([], np.int32), np.array([], np.float32)
        if info.is_inlined():
            numbers, weights, _ = info.inlined_postings()
            return np.array(numbers, np.int32), np.array(weights, np.float32)
        return _whole_blocks(codec.postings_reader(terms._postfile, info, formats.Existence()))

    def count(term: str) -> int:
        try:
            return int(terms.term_info("words", _key(term)).doc_frequency())
        except TermNotFound:
            return 0

    def counts() -> dict[str, int]:
        return {key.decode(errors="surrogatepass"): number for key, number in _noted(terms)}

    readers = segments.Readers(read, count, counts, lambda: _vocabulary(terms))
    return segments.Segment(name, b"".join(records), readers, cache)


def _whole_blocks(matcher: Any) -> Postings:
    """All postings of a term, block by block: one by one takes twenty times as long.

    A block holds the differences of the numbers, and the weights, or one when all are equal.
    """
    numbers, weights = [], []
    while matcher.is_active():
        matcher._read_data()
        steps, own, _ = matcher._data
        numbers.append(np.cumsum(np.array(steps, np.int64)).astype(np.int32))
        own = 1.0 if own is None else own
        weights.append(np.broadcast_to(np.array(own, np.float32), len(steps)))
        matcher._next_block()
    return np.concatenate(numbers), np.concatenate(weights)


def _noted(terms: Any) -> Iterator[tuple[bytes, int]]:
    """Every term as it stands in the files, and how many documents hold it, dead or alive."""
    for key, value in terms._tindex.items():
        yield key[FIELD_BYTES:], TERM_FREQUENCY.unpack_from(value)[0]


def _vocabulary(terms: Any) -> Vocabulary:
    """The words of a segment, without the marked terms between them, as they lie in the file."""
    said = ((key.decode(errors="surrogatepass"), number) for key, number in _noted(terms))
    found = sorted((term, number) for term, number in said if term and is_word(term))
    return Vocabulary([word for word, _ in found], [number for _, number in found])


def open_writer(index: FileIndex, timeout: float) -> Any:
    codec = W3Codec(blocklimit=BLOCK_POSTINGS, compression=0)
    codec.length_stats = False  # lengths are among the facts; Whoosh would look them up per posting
    return index.writer(timeout=timeout, codec=codec, limitmb=BUFFER_MB)


def merge(writer: Any, stored: list[Any]) -> list[Any]:
    """Few segments: the new one swallows all that are not much larger, or mostly dead, the
    smallest first, until it has as many documents as may hold up the next commit."""
    kept, size = [], writer.doc_count()
    living = (one for one in stored if one.doc_count())
    for segment in sorted(living, key=lambda one: one.doc_count()):
        alive = segment.doc_count()
        small = alive <= max(MERGE_ALWAYS, MERGE_FACTOR * size)
        if (small or 2 * alive < segment.doc_count_all()) and size + alive <= MERGE_MOST:
            size += alive
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
        else:
            kept.append(segment)
    return kept
