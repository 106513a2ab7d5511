"""Many members post while another process writes: nobody meets an error."""

import subprocess
import sys
import textwrap
import threading

import pytest
from sqlalchemy import func, select

from marketplace.db import db
from marketplace.listings.models import Listing
from tests import factories

THREADS = 8
ROUNDS = 5

WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from marketplace import create_app
    from marketplace.accounts.models import Member
    from marketplace.config import load_settings
    from marketplace.db import transaction

    app = create_app(load_settings({}, instance_dir=Path(sys.argv[1]), database_url=sys.argv[2]))
    with app.app_context():
        print("ready", flush=True)
        while True:
            with transaction() as session:
                session.get(Member, int(sys.argv[3])).bio += "."
    """
)


@pytest.fixture
def second_process(settings, staff):
    """A process that writes to the same database without a pause."""
    arguments = [str(settings.instance_dir), settings.database_url, str(staff.id)]
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, *arguments], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.poll() is None, "the second process must not fail either"
        process.kill()


def test_eight_threads_post_beside_a_writing_process(app, areas, answers, second_process):
    browsers = [factories.sign_in(app, factories.member(f"Member {n}")) for n in range(THREADS)]
    statuses = []

    def post(browser, number):
        for turn in range(ROUNDS):
            data = answers(title=f"Kursi {number} {turn}")
            statuses.append(browser.post("/listings/new", data=data).status_code)

    threads = [
        threading.Thread(target=post, args=(browser, number))
        for number, browser in enumerate(browsers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    posted = db.session.scalar(
        select(func.count()).select_from(Listing).where(Listing.state == "open")
    )
    assert statuses == [303] * THREADS * ROUNDS
    assert posted == THREADS * ROUNDS


def test_two_taps_at_the_same_moment_make_one_listing(app, areas, alice, answers):
    browsers = [factories.sign_in(app, alice) for _ in range(4)]
    statuses = []
    gate = threading.Barrier(len(browsers))
    data = answers(key="0123456789ab")

    def tap(browser):
        gate.wait()
        statuses.append(browser.post("/listings/new", data=data).status_code)

    threads = [threading.Thread(target=tap, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert statuses == [303] * len(browsers)
    assert [row.state for row in db.session.scalars(select(Listing))] == ["open"]
