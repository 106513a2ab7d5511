from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.search.whoosh_index import WhooshIndex
from tests.search.contract.suite import SearchIndexContract


class TestWhooshIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[WhooshIndex]:
        index = WhooshIndex(tmp_path / "index")
        index.rebuild([])
        yield index
        index.close()
