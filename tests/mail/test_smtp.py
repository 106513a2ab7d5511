"""Mail over SMTP, to a small server of our own on this machine."""

import smtplib
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from marketplace.mail import SmtpMailer


class Sink(socketserver.StreamRequestHandler):
    """Speaks just enough SMTP to take one message; offers no encryption."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        lines: list[str] = self.server.lines  # type: ignore[attr-defined]
        in_data = False
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            lines.append(line)
            if in_data:
                if line != ".":
                    continue
                in_data = False
                self.wfile.write(b"250 taken\r\n")
            elif line.upper().startswith("EHLO"):
                self.wfile.write(b"250-sink\r\n250 AUTH PLAIN LOGIN\r\n")
            elif line.upper() == "DATA":
                in_data = True
                self.wfile.write(b"354 go on\r\n")
            elif line.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def sink() -> Iterator[tuple[str, list[str]]]:
    """The address of a running server, and every line it is sent."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        server.lines = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}", server.lines  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.fixture
def message() -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Halo", "a@example.org", "b@example.org"
    mail.set_content("Apa kabar?")
    return mail


def test_a_message_is_handed_over_once(sink: tuple[str, list[str]], message: EmailMessage) -> None:
    address, lines = sink
    SmtpMailer(f"smtp://{address}").send(message)
    assert lines.count("Apa kabar?") == 1
    assert any(line.lower().startswith("rcpt to:<b@example.org>") for line in lines)


def test_a_password_is_never_sent_in_the_clear(
    sink: tuple[str, list[str]], message: EmailMessage
) -> None:
    address, lines = sink
    with pytest.raises(smtplib.SMTPNotSupportedError):
        SmtpMailer(f"smtp://operator:secret@{address}").send(message)
    assert not any("AUTH" in line.upper() for line in lines)
    assert "Apa kabar?" not in lines


def test_a_server_that_is_down_is_an_error_the_sweep_knows(message: EmailMessage) -> None:
    with pytest.raises(OSError, match="refused"):
        SmtpMailer("smtp://127.0.0.1:9").send(message)
