"""``python -m bench NAME [options]``: runs one measurement; without a name, lists them."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path


def names() -> list[str]:
    """Every module of this folder that measures something."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main(argv: Sequence[str]) -> int:
    if not argv or argv[0] not in names():
        print(f"usage: python -m bench NAME [options]\nNAME: {', '.join(names())}")
        return 2
    return int(importlib.import_module(f"bench.{argv[0]}").main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
