"""Every word of the pages of loans goes through the catalog, in each state and for both sides."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.exchanges import loans, returns
from marketplace.exchanges.returns import Seen
from marketplace.web import PSEUDO_LANGUAGE
from tests import factories
from tests.exchanges.lending import NOON, ladder, lent
from tests.foundation.test_languages import pseudo_app, unbracketed

__all__ = ["pseudo_app"]


@pytest.mark.one_database
def test_every_word_of_a_loan_goes_through_the_catalog(pseudo_app, alice, bob, settings):
    with time_machine.travel(NOON, tick=False) as clock:
        out, late, back, lost, closed = (
            lent(alice, bob, ladder(alice, title="Mesin jahit"), loan_days=days)
            for days in (7, 1, 3, 4, 5)
        )
        clock.move_to(NOON + timedelta(days=2))
        loans.say_returned(bob, back.public_id)
        loans.lose(alice, lost.public_id)
        seen = Seen("worn", "Masih bagus")
        returns.check_return(alice, closed.public_id, seen, folder=settings.uploads_dir)
        with transaction() as session:
            session.execute(update(Member).values(language=PSEUDO_LANGUAGE))
        steps = ("extension", "return-check", "loss")
        pages = [f"/exchanges/{one.public_id}" for one in (out, late, back, lost, closed)]
        pages += [f"/exchanges/{out.public_id}/{step}" for step in steps]
        pages += ["/me/loans?show=lent", "/me/loans?show=borrowed"]
        looked_at = 0
        for member in (alice, bob):
            reader = factories.sign_in(pseudo_app, member)
            for page in pages:
                answer = reader.get(page)
                assert answer.status_code in (200, 409)
                assert unbracketed(answer.text) == [], page
                looked_at += answer.status_code == 200
            refused = reader.post(f"/exchanges/{out.public_id}/extension", data={"until": ""})
            assert unbracketed(refused.text) == []
        assert looked_at == 18
