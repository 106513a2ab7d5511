"""The pages of staff are there for staff alone."""

from collections.abc import Callable

from flask.testing import FlaskClient

from marketplace.accounts.models import Member


def test_staff_pages_do_not_exist_for_a_member(
    client: FlaskClient,
    carol: Member,
    staff: Member,
    as_member: Callable[[Member], FlaskClient],
) -> None:
    assert client.get("/staff").status_code == 303
    assert as_member(carol).get("/staff").status_code == 404
    assert as_member(staff).get("/staff").status_code == 200
    assert "/staff" not in as_member(carol).get("/me").text
    assert "/staff" in as_member(staff).get("/me").text
