"""The postings read last, kept in memory. Pure."""

import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

POSTINGS_KEPT = 4_000_000  # of 8 bytes each, over all segments of an index
POSTINGS_APART = 60  # as many take the memory that a list takes beside what is in it

Postings = tuple[NDArray[np.int32], NDArray[np.float32]]


class PostingCache:
    """The postings read last, of all segments of an index; safe between threads.

    ``lock`` is held while anything of a segment's files is read.
    """

    def __init__(self, most: int = POSTINGS_KEPT) -> None:
        self._kept: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._most, self._held = most, 0
        self.lock = threading.Lock()

    def get(self, key: tuple[str, str], read: Callable[[], Postings]) -> Postings:
        """What ``read`` gives for this key (segment, term); read once while there is room."""
        with self.lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            found = read()
            self._kept[key] = found
            self._held += len(found[0]) + POSTINGS_APART
            while self._held > self._most and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._held -= len(oldest[0]) + POSTINGS_APART
            return found
