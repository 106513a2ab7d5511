"""Recovery codes as people read and type them. Pure.

Twenty Crockford characters (100 random bits) in four groups. Whoever copies one by hand may
write O for 0 and I or L for 1, small or large, with or without the dashes.
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 20
GROUP = 5
_ALIKE = str.maketrans("OIL", "011")


def normal_code(text: str) -> str:
    """The twenty characters that were meant; empty when it can be no code."""
    letters = "".join(text[:100].upper().translate(_ALIKE).split()).replace("-", "")
    return letters if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else ""


def grouped(code: str) -> str:
    """A code in groups, for reading and writing down."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
