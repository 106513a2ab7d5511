"""What every page promises, whatever feature it belongs to."""

import errno
import logging
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.config import Settings
from marketplace.db import db
from marketplace.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from marketplace.listings.answer_links import answer_token
from tests import factories

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# RFC 8058: a mail program posts without a cookie.
ONE_CLICK = {"notifications.turn_off", "searches.turn_off"}


def concrete(rule: str) -> str:
    """A URL for a rule, with placeholders filled with something that does not exist."""
    rule = re.sub(r"<int[^>]*>", "999999", rule)
    return re.sub(r"<[^>]+>", "zzzzzzzzzzzz", rule)


def test_scripts_run_only_with_the_nonce_of_the_response(client: FlaskClient) -> None:
    policies = [client.get("/about").headers["Content-Security-Policy"] for _ in range(2)]
    nonces = [re.search(r"'nonce-([^']+)'", policy).group(1) for policy in policies]  # type: ignore[union-attr]
    assert nonces[0] != nonces[1]
    assert "unsafe-inline" not in policies[0]
    assert "unsafe-eval" not in policies[0]


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/about", "/no-such-page", "/healthz"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path


def test_a_foreign_host_header_is_refused(client: FlaskClient) -> None:
    assert client.get("/about", headers={"Host": "evil.example"}).status_code == 400


def test_every_unsafe_route_refuses_a_request_without_its_token(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(WTF_CSRF_ENABLED=True)
    client = app.test_client()
    tried = 0
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & set(UNSAFE)):
            if rule.endpoint in ONE_CLICK:
                continue
            answer = client.open(concrete(rule.rule), method=method)
            assert answer.status_code == 400, (method, rule.rule, answer.status_code)
            tried += 1
    assert tried > 10


def test_a_request_that_says_it_comes_from_another_site_is_refused(app: Flask) -> None:
    client = app.test_client()
    headers = {"Origin": "https://evil.example"}
    assert client.post("/language", data={"language": "en"}, headers=headers).status_code == 403
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/language", data={"language": "en"}, headers=headers).status_code == 403


def test_a_site_behind_a_proxy_takes_posts_from_its_own_address(
    make_app: Callable[..., Flask], settings: Settings
) -> None:
    """The proxy speaks HTTPS to the browser and plain HTTP to us."""
    app = make_app(replace(settings, site_url="https://lumbung.example.org"))
    headers = {"Host": "lumbung.example.org", "Origin": "https://lumbung.example.org"}
    answer = app.test_client().post("/language", data={"language": "en"}, headers=headers)
    assert answer.status_code in (302, 303)
    headers["Origin"] = "https://evil.example"
    answer = app.test_client().post("/language", data={"language": "en"}, headers=headers)
    assert answer.status_code == 403


def test_an_unknown_page_answers_in_the_readers_language(client: FlaskClient) -> None:
    indonesian = client.get("/no-such-page", headers={"Accept-Language": "id"})
    english = client.get("/no-such-page", headers={"Accept-Language": "en"})
    assert (indonesian.status_code, english.status_code) == (404, 404)
    assert 'lang="id"' in indonesian.text
    assert 'lang="en"' in english.text
    assert indonesian.text != english.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(), 404),
        (NotAllowed(), 403),
        (Conflict("closed"), 409),
        (Invalid([Problem("title", "required")]), 422),
    ],
)
def test_each_domain_error_has_one_status(
    make_app: Callable[..., Flask], error: Exception, status: int
) -> None:
    app = make_app()

    def fail() -> str:
        raise error

    app.add_url_rule("/fail", "fail", fail)
    app.add_url_rule("/api/v1/fail", "api_fail", fail)
    client = app.test_client()
    assert client.get("/fail").status_code == status
    answer = client.get("/api/v1/fail")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == status


def test_a_bug_shows_no_detail(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    def fail() -> str:
        raise RuntimeError("the secret detail")

    app.add_url_rule("/fail", "fail", fail)
    answer = app.test_client().get("/fail")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


def test_a_locked_database_asks_to_come_back(make_app: Callable[..., Flask]) -> None:
    from sqlalchemy.exc import OperationalError

    app = make_app()

    def fail() -> str:
        raise OperationalError("SELECT 1", {}, Exception("database is locked"))

    app.add_url_rule("/fail", "fail", fail)
    answer = app.test_client().get("/fail")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_pages_of_a_member_are_never_cached(
    app: Flask, alice: object, as_member: Callable[..., FlaskClient]
) -> None:
    assert "no-store" in as_member(alice).get("/me").headers["Cache-Control"]


def test_a_request_that_is_too_large_is_refused(client: FlaskClient) -> None:
    body = b"x" * (10 * 1024 * 1024)
    assert client.post("/language", data=body, content_type="text/plain").status_code in (413, 400)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/password/reset/{}"),
        ("GET", "/email/confirm/{}"),
        ("GET", "/notifications/off/{}"),
        ("POST", "/email/confirm/{}"),
        ("GET", "/password/reset/{}/"),
    ],
)
def test_the_token_of_a_mailed_link_is_in_no_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    with caplog.at_level(logging.INFO, logger="marketplace"):
        client.open(path.format("s3cret-t0ken"), method=method)
    logged = [str(vars(record)) for record in caplog.records if "access" in record.name]
    assert logged
    assert "s3cret-t0ken" not in "".join(logged)


def test_a_search_is_in_no_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="marketplace"):
        client.get("/search?q=obat+hati")
    logged = "".join(str(vars(record)) for record in caplog.records if "access" in record.name)
    assert "'/search'" in logged
    assert "obat" not in logged


def test_an_error_of_the_database_is_logged_without_what_was_written(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    from sqlalchemy import text

    from marketplace.db import db

    with app.app_context(), pytest.raises(Exception, match="no_such_table") as caught:
        db.session.execute(text("INSERT INTO no_such_table VALUES (:v)"), {"v": "siti@example.org"})
    assert "siti@example.org" not in str(caught.value)


@pytest.mark.parametrize("path", ["/listings/a%00b", "/members/%00", "/api/v1/listings/%00"])
def test_no_page_has_a_nul_in_its_address(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_nul_that_is_sent_along_is_refused_before_any_query(app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    assert client.get("/search?q=a&area=%00").status_code == 400
    assert client.post("/sign-in", data={"login": "a\0@example.org"}).status_code == 400
    cell = {"Cookie": 'area="868c10007ffffff~\\000"'}
    assert client.get("/", headers=cell).status_code == 400


def test_a_full_disk_asks_to_come_back(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    def fail() -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    app.add_url_rule("/fail", "fail", fail)
    answer = app.test_client().get("/fail")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_form_behind_a_link_in_a_mail_works_over_https(
    make_app: Callable[..., Flask], settings: Settings
) -> None:
    """What a browser sends as Referer follows the policy of the page; without any the check of the
    token refuses the form over https."""
    site = "https://lumbung.example.org"
    app = make_app(replace(settings, site_url=site), WTF_CSRF_ENABLED=True)
    with app.app_context():
        alice = factories.member("Alice")
        listing = factories.offer(alice)
        token = answer_token(alice, listing.public_id, listing.expires_at)
        reader = app.test_client()
        page = reader.get(f"/answers/{token}", base_url=site)
        sent = {"strict-origin": {"Referer": f"{site}/"}, "no-referrer": {}}
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert found
        answered = reader.post(
            f"/answers/{token}",
            base_url=site,
            data={"csrf_token": found[1], "answer": "yes"},
            headers=sent[page.headers["Referrer-Policy"]],
        )
        assert answered.status_code in (200, 303)
        db.session.refresh(listing)
        assert listing.confirmed_at is not None
