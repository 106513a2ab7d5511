"""Mail is sent once, whenever the worker dies: kill -9 at every step of handing a mail over."""

import signal
import socketserver
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.config import PROJECT_ROOT
from marketplace.db import db, transaction
from marketplace.mail import OutgoingMail, queue_mail

# When the worker is killed: five steps of one hand-over, in the order in which they happen.
MOMENTS = ("connected", "addressed", "half written", "written", "taken")
MAILS_PER_ROUND = 4
PATIENCE_SECONDS = 30

WORK = """
import sys
from pathlib import Path
from marketplace import create_app, worker
from marketplace.config import load_settings

folder, database, smtp = sys.argv[1:]
worker.work(create_app(load_settings(
    {}, instance_dir=Path(folder), database_url=database, smtp_url=smtp, log_level="CRITICAL",
)))
"""


class Sink(socketserver.ThreadingTCPServer):
    """A mail server: remembers the id of every mail it answered for, and stops at a moment."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.taken: list[str] = []
        self.seen = 0  # mails begun since ``stop_at``
        self.stop_in, self.moment = 0, ""
        self.stopped, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def stop_at(self, moment: str, mail: int) -> None:
        """Answer nothing more from this moment of the mail with this number on."""
        self.seen, self.stop_in, self.moment = 0, mail, moment
        self.stopped.clear()
        self.go_on.clear()

    def reach(self, moment: str) -> None:
        if moment == self.moment and self.seen == self.stop_in:
            self.stopped.set()
            self.go_on.wait(PATIENCE_SECONDS)


class Conversation(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        try:
            self._take()
        except OSError:
            return  # the other side is dead

    def _take(self) -> None:
        self.server.seen += 1
        self.server.reach("connected")
        self._say("220 sink")
        for raw in self.rfile:
            verb = raw.decode().upper().split()[0]
            if verb == "RCPT":
                self.server.reach("addressed")
            if verb == "DATA":
                self._say("354 go on")
                self._data()
                self._say("250 taken")
                self.server.reach("taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _data(self) -> None:
        message_id = ""
        for raw in self.rfile:
            line = raw.decode().strip()
            if line.lower().startswith("message-id:"):
                message_id = line.partition(":")[2].strip()
                self.server.reach("half written")
            if line == ".":
                # From here on the mail is ours to deliver, whether or not the sender hears of it.
                self.server.taken.append(message_id)
                self.server.reach("written")
                return
        raise ConnectionError("cut off in the middle of a mail")

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def start_worker(app: Flask, sink: Sink) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts the real worker of this site as a process of its own."""
    settings, started = app.extensions["marketplace"].settings, []

    def start() -> subprocess.Popen[bytes]:
        smtp = f"smtp://127.0.0.1:{sink.server_address[1]}"
        command = [sys.executable, "-c", WORK, settings.instance_dir, settings.database_url, smtp]
        process = subprocess.Popen(command, cwd=PROJECT_ROOT)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def mails() -> list[OutgoingMail]:
    db.session.rollback()
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def wait_until(is_so: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(PATIENCE_SECONDS * 20):
        if is_so():
            return
        waited.wait(0.05)
    pytest.fail("it did not come to that")


def test_mail_is_sent_once_across_five_kills_of_the_worker(
    app: Flask, sink: Sink, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    for number, moment in enumerate(MOMENTS):
        with transaction():
            for one in range(MAILS_PER_ROUND):
                queue_mail("no_account", to=f"m{number}-{one}@example.org", language="en")
        sink.stop_at(moment, mail=1 + number % MAILS_PER_ROUND)
        worker = start_worker()
        assert sink.stopped.wait(PATIENCE_SECONDS), moment
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
        sink.go_on.set()
    last = start_worker()
    wait_until(lambda: not any(mail.state == "waiting" for mail in mails()))
    wait_until(lambda: sum(mail.state == "sending" for mail in mails()) <= len(MOMENTS))
    last.send_signal(signal.SIGKILL)
    last.wait()

    delivered, all_mails = Counter(sink.taken), mails()
    assert len(all_mails) == len(MOMENTS) * MAILS_PER_ROUND
    assert max(delivered.values()) == 1, "a mail reached the server twice"
    in_doubt = [mail for mail in all_mails if mail.state == "sending"]
    for mail in all_mails:
        if mail not in in_doubt:
            assert (mail.state, delivered[message_id(app, mail)]) == ("sent", 1)
    # Each kill leaves at most the one mail that was on its way, and it is not passed over.
    assert 1 <= len(in_doubt) <= len(MOMENTS)
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert f"MEND mail: {len(in_doubt)} not sent, or not surely" in said
    # The mail server knows what became of it: the id is that of the row, at every attempt.
    assert {delivered[message_id(app, mail)] for mail in in_doubt} == {0, 1}


def message_id(app: Flask, mail: OutgoingMail) -> str:
    host = app.extensions["marketplace"].settings.sender.rpartition("@")[2]
    return f"<{mail.public_id}@{host}>"
