"""``flask mail test``: an operator reads what is wrong and what to do, in plain words."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from marketplace import create_app
from marketplace.config import Settings
from marketplace.db import db

Answers = dict[str, bytes]
PLAIN: Answers = {"EHLO": b"250 here", "MAIL": b"250 ok", "RCPT": b"250 ok", "DATA": b"354 go on"}


class Server(socketserver.StreamRequestHandler):
    """Answers each command as the test says; None hangs up."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        answers: Answers = self.server.answers  # type: ignore[attr-defined]
        in_data = False
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if in_data:
                self.server.lines.append(line)  # type: ignore[attr-defined]
                if line != ".":
                    continue
                in_data = False
                self.wfile.write(answers.get(".", b"250 taken") + b"\r\n")
                continue
            answer = answers.get(line.split(" ")[0].upper(), b"250 ok")
            self.wfile.write(answer + b"\r\n")
            in_data = answer.startswith(b"354")


@contextmanager
def smtp(**answers: bytes) -> Iterator[tuple[str, list[str]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        server.answers = PLAIN | {name.upper(): said for name, said in answers.items()}  # type: ignore[attr-defined]
        server.lines = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}", server.lines  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.fixture
def send(settings: Settings) -> Iterator[Callable[..., tuple[int, str]]]:
    """Run the command with this SMTP_URL; its exit status and what it said."""
    made: list[Flask] = []

    def send(url: str, address: str = "dewi@example.org") -> tuple[int, str]:
        app = create_app(replace(settings, smtp_url=url), TESTING=True)
        made.append(app)
        with app.app_context():
            done = app.test_cli_runner().invoke(args=["mail", "test", address])
        return done.exit_code, done.output

    yield send
    for app in made:
        with app.app_context():
            db.engine.dispose()


Send = Callable[..., tuple[int, str]]


def test_a_mail_that_the_server_takes(send: Send) -> None:
    with smtp() as (address, lines):
        status, said = send(f"smtp://{address}")
    assert status == 0, said
    assert f"by smtp://{address}" in said
    assert "The server took it" in said
    assert any(line.startswith("Subject:") for line in lines)


def test_a_server_that_says_no_good_bye_has_the_mail_all_the_same(send: Send) -> None:
    with smtp(QUIT=b"500 what") as (address, _):
        status, said = send(f"smtp://{address}")
    assert status == 0, said


def test_without_a_server_it_says_where_the_file_is(send: Send, settings: Settings) -> None:
    status, said = send("")
    assert status == 0
    assert str(settings.mail_dir) in said
    assert "not sent" in said
    (file,) = Path(settings.mail_dir).glob("*.eml")
    assert b"To: dewi@example.org" in file.read_bytes()


@pytest.mark.parametrize(
    ("answers", "advice", "answer"),
    [
        ({"MAIL": b"550 5.7.1 not you"}, "MAIL_FROM", "550 5.7.1 not you"),
        ({"RCPT": b"550 relay denied"}, "does not deliver to this address", "550 relay denied"),
        ({".": b"554 looks like spam"}, "refused it", "554 looks like spam"),
    ],
)
def test_a_refusal_is_told_with_the_servers_words(
    send: Send, answers: Answers, advice: str, answer: str
) -> None:
    with smtp(**answers) as (address, _):
        status, said = send(f"smtp://{address}")
    assert status == 1
    assert advice in said
    assert f"The answer was: {answer}" in said


def test_a_port_where_nothing_listens_is_told(send: Send) -> None:
    status, said = send("smtp://127.0.0.1:9")
    assert status == 1
    assert "Nothing listens there" in said


def test_a_server_without_encryption_gets_no_password_and_the_operator_reads_why(
    send: Send,
) -> None:
    with smtp() as (address, _):
        status, said = send(f"smtp://operator:geheim@{address}")
    assert status == 1
    assert "no encryption" in said
    assert "operator@" in said
    assert "geheim" not in said


def test_encryption_on_the_wrong_port_is_told(send: Send) -> None:
    with smtp() as (address, _):
        status, said = send(f"smtps://{address}")
    assert status == 1
    assert "587 belongs to smtp://" in said


def test_a_slip_in_the_address_is_told_before_anything_is_sent(send: Send) -> None:
    with smtp() as (address, lines):
        status, said = send(f"smtp://{address}", "dewi")
    assert status == 1
    assert "is no e-mail address" in said
    assert lines == []
