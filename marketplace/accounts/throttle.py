"""How often a sign-in may be tried: by account, then by address, never by locking a member out.

A browser in which the account has signed in before carries a signed device cookie and has tries
of its own, which strangers cannot use up. The same limits hold for accounts that do not exist.
"""

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer
from limits import parse
from limits.strategies import RateLimiter

TRIES_PER_ACCOUNT = parse("10 per 15 minutes")
TRIES_PER_DEVICE = parse("10 per 15 minutes")
FAILURES_PER_ADDRESS = parse("60 per 15 minutes")  # a whole village may share one address
SIGN_UPS_PER_ADDRESS = parse("20 per hour")
TAKEN_PER_ADDRESS = parse("10 per hour")  # answers that say "this number has an account"
RESETS_PER_ADDRESS = parse("20 per hour")
MAILS_PER_ACCOUNT = parse("3 per hour")
RETRY_AFTER_SECONDS = 15 * 60
LOGINS_PER_DEVICE = 8  # a phone is shared by a family


@dataclass(frozen=True, slots=True)
class Device:
    """A browser and the accounts that have signed in with it, as short hashes."""

    number: str
    logins: tuple[str, ...]

    def knows(self, login: str) -> bool:
        return _short(login) in self.logins

    def with_login(self, login: str) -> "Device":
        others = tuple(known for known in self.logins if known != _short(login))
        return Device(self.number, (_short(login), *others)[:LOGINS_PER_DEVICE])


def _short(login: str) -> str:
    return hashlib.sha256(login.encode()).hexdigest()[:16]


def read_device(cookie: str | None, secret_key: str) -> Device:
    """The device of a cookie; a new one when there is none or it was tampered with."""
    try:
        number, logins = URLSafeSerializer(secret_key, salt="device").loads(cookie or "")
        return Device(str(number), tuple(map(str, logins)))
    except (BadSignature, TypeError, ValueError):
        return Device(secrets.token_hex(8), ())


def write_device(device: Device, secret_key: str) -> str:
    """The cookie of a device."""
    content = [device.number, list(device.logins)]
    return str(URLSafeSerializer(secret_key, salt="device").dumps(content))


def network(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 household has."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts tries for one address; ``strategy`` None means that limits are switched off."""

    strategy: RateLimiter | None
    address: str

    def may_sign_in(self, login: str, device: Device) -> bool:
        """Count one try and say whether it may be made."""
        if self.strategy is None:
            return True
        if device.knows(login):
            return self.strategy.hit(TRIES_PER_DEVICE, "device", device.number, login)
        return self.strategy.hit(TRIES_PER_ACCOUNT, "account", login) and self.strategy.test(
            FAILURES_PER_ADDRESS, "failures", self.address
        )

    def failed(self) -> None:
        """A try was wrong: it counts against the address."""
        if self.strategy is not None:
            self.strategy.hit(FAILURES_PER_ADDRESS, "failures", self.address)

    def succeeded(self, login: str, device: Device) -> None:
        """A try was right: the account's and the device's counts begin anew."""
        if self.strategy is not None:
            self.strategy.clear(TRIES_PER_ACCOUNT, "account", login)
            self.strategy.clear(TRIES_PER_DEVICE, "device", device.number, login)

    def may_sign_up(self) -> bool:
        return self.strategy is None or self.strategy.hit(
            SIGN_UPS_PER_ADDRESS, "sign-up", self.address
        )

    def may_join_by_phone(self) -> bool:
        """Whether numbers are still taken from this address; tried before one is looked up."""
        return self.strategy is None or self.strategy.test(TAKEN_PER_ADDRESS, "taken", self.address)

    def number_was_taken(self) -> None:
        """It was told that a number has an account: that must not be asked for many."""
        if self.strategy is not None:
            self.strategy.hit(TAKEN_PER_ADDRESS, "taken", self.address)

    def may_recover(self) -> bool:
        """Whether a recovery code may be tried: limited by address only.

        A code cannot be guessed, so a limit by account would serve nobody but a stranger who
        wants to keep its owner out.
        """
        return self.strategy is None or self.strategy.test(
            FAILURES_PER_ADDRESS, "failures", self.address
        )

    def may_prove(self, member_id: int) -> bool:
        """Whether who is signed in may try the present password again."""
        return self.strategy is None or self.strategy.hit(TRIES_PER_DEVICE, "prove", str(member_id))

    def proved(self, member_id: int) -> None:
        """The present password was right: the count begins anew."""
        if self.strategy is not None:
            self.strategy.clear(TRIES_PER_DEVICE, "prove", str(member_id))

    def may_ask_reset(self) -> bool:
        return self.strategy is None or self.strategy.hit(RESETS_PER_ADDRESS, "reset", self.address)

    def may_mail(self, email: str) -> bool:
        """Whether another mail may go to this address; refusing is never told to the visitor."""
        return self.strategy is None or self.strategy.hit(MAILS_PER_ACCOUNT, "mail", email)
