"""The ledger of erasures survives crashes, and a line too many does no harm."""

from datetime import UTC, datetime
from pathlib import Path

from marketplace.privacy.ledger import Entry, append, path_in, read

AT = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    path = path_in(tmp_path)
    append(path, [Entry("aaaaaaaaaaaa", AT)])
    append(path, [Entry("bbbbbbbbbbbb", AT), Entry("cccccccccccc", AT)])
    assert read(path) == [Entry(c * 12, AT) for c in "abc"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_file_means_that_nobody_was_erased(tmp_path: Path) -> None:
    assert read(path_in(tmp_path)) == []
    append(path_in(tmp_path), [])
    assert not path_in(tmp_path).exists()


def test_a_line_torn_by_a_crash_is_passed_over_and_the_next_stands_on_its_own(
    tmp_path: Path,
) -> None:
    path = path_in(tmp_path)
    append(path, [Entry("aaaaaaaaaaaa", AT)])
    with path.open("ab") as file:
        file.write(b'{"member": "bbbb\xff')
    append(path, [Entry("cccccccccccc", AT)])
    assert [entry.member[0] for entry in read(path)] == ["a", "c"]
