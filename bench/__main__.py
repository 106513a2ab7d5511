"""``python -m bench NAME [options]``: runs one measurement; without a name, lists them."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path


def names() -> list[str]:
    """Every module and package of this folder that measures something."""
    here = Path(__file__).parent
    found = (*here.glob("[a-z]*.py"), *(path.parent for path in here.glob("*/__init__.py")))
    return sorted(path.stem for path in found)


def main(argv: Sequence[str]) -> int:
    if not argv or argv[0] not in names():
        print(f"usage: python -m bench NAME [options]\nNAME: {', '.join(names())}")
        return 2
    return int(importlib.import_module(f"bench.{argv[0]}").main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
