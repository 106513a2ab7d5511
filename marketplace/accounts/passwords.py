"""Passwords as argon2id hashes: 19 MiB, two passes, one lane (OWASP's floor for small servers)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marketplace.accounts.rules import PASSWORD_MAX, normal_password

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)

# The hash of a random password that nobody kept: verified when there is no account, so that the
# answer takes as long. It must have the parameters above; a test compares them.
DUMMY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$"
    "m+W/cb/Po9/gSURSBAGEfA$G2gfc6o6yZYCWFNOgle5FXvQ9AW9jWAriqxvZ6QwAVA"
)


def hash_password(password: str) -> str:
    return hasher.hash(normal_password(password))


def matches(secret_hash: str | None, password: str) -> bool:
    """Whether the password fits; costs one hash whatever the answer, also without an account."""
    checked = normal_password(password)[:PASSWORD_MAX]
    try:
        hasher.verify(secret_hash or DUMMY_HASH, checked)
    except (VerificationError, InvalidHashError):
        return False
    return secret_hash is not None and len(password) <= PASSWORD_MAX


def is_outdated(secret_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return hasher.check_needs_rehash(secret_hash)
