"""How poor an area is beside the others: the share of areas whose poverty rate is lower.

Knows the rates of a file (Indonesia's regencies, unless the operator names another) and no
database; an area counts with the rate of the narrowest area of the file that it lies in.
"""

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path

INDONESIA = Path(__file__).parent / "data" / "poverty.csv"
HIGHEST = 100.0  # per cent


def read(path: Path) -> dict[str, float]:
    """Area code -> people in poverty, in per cent, from the columns code and poverty_pct.

    Raises ValueError (English, for the operator) for a file that is none, naming the line.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if not {"code", "poverty_pct"} <= set(reader.fieldnames or ()):
            raise ValueError("the first line must name the columns code and poverty_pct")
        rates = {}
        for line in reader:
            code = (line["code"] or "").strip()
            rate = _rate(line["poverty_pct"])
            if not code or rate is None or code in rates:
                raise ValueError(f"line {reader.line_num}: a code, once, and 0 to 100 per cent")
            rates[code] = rate
    return rates


@cache
def percentiles(path: Path = INDONESIA) -> Mapping[str, float]:
    """Area code -> share of the file's areas that are less poor, in (0, 1); equals count half.

    Each area counts once, however many people live in it.
    """
    rates = read(path)
    ordered = sorted(rates.values())
    return {
        code: (bisect_left(ordered, rate) + bisect_right(ordered, rate)) / (2 * len(ordered))
        for code, rate in rates.items()
    }


def deprivation(area_code: str | None, path: Path | None = None) -> float | None:
    """The percentile of the area, or of the narrowest one around it; None: nothing is known.

    Codes are those of the gazetteer: an area lies in those that its code begins with, up to a dot.
    """
    known = percentiles(path or INDONESIA)
    code = area_code or ""
    while code and code not in known:
        code = code.rpartition(".")[0]
    return known.get(code)


def _rate(text: str | None) -> float | None:
    try:
        rate = float(text or "")
    except ValueError:
        return None
    return rate if 0 <= rate <= HIGHEST else None
