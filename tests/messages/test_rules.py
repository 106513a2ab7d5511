"""What may be said in one message."""

import pytest

from marketplace.messages import rules


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("", ["message_missing"]),
        (" \n\t ", ["message_missing"]),
        ("\u200b\u2066", ["message_missing"]),
        ("Halo", []),
        ("x" * rules.BODY_MAX, []),
        ("x" * (rules.BODY_MAX + 1), ["too_long"]),
    ],
)
def test_a_message_has_words_and_an_end(body: str, codes: list[str]):
    assert [problem.code for problem in rules.check(rules.tidy(body))] == codes


def test_line_breaks_stay_and_invisible_signs_go():
    assert rules.tidy("Halo\r\n\r\n\r\n\r\nBu\u202e Sari ") == "Halo\n\nBu  Sari"


def test_a_mail_is_due_once_until_it_was_read():
    assert rules.mail_due(told_message_id=0, read_message_id=0)
    assert not rules.mail_due(told_message_id=3, read_message_id=2)
    assert rules.mail_due(told_message_id=3, read_message_id=3)
