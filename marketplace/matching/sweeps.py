"""The sweep ``matching.refresh``."""

from typing import TYPE_CHECKING

from marketplace.matching.refresh import refresh_batch
from marketplace.search.port import IndexUnusable

if TYPE_CHECKING:
    from marketplace import Parts


def refresh(parts: "Parts") -> int:
    """One batch; 0 when nothing is due, or while the index cannot answer."""
    try:
        return refresh_batch(parts.search_index)
    except IndexUnusable:
        return 0
