"""Files of the embedded engine: how Whoosh stores documents, reads a segment, and merges."""

import contextlib
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
from marketplace.search.terms import is_word

BLOCK_POSTINGS = 1024  # read at once; posts are few words long, so lists matter, not skipping
BUFFER_MB = 64
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
        super().__init__(None, None, sortable=columns.FixedBytesColumn(segments.FACTS_BYTES))


class CopyingStorage(FileStorage):  # type: ignore[misc]
    """Reads files whole: a mapped file that is cut short kills the process that touches it."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), supports_mmap=False)

    def open_file(self, name: str, **_: Any) -> BufferFile:
        return BufferFile((Path(self.folder) / name).read_bytes(), name=name)


def open_segment(
    storage: FileStorage, stored: Any, name: str, cache: segments.PostingCache
) -> segments.Segment:
    """A stored segment with its facts in memory; postings are read when they are asked for."""
    codec = stored.codec()
    files = stored.open_compound_file(storage) if stored.is_compound() else storage
    column = columns.FixedBytesColumn(segments.FACTS_BYTES)
    records = codec.per_document_reader(files, stored).column_reader("facts", column)
    terms = codec.terms_reader(files, stored)

    def read(term: str) -> segments.Postings:
        numbers, weights = [], []
        with contextlib.suppress(TermNotFound):
            matcher = terms.matcher("words", term.encode(), formats.Existence())
            while matcher.is_active():
                numbers.append(matcher.id())
                weights.append(matcher.weight())
                matcher.next()
        return np.array(numbers, np.int32), np.array(weights, np.float32)

    words = sorted(filter(is_word, (term.decode() for _, term in terms.terms())))
    return segments.Segment(name, b"".join(records), (read, cache), words)


def open_writer(index: FileIndex, timeout: float) -> Any:
    codec = W3Codec(blocklimit=BLOCK_POSTINGS, compression=0)
    codec.length_stats = False  # lengths are among the facts; Whoosh would look them up per posting
    return index.writer(timeout=timeout, codec=codec, limitmb=BUFFER_MB)


def merge(writer: Any, stored: list[Any]) -> list[Any]:
    """Few segments: the new one swallows all that are not much larger, the smallest first."""
    kept, size = [], writer.doc_count()
    alive = (one for one in stored if one.doc_count())
    for segment in sorted(alive, key=lambda one: one.doc_count()):
        if segment.doc_count() <= max(MERGE_ALWAYS, MERGE_FACTOR * size):
            size += segment.doc_count()
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
        else:
            kept.append(segment)
    return kept
