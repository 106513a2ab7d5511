"""What names, addresses, passwords and targets must be like."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts import logins, rules


def codes(problems: list[rules.Problem]) -> set[tuple[str, str]]:
    return {(found.field, found.code) for found in problems}


DRAFT = rules.SignUpDraft(
    name="Dewi", login="dewi@example.org", password="tiga-kata-berbeda",
    language="id", adult=True, agreed=True,
)  # fmt: skip


def test_a_complete_draft_has_no_problem() -> None:
    assert rules.check_sign_up(DRAFT) == []


def test_every_problem_of_a_sign_up_is_told_at_once() -> None:
    empty = rules.SignUpDraft(
        name="", login="", password="", language="fr", adult=False, agreed=False
    )
    assert codes(rules.check_sign_up(empty)) == {
        ("name", "name_missing"),
        ("login", "login_missing"),
        ("password", "password_short"),
        ("language", "choice_missing"),
        ("adult", "adult_missing"),
        ("agreed", "agreed_missing"),
    }


@pytest.mark.parametrize(
    "email",
    ["a@b", "a b@example.org", "@example.org", "a@example.org\nBcc: x@example.org", "a@@b.org",
     "a@example..org", "a" * 250 + "@example.org", "a@example.o", "a,b@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(email: str) -> None:
    assert codes(logins.check_email(email)) == {("email", "email_malformed")}


@pytest.mark.parametrize(
    "email", ["dewi@example.org", "d.lestari+pasar@mail.kampus.ac.id", "o'neil@example.co"]
)
def test_an_ordinary_address_is_taken(email: str) -> None:
    assert logins.check_email(email) == []


def test_addresses_are_compared_without_case_and_width() -> None:
    assert logins.normal_email("  DEWI@Example.ORG ") == "dewi@example.org"


@pytest.mark.parametrize(
    "password",
    ["password", "password123", "12345678", "indonesia1", "rahasia2024", "aaaaaaaa", "11112222",
     "qwerty12", "Bismillah99", "abcdefgh", "DewiLestari", "dewi2001"],
)  # fmt: skip
def test_a_password_that_strangers_try_first_is_refused(password: str) -> None:
    problems = rules.check_password(password, "Dewi DewiLestari", "dewi@example.org")
    assert codes(problems) == {("password", "password_common")}


@pytest.mark.parametrize(
    "password",
    ["sapu lidi biru", "19870612", "kucing-meja-hujan", "hello sunshine monkey", "x1!" * 9],
)
def test_a_password_of_one_s_own_is_taken(password: str) -> None:
    assert rules.check_password(password, "Dewi", "dewi@example.org") == []


@pytest.mark.parametrize(
    ("length", "code"), [(7, "password_short"), (8, None), (128, None), (129, "password_long")]
)
def test_the_length_of_a_password_has_a_floor_and_a_cap(length: int, code: str | None) -> None:
    password = ("abkmzqtrw" * 20)[:length]
    found = {problem.code for problem in rules.check_password(password)}
    assert found == ({code} if code else set())


def test_a_name_is_one_line_of_what_can_be_shown() -> None:
    assert rules.normal_name(" Ibu\n  Sri\t") == "Ibu Sri"
    assert codes(rules.check_name("a" * 81)) == {("name", "too_long")}
    assert codes(rules.check_name("Ibu\u202eSri")) == {("name", "name_unreadable")}


def test_a_reach_that_is_not_offered_is_refused() -> None:
    draft = rules.ProfileDraft(name="Dewi", bio="x" * 1001, reach_km=7, language="en")
    assert codes(rules.check_profile(draft)) == {
        ("bio", "too_long"),
        ("reach_km", "choice_missing"),
    }


@pytest.mark.parametrize("target", ["/me", "/search?q=mesin+jahit&sort=nearest", "/", "/a/b#c"])
def test_a_path_of_this_site_is_a_safe_next_page(target: str) -> None:
    assert rules.safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "me",
        "",
        None,
        "/" + "a" * 600,
        "/\n/evil.example",
        "http:evil.example",
        " /me",
    ],
)
def test_open_redirect_only_paths_of_this_site_are_followed(target: str | None) -> None:
    assert rules.safe_next(target) is None


@given(st.text(alphabet="/\\:@.?#%\t\n\r abehtpsvil", max_size=30) | st.text(max_size=40))
def test_open_redirect_no_text_leads_to_another_site(target: str) -> None:
    found = rules.safe_next(target)
    if found is not None:
        # A browser drops tabs and newlines and reads a backslash as a slash.
        seen = found.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
        assert urlsplit(urljoin("https://here.example/sign-in", seen)).netloc == "here.example"


@pytest.mark.parametrize(
    ("user_agent", "summary"),
    [
        (
            "Mozilla/5.0 (Linux; Android 13) Chrome/126.0 Mobile Safari/537.36",
            ("Chrome", "Android"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1",
            ("Safari", "iPhone"),
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Firefox/127.0", ("Firefox", "Linux")),
        ("curl/8.0", ("", "")),
    ],
)
def test_a_device_is_named_as_people_know_it(user_agent: str, summary: tuple[str, str]) -> None:
    assert rules.device_summary(user_agent) == summary
