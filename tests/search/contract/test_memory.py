import pytest

from marketplace.search.memory_index import MemoryIndex
from tests.search.contract.suite import SearchIndexContract


class TestMemoryIndex(SearchIndexContract):
    @pytest.fixture
    def index(self) -> MemoryIndex:
        return MemoryIndex()
